//===- CommandLine.cpp - Options of our tools -----------------------------===//

#include "QLinalg/Driver/CommandLine.h"
#include "QLinalg/Driver/Diagnostics.h"

#include <set>

using namespace qlinalg;

static const CommandLineOption *find(llvm::ArrayRef<CommandLineOption> options,
                                     llvm::StringRef name) {
  for (const CommandLineOption &option : options)
    if (option.name == name)
      return &option;
  return nullptr;
}

static llvm::Error setFile(std::string &file, llvm::StringRef argument) {
  if (!file.empty())
    return makeError("expected one file, got '" + file + "' and '" + argument + "'");
  if (argument.empty())
    return makeError("expected a file, got an empty argument");
  file = argument.str();
  return llvm::Error::success();
}

llvm::Error qlinalg::parseCommandLine(llvm::ArrayRef<const char *> arguments,
                                      llvm::ArrayRef<CommandLineOption> options,
                                      std::string &file) {
  std::set<llvm::StringRef> seen;
  bool onlyFiles = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    llvm::StringRef argument = arguments[i];
    if (argument == "--" && !onlyFiles) {
      onlyFiles = true;
      continue;
    }
    if (onlyFiles || argument == "-" || !argument.starts_with("-")) {
      if (llvm::Error error = setFile(file, argument))
        return error;
      continue;
    }
    auto [name, value] = argument.split('=');
    const CommandLineOption *option =
        find(options, name.starts_with("--") ? name.drop_front(2) : name.drop_front(1));
    if (!option)
      return makeError("unknown option '" + name + "'");
    if (!argument.contains('=')) {
      if (++i == arguments.size())
        return makeError("expected a value after '" + name + "', got nothing");
      value = arguments[i];
    }
    if (value.empty())
      return makeError("expected a value of '" + name + "', got an empty one");
    if (option->list) {
      option->list->push_back(value.str());
      continue;
    }
    if (!seen.insert(option->name).second)
      return makeError("expected '" + name + "' once, got it again");
    *option->value = value.str();
  }
  return file.empty() ? makeError("expected a file, got none") : llvm::Error::success();
}

llvm::Expected<int64_t> qlinalg::parseNumber(llvm::StringRef option, llvm::StringRef value,
                                             int64_t least) {
  int64_t number;
  if (value.getAsInteger(10, number) || number < least)
    return makeError("expected a number of at least " + llvm::Twine(least) + " for --" + option +
                     ", got '" + value + "'");
  return number;
}
