//===- FileDescriptor.cpp - An open file ----------------------------------===//

#include "QLinalg/Parameters/FileDescriptor.h"

#include <cerrno>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace qlinalg {

FileDescriptor::FileDescriptor(FileDescriptor &&other) noexcept
    : number(std::exchange(other.number, -1)) {}

FileDescriptor &FileDescriptor::operator=(FileDescriptor &&other) noexcept {
  std::swap(number, other.number);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (number >= 0)
    close(number);
}

Failure systemFailure(const std::string &path, const char *what) {
  return {path + ": " + what + ": " + std::generic_category().message(errno)};
}

} // namespace qlinalg
