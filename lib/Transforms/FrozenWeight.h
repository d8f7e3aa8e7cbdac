//===- FrozenWeight.h - A constant weight becomes codes ---------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_FROZENWEIGHT_H
#define QLINALG_TRANSFORMS_FROZENWEIGHT_H

#include "InputMoments.h"
#include "WeightMethod.h"
#include "WeightRows.h"

#include "QLinalg/Numerics/WeightError.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstddef>
#include <vector>

namespace qlinalg {

/// Scales and zero points of a whole weight, as `QuantizedView` says; empty where the scheme has
/// none. Scales that are codes are packed rows of groups, and have scales of their own.
struct FrozenParams {
  std::vector<std::byte> scales, zeroPoints, scaleScales;
};

/// How a weight is stored: the scheme of its codes, and that of its scales where they are codes.
struct StoredSchemes {
  Scheme codes;
  std::optional<Scheme> scales;
};

/// Rows [first, first + count) of a frozen weight: packed codes, the zero points of the first
/// of them (of the whole weight with granularity `tensor`), and what the codes cost.
struct FrozenRows {
  int64_t first, count;
  llvm::ArrayRef<std::byte> codes;
  const std::byte *zeroPoints;
  WeightError error;
  /// What the codes are made of when the program runs, where they are not what is stored.
  llvm::ArrayRef<std::byte> trellis = {};

  llvm::ArrayRef<std::byte> getStored() const { return trellis.empty() ? codes : trellis; }
};

/// What `auto` took.
struct AutoTaken {
  /// How often each of `automaticMethods()`, one for each run that shares a scale.
  std::vector<int64_t> counts;
  /// Or one for the whole weight: the methods that were tried with their errors, as a share of the
  /// results' mean square, and which was taken.
  std::vector<std::pair<std::string, double>> tried;
  size_t best = 0;
};

/// Chooses parameters, and codes that go to `consume`, rows after rows, some megabytes at a time.
/// Works on the context's threads. Memory beyond `params` is some megabytes; a search with
/// granularity `tensor` and a method that looks at the whole weight need it as f32. `input` is what
/// the method needs to know of it.
[[nodiscard]] std::optional<QuantizeError>
freezeWeight(mlir::MLIRContext *context, const StoredSchemes &schemes, const WeightMethod &method,
             const WeightInput &input, const WeightRows &rows, FloatSource source,
             FrozenParams &params, AutoTaken &taken,
             llvm::function_ref<void(const FrozenRows &)> consume);

/// What codes in rows of K, with their parameters, cost the same rows of a float weight. Works on
/// the context's threads.
WeightError measureWeight(mlir::MLIRContext *context, const Scheme &scheme, const WeightRows &rows,
                          FloatSource source, QuantizedView codes);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_FROZENWEIGHT_H
