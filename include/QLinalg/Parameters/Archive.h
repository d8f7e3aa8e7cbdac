//===- Archive.h - Tensors by name, read from safetensors -------*- C++ -*-===//
//
// Reads the safetensors format: u64 length of the header, the header (a JSON
// object: name -> dtype, shape, data_offsets), the data. Files are mapped and
// their bytes never copied. Everything is checked when an archive is opened:
// the ranges of a file's tensors cover its data exactly, without overlap or
// hole, and fit their shapes.
//
// A file must not be cut short while it is mapped: the kernel then ends the
// program with SIGBUS. `ArchiveWriter` replaces files and never changes them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMETERS_ARCHIVE_H
#define QLINALG_PARAMETERS_ARCHIVE_H

#include "QLinalg/Parameters/ElementType.h"
#include "QLinalg/Parameters/FileMapping.h"
#include "QLinalg/Parameters/Result.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qlinalg {

struct TensorEntry {
  std::string name;
  ElementType type;
  std::vector<int64_t> shape;
  /// Row-major and dense. The alignment is whatever the file gives: read
  /// with memcpy or unaligned loads unless the address was looked at.
  std::span<const std::byte> bytes;
  /// Which of `Archive::files` it stands in.
  size_t file;
};

class Archive {
public:
  using Metadata = std::map<std::string, std::string, std::less<>>;

  struct File {
    /// The path, or the name given to `fromMemory`.
    std::string path;
    Metadata metadata;
  };

  /// Each path is a `.safetensors` file or, when its name ends in `.json`, an
  /// index whose `weight_map` names the shards beside it. A name that occurs
  /// in two files is an error.
  static Result<Archive> open(const std::vector<std::string> &paths);
  static Result<Archive> open(const std::string &path) { return open(std::vector{path}); }

  /// One safetensors file in memory, of any alignment, which must outlive the
  /// archive. `name` stands for the path in messages.
  static Result<Archive> fromMemory(std::span<const std::byte> bytes, std::string name);

  /// Null when there is no such tensor. Valid as long as the archive, also
  /// after the archive was moved.
  const TensorEntry *find(std::string_view name) const;

  /// File after file, by ascending place in the file.
  std::span<const TensorEntry> tensors() const { return entries; }
  std::span<const TensorEntry>::iterator begin() const { return tensors().begin(); }
  std::span<const TensorEntry>::iterator end() const { return tensors().end(); }
  size_t size() const { return entries.size(); }

  std::span<const File> files() const { return sources; }

  /// The `__metadata__` of all files; where two have the same key, the first
  /// file's. `files()` has each by itself.
  const Metadata &metadata() const { return merged; }

  /// Gives the resident pages of `bytes` (a tensor's, or a part), and some
  /// around them, back to the system; they come back from the file when they
  /// are touched. Does nothing for memory that was borrowed.
  void release(std::span<const std::byte> bytes) const;

private:
  Result<void> addFile(const std::string &path);
  Result<void> addIndex(const std::string &path);
  Result<void> addContents(std::span<const std::byte> contents, std::string path);
  Result<void> indexNames();

  std::vector<TensorEntry> entries;
  /// Places in `entries`, ascending by name.
  std::vector<size_t> byName;
  std::vector<File> sources;
  std::vector<FileMapping> mappings;
  Metadata merged;
};

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_ARCHIVE_H
