//===- SafetensorsFile.h - The contents of one safetensors file -*- C++ -*-===//
//
// Format: u64 little-endian length of the header; the header, a JSON object
// that begins with '{' and may end in white space; the data. See
// https://github.com/huggingface/safetensors#format.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMETERS_SAFETENSORSFILE_H
#define QLINALG_PARAMETERS_SAFETENSORSFILE_H

#include "QLinalg/Parameters/Archive.h"

namespace qlinalg {

/// Readers of the format refuse longer headers.
constexpr size_t maxHeaderSize = 100'000'000;

struct SafetensorsContents {
  /// By ascending place; `file` is left to the caller.
  std::vector<TensorEntry> tensors;
  Archive::Metadata metadata;
};

/// Reads and checks a whole file. Messages do not name the file.
Result<SafetensorsContents> parseSafetensors(std::span<const std::byte> bytes);

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_SAFETENSORSFILE_H
