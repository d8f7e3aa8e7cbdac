//===- FileMapping.cpp - A file in memory, read only ----------------------===//

#include "QLinalg/Parameters/FileMapping.h"
#include "QLinalg/Parameters/FileDescriptor.h"

#include <algorithm>
#include <cstdint>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace qlinalg {

Result<FileMapping> FileMapping::open(const std::string &path) {
  // Without O_NONBLOCK, opening a pipe would wait for someone to write.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0)
    return systemFailure(path, "cannot open");
  struct stat facts;
  if (fstat(file.get(), &facts) != 0)
    return systemFailure(path, "cannot look at");
  if (!S_ISREG(facts.st_mode))
    return Failure{path + ": expected a regular file, got " +
                   (S_ISDIR(facts.st_mode) ? "a folder" : "something else")};
  if (facts.st_size == 0)
    return FileMapping(std::span<const std::byte>());
  size_t size = static_cast<size_t>(facts.st_size);
  void *address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED)
    return systemFailure(path, "cannot map");
  return FileMapping({static_cast<const std::byte *>(address), size});
}

FileMapping::FileMapping(FileMapping &&other) noexcept
    : contents(std::exchange(other.contents, {})) {}

FileMapping &FileMapping::operator=(FileMapping &&other) noexcept {
  std::swap(contents, other.contents);
  return *this;
}

FileMapping::~FileMapping() {
  if (!contents.empty())
    munmap(const_cast<std::byte *>(contents.data()), contents.size());
}

void FileMapping::release(std::span<const std::byte> part) const {
  uintptr_t begin = reinterpret_cast<uintptr_t>(part.data());
  uintptr_t end = begin + part.size();
  uintptr_t first = reinterpret_cast<uintptr_t>(contents.data());
  if (part.empty() || contents.empty() || begin < first || end > first + contents.size())
    return;
  // The system maps pages around the one that is touched, so more than `part`
  // has become resident for its sake, and pages of the part before it again.
  // Whatever lies around may go: all are clean pages of the file, a neighbour
  // loses nothing but a little time.
  constexpr uintptr_t around = uintptr_t{2} << 20;
  begin = std::max(begin - begin % around, first);
  end = std::min(end + around - end % around, first + contents.size());
  madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

} // namespace qlinalg
