//===- Link.cpp - From an object to a shared library ----------------------===//

#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Library.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <dlfcn.h>

using namespace llvm;
using namespace qlinalg;

/// What every compiled library contains, in the order of linking.
static constexpr StringLiteral archives[] = {"libQLinalgRuntime.a", "libQLinalgStatistics.a",
                                             "libQLinalgParameters.a", "libQLinalgNumerics.a"};

static llvm::Expected<std::string> findCompiler() {
  for (const char *name : {"clang++-22", "clang++", "c++", "g++"})
    if (auto path = sys::findProgramByName(name))
      return *path;
  return makeError("cannot link a shared library: none of clang++-22, clang++, c++, g++ is on the "
                   "path");
}

/// The folder of the archives: that of the file that this code is in, or the
/// `lib` beside it. QLINALG_LIBRARY_PATH goes first.
static llvm::Expected<std::string> findArchives() {
  SmallVector<std::string> folders;
  if (const char *folder = std::getenv("QLINALG_LIBRARY_PATH"))
    folders.push_back(folder);
  auto *here = reinterpret_cast<void *>(&findArchives);
  Dl_info self;
  std::string files[2] = {sys::fs::getMainExecutable("", here), ""};
  // A shared library, rather than the program itself, has its path here.
  if (dladdr(here, &self) && StringRef(self.dli_fname).contains('/'))
    files[1] = self.dli_fname;
  for (StringRef file : files) {
    SmallString<128> path;
    if (file.empty() || sys::fs::real_path(file, path))
      continue;
    StringRef folder = sys::path::parent_path(path);
    folders.push_back(folder.str());
    folders.push_back((sys::path::parent_path(folder) + "/lib").str());
  }
  for (const std::string &folder : folders)
    if (sys::fs::exists(folder + "/" + archives[0]))
      return folder;
  return makeError("cannot link a shared library: expected " + archives[0] + " in " +
                   join(folders, " or ") + " (QLINALG_LIBRARY_PATH names another folder)");
}

/// Runs a program; if it fails, what it said is the error.
static llvm::Error run(ArrayRef<std::string> command) {
  SmallString<128> log;
  if (std::error_code error = sys::fs::createTemporaryFile("qlinalg", "log", log))
    return makeError("cannot write a temporary file: " + error.message());
  scope_exit removeLog([&] { sys::fs::remove(log); });
  SmallVector<StringRef> arguments(command.begin(), command.end());
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log), StringRef(log)};
  std::string message;
  if (sys::ExecuteAndWait(command[0], arguments, std::nullopt, redirects, 0, 0, &message) == 0)
    return Error::success();
  if (auto text = MemoryBuffer::getFile(log))
    message += (*text)->getBuffer().trim();
  return makeError("linking with " + command[0] + " failed: " + message);
}

llvm::Error qlinalg::linkLibrary(ArrayRef<std::string> objects, StringRef output) {
  auto compiler = findCompiler();
  if (!compiler)
    return compiler.takeError();
  auto folder = findArchives();
  if (!folder)
    return folder.takeError();
  std::vector<std::string> command = {*compiler, "-shared", "-o", output.str()};
  command.insert(command.end(), objects.begin(), objects.end());
  for (StringRef archive : archives)
    command.push_back(*folder + "/" + archive.str());
  // The run time stays an internal of the library; nothing may be missing.
  for (const char *flag : {"-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-Wl,-z,defs",
                           QLINALG_LIBOMP, "-lm", "-lpthread"})
    command.push_back(flag);
  Error error = run(command);
  if (error)
    sys::fs::remove(output);
  return error;
}
