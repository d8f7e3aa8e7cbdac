//===- FileDescriptor.h - An open file --------------------------*- C++ -*-===//

#ifndef QLINALG_PARAMETERS_FILEDESCRIPTOR_H
#define QLINALG_PARAMETERS_FILEDESCRIPTOR_H

#include "QLinalg/Parameters/Result.h"

#include <string>

namespace qlinalg {

/// A file descriptor that is closed at the end. -1 is none.
class FileDescriptor {
public:
  explicit FileDescriptor(int number = -1) : number(number) {}
  FileDescriptor(FileDescriptor &&other) noexcept;
  FileDescriptor &operator=(FileDescriptor &&other) noexcept;
  ~FileDescriptor();

  int get() const { return number; }

private:
  int number;
};

/// "PATH: WHAT: ", and what the system says in `errno`.
Failure systemFailure(const std::string &path, const char *what);

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_FILEDESCRIPTOR_H
