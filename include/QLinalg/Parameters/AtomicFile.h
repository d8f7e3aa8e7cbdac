//===- AtomicFile.h - A file that appears whole or not at all ---*- C++ -*-===//

#ifndef QLINALG_PARAMETERS_ATOMICFILE_H
#define QLINALG_PARAMETERS_ATOMICFILE_H

#include "QLinalg/Parameters/FileDescriptor.h"
#include "QLinalg/Parameters/Result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace qlinalg {

/// A file without a name, for data that are on their way; it is gone with
/// this object, or with the program.
class UnnamedFile {
public:
  /// In the folder of `path`, so that data can be copied to a file there.
  static Result<UnnamedFile> create(const std::string &path);

  Result<void> append(std::span<const std::byte> bytes);
  const FileDescriptor &descriptor() const { return file; }

private:
  UnnamedFile(FileDescriptor file, std::string path)
      : file(std::move(file)), path(std::move(path)) {}

  FileDescriptor file;
  /// What messages name.
  std::string path;
};

/// Written under a temporary name in the folder of its path, `.qlinalg.PID.N`,
/// and renamed by `commit`. Without `commit`, after an error for example, the
/// temporary file is removed; a killed program leaves one behind, which the next file that is
/// written in the folder removes.
class AtomicFile {
public:
  /// Fails when the folder cannot be written, or `path` is something other
  /// than a regular file. An existing file is replaced by `commit`; a symbolic
  /// link is replaced, not followed.
  static Result<AtomicFile> create(std::string path);

  AtomicFile(AtomicFile &&other) noexcept;
  AtomicFile &operator=(AtomicFile &&other) noexcept;
  ~AtomicFile();

  Result<void> append(std::span<const std::byte> bytes);
  Result<void> append(std::string_view text);
  /// The first `size` bytes of `source`, copied by the kernel where it can.
  Result<void> appendFrom(const UnnamedFile &source, int64_t size);

  /// Flushes to the disk, then renames.
  Result<void> commit();

  const std::string &path() const { return target; }

private:
  AtomicFile(FileDescriptor file, std::string target, std::string temporary)
      : file(std::move(file)), target(std::move(target)), temporary(std::move(temporary)) {}

  FileDescriptor file;
  std::string target;
  /// Empty once there is nothing to remove.
  std::string temporary;
};

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_ATOMICFILE_H
