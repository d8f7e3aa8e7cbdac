//===- FrozenWeight.h - A constant weight becomes codes ---------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_FROZENWEIGHT_H
#define QLINALG_TRANSFORMS_FROZENWEIGHT_H

#include "WeightMethod.h"
#include "WeightRows.h"

#include "QLinalg/Numerics/WeightError.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstddef>
#include <vector>

namespace qlinalg {

/// Scales and zero points of a whole weight, as `QuantizedView` says; empty where the scheme has
/// none.
struct FrozenParams {
  std::vector<std::byte> scales, zeroPoints;
};

/// Rows [first, first + count) of a frozen weight: packed codes, the zero points of the first
/// of them (of the whole weight with granularity `tensor`), and what the codes cost.
struct FrozenRows {
  int64_t first, count;
  llvm::ArrayRef<std::byte> codes;
  const std::byte *zeroPoints;
  WeightError error;
};

/// Chooses parameters, and codes that go to `consume`, rows after rows, some megabytes at a time.
/// Works on the context's threads. Memory beyond `params` is some megabytes; a search with
/// granularity `tensor` needs the weight as f32. `counts[i]` says how often `auto` took
/// `automaticMethods()[i]`.
[[nodiscard]] std::optional<QuantizeError>
freezeWeight(mlir::MLIRContext *context, const Scheme &scheme, const WeightMethod &method,
             const WeightRows &rows, FloatSource source, FrozenParams &params,
             std::vector<int64_t> &counts, llvm::function_ref<void(const FrozenRows &)> consume);

/// What codes in rows of K, with their parameters, cost the same rows of a float weight. Works on
/// the context's threads.
WeightError measureWeight(mlir::MLIRContext *context, const Scheme &scheme, const WeightRows &rows,
                          FloatSource source, QuantizedView codes);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_FROZENWEIGHT_H
