//===- FolderLock.h - One writer in a folder at a time ----------*- C++ -*-===//

#ifndef QLINALG_STATISTICS_FOLDERLOCK_H
#define QLINALG_STATISTICS_FOLDERLOCK_H

#include "QLinalg/Parameters/FileDescriptor.h"

namespace qlinalg {

/// Waits until no other program holds the lock of the folder of `path`. It is held as long as the
/// descriptor; the system frees that of a program that was killed. A file cannot be locked
/// itself: it is replaced.
Result<FileDescriptor> lockFolderOf(const std::string &path);

} // namespace qlinalg

#endif // QLINALG_STATISTICS_FOLDERLOCK_H
