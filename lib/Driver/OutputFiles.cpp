//===- OutputFiles.cpp - Files that appear whole or not at all ------------===//

#include "QLinalg/Driver/OutputFiles.h"

#include "QLinalg/Driver/Diagnostics.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

llvm::Error qlinalg::checkWritable(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status) || !llvm::sys::fs::exists(status) ||
      llvm::sys::fs::is_regular_file(status))
    return llvm::Error::success();
  if (llvm::sys::fs::is_directory(status))
    return makeError("cannot write '" + path + "': is a directory");
  return makeError("cannot write '" + path + "': expected a regular file, got a device or a pipe");
}

std::string qlinalg::temporaryName(llvm::StringRef path, llvm::StringRef extension) {
  llvm::SmallString<128> name(llvm::sys::path::parent_path(path));
  llvm::sys::path::append(name, "." + llvm::sys::path::filename(path) + "." +
                                    llvm::Twine(llvm::sys::Process::getProcessId()) + extension);
  return name.str().str();
}
