//===- OutputFiles.h - Files that appear whole or not at all ----*- C++ -*-===//
//
// Several outputs of one command are written under temporary names and renamed when all are
// complete.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_DRIVER_OUTPUTFILES_H
#define QLINALG_DRIVER_OUTPUTFILES_H

#include "llvm/Support/Error.h"

#include <string>

namespace qlinalg {

/// An error unless `path` is a regular file or does not exist: what is written by renaming would
/// take the place of a device, a pipe or a folder.
llvm::Error checkWritable(llvm::StringRef path);

/// A hidden name in the folder of `path`, so that renaming it to `path` is one step.
std::string temporaryName(llvm::StringRef path, llvm::StringRef extension = ".tmp");

} // namespace qlinalg

#endif // QLINALG_DRIVER_OUTPUTFILES_H
