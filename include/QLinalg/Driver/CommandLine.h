//===- CommandLine.h - Options of our tools ---------------------*- C++ -*-===//
//
// LLVM's own parser also offers every option of every library; these tools
// have a handful and answer anything else with one line.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_DRIVER_COMMANDLINE_H
#define QLINALG_DRIVER_COMMANDLINE_H

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace qlinalg {

/// An option `--name=value` or `--name value` (`-o` for a name of one letter).
struct CommandLineOption {
  llvm::StringRef name;
  /// Where values go; an option that is given twice is an error unless it is a list.
  std::string *value = nullptr;
  std::vector<std::string> *list = nullptr;
};

/// Reads the arguments after the program's name; what is no option is the one
/// `file`. `-` is a file, and everything after `--`.
llvm::Error parseCommandLine(llvm::ArrayRef<const char *> arguments,
                             llvm::ArrayRef<CommandLineOption> options, std::string &file);

/// A decimal number of at least `least`.
llvm::Expected<int64_t> parseNumber(llvm::StringRef option, llvm::StringRef value, int64_t least);

} // namespace qlinalg

#endif // QLINALG_DRIVER_COMMANDLINE_H
