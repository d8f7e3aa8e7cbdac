//===- FolderLock.cpp - One writer in a folder at a time ------------------===//

#include "FolderLock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

using namespace qlinalg;

Result<FileDescriptor> qlinalg::lockFolderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  FileDescriptor folder(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0)
    return systemFailure(path, "cannot open its folder");
  while (flock(folder.get(), LOCK_EX) != 0) {
    // A file system without locks; writing is atomic all the same.
    if (errno == ENOTSUP || errno == ENOSYS || errno == ENOLCK)
      break;
    if (errno != EINTR)
      return systemFailure(path, "cannot lock its folder");
  }
  return folder;
}
