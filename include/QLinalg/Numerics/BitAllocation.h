//===- BitAllocation.h - Which layer gets how many bits ---------*- C++ -*-===//
//
// Each layer can be stored in several ways, of so many bytes and such an error. Errors of layers
// add up; one way a layer is chosen of least error together among those that fit: a knapsack
// problem with classes. It is solved by dynamic programming over what is left beyond the smallest
// ways, exactly up to 65536 bytes, else in as many parts, a layer's bytes rounded up; then one
// layer, or two against each other, are changed while that helps by the exact bytes.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_BITALLOCATION_H
#define QLINALG_NUMERICS_BITALLOCATION_H

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace qlinalg {

struct StorageWay {
  int64_t bytes;
  /// Not negative.
  double error;
};

/// The least that all layers can be stored in.
int64_t smallestBytes(std::span<const std::vector<StorageWay>> layers);

/// The place of each layer's way; nothing when not even the smallest fit into `bytes`. Each layer
/// has a way. Deterministic: of what is alike the earlier is taken.
std::optional<std::vector<size_t>> allocateBits(std::span<const std::vector<StorageWay>> layers,
                                                int64_t bytes);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_BITALLOCATION_H
