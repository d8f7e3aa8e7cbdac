//===- ArchiveWriter.h - Safetensors, written in one pass -------*- C++ -*-===//
//
// Tensors are declared and written one after another; neither their number
// nor their names need be known before. Memory does not grow with the data.
//
// The file's data begin at a multiple of 64 bytes (the header is padded with
// spaces) and hold the 8-byte element types first, then those of 4, 2 and 1
// bytes, in the order of writing within each. The format allows no padding
// between tensors; this order is what aligns every tensor to its element.
// Since the header and that order are known only at the end, data are first
// collected in up to four unnamed files in the same folder and copied once by
// `commit`, inside the kernel (a file system that shares blocks may copy
// nothing). The cost is that data are written twice, and need up to twice
// their size on disk until `commit` returns.
//
// Nothing is visible under the path before `commit` succeeds; then it is all
// there. A writer that goes away without `commit` leaves no file.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMETERS_ARCHIVEWRITER_H
#define QLINALG_PARAMETERS_ARCHIVEWRITER_H

#include "QLinalg/Parameters/AtomicFile.h"
#include "QLinalg/Parameters/ElementType.h"
#include "QLinalg/Parameters/Result.h"

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qlinalg {

class ArchiveWriter {
public:
  /// An existing file at `path` is replaced by `commit`.
  static Result<ArchiveWriter> create(std::string path);

  /// One entry of `__metadata__`; a second value for a key replaces the first.
  Result<void> setMetadata(std::string key, std::string value);

  /// After a call that failed, all further ones, `commit` too, fail with the
  /// same message.
  Result<void> beginTensor(std::string name, ElementType type, std::span<const int64_t> shape);
  /// The next bytes of the tensor, each call one write: give it some KiB at a
  /// time.
  Result<void> append(std::span<const std::byte> bytes);
  /// It is an error when bytes are missing.
  Result<void> endTensor();

  /// The three above.
  Result<void> addTensor(std::string name, ElementType type, std::span<const int64_t> shape,
                         std::span<const std::byte> bytes);

  /// Writes header and data, flushes them to the disk, gives the file its
  /// name. Only once.
  Result<void> commit();

private:
  /// A tensor and its place in the collected data of its element width.
  struct Declaration {
    std::string name;
    ElementType type;
    std::vector<int64_t> shape;
    int64_t begin;
    int64_t size;
  };
  /// The collected data of the element types of one width.
  struct Collection {
    std::optional<UnnamedFile> file;
    int64_t size = 0;
  };
  static constexpr std::array<int64_t, 4> widths = {8, 4, 2, 1};

  explicit ArchiveWriter(AtomicFile file) : file(std::move(file)) {}

  Collection &collectionOf(ElementType type);
  Result<void> fail(std::string message);
  std::string header() const;

  AtomicFile file;
  std::array<Collection, widths.size()> collections;
  std::vector<Declaration> declarations;
  std::set<std::string, std::less<>> names;
  std::map<std::string, std::string> metadata;
  /// Bytes of the last declared tensor that are still to come.
  int64_t missing = 0;
  bool inTensor = false;
  /// Why nothing more can be written.
  std::optional<std::string> failed;
};

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_ARCHIVEWRITER_H
