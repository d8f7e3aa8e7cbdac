//===- FileMapping.h - A file in memory, read only --------------*- C++ -*-===//

#ifndef QLINALG_PARAMETERS_FILEMAPPING_H
#define QLINALG_PARAMETERS_FILEMAPPING_H

#include "QLinalg/Parameters/Result.h"

#include <cstddef>
#include <span>
#include <string>

namespace qlinalg {

class FileMapping {
public:
  /// Maps the whole of a regular file. An empty file gives no bytes.
  static Result<FileMapping> open(const std::string &path);

  FileMapping(FileMapping &&other) noexcept;
  FileMapping &operator=(FileMapping &&other) noexcept;
  ~FileMapping();

  std::span<const std::byte> bytes() const { return contents; }

  /// Gives the resident pages of `part`, and some around it, back to the system,
  /// where it lies in this mapping; they come back when they are touched.
  void release(std::span<const std::byte> part) const;

private:
  explicit FileMapping(std::span<const std::byte> contents) : contents(contents) {}

  std::span<const std::byte> contents;
};

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_FILEMAPPING_H
