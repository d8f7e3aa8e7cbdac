//===- FrozenCache.h - Weights that an earlier run coded --------*- C++ -*-===//
//
// Methods that look at a whole weight take seconds a layer. What they chose is kept beside the
// parameter file, in the folder OUTPUT.resume, one file a weight, named by what it was made of: a
// run that is killed, or fails later, goes on from there. A run that comes to its end drops the
// folder.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_FROZENCACHE_H
#define QLINALG_TRANSFORMS_FROZENCACHE_H

#include "FrozenWeight.h"

namespace qlinalg {

/// All that a weight became.
struct CachedWeight {
  std::vector<std::byte> codes;
  FrozenParams params;
  WeightError error;
};

class FrozenCache {
public:
  /// "" keeps nothing.
  explicit FrozenCache(llvm::StringRef outputParameters)
      : folder(outputParameters.empty() ? "" : outputParameters.str() + ".resume") {}

  bool isOn() const { return !folder.empty(); }

  /// What `key` says of, with the sizes that `weight` has, if it is there.
  bool load(uint64_t key, CachedWeight &weight) const;
  /// Best effort: a folder that cannot be written costs a later run time, no more.
  void store(uint64_t key, const CachedWeight &weight) const;
  void drop() const;

private:
  std::string pathOf(uint64_t key) const;

  std::string folder;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_FROZENCACHE_H
