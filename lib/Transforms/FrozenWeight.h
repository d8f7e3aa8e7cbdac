//===- FrozenWeight.h - A constant weight becomes codes ---------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_FROZENWEIGHT_H
#define QLINALG_TRANSFORMS_FROZENWEIGHT_H

#include "WeightView.h"

#include "QLinalg/Numerics/Quantize.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstddef>
#include <vector>

namespace qlinalg {

/// The elements of a weight in memory, row-major, of any alignment.
struct FloatSource {
  const std::byte *data;
  FloatType type;
};

/// The rows of K of a view: all of its dimensions but the last are rows, the last is K.
class WeightRows {
public:
  explicit WeightRows(const WeightView &view);

  int64_t getRows() const { return rows; }
  int64_t getColumns() const { return columnOffsets.size(); }

  /// Rows [first, first + count) as f32, `count * getColumns()` of them.
  void read(FloatSource source, int64_t first, int64_t count, float *result) const;

  /// Where an element stands in the root, counted in elements.
  int64_t offsetOf(int64_t row, int64_t column) const {
    return rowOffset(row) + columnOffsets[column];
  }

  /// The rows are one dense matrix at the root's beginning.
  bool isDense() const;

private:
  int64_t rowOffset(int64_t row) const;

  int64_t rows = 1;
  llvm::SmallVector<Atom> rowAtoms;
  llvm::SmallVector<int64_t> columnOffsets;
  /// Column i of a row stands i elements after its first.
  bool hasDenseColumns;
};

/// Scales and zero points of a whole weight, as `QuantizedView` says; empty where the scheme has
/// none.
struct FrozenParams {
  std::vector<std::byte> scales, zeroPoints;
};

/// Rows [first, first + count) of a frozen weight: packed codes, and the zero points of the first
/// of them (of the whole weight with granularity `tensor`).
struct FrozenRows {
  int64_t first, count;
  llvm::ArrayRef<std::byte> codes;
  const std::byte *zeroPoints;
};

/// Chooses parameters, and codes that go to `consume`, rows after rows, some megabytes at a time.
/// Works on the context's threads. Memory beyond `params` is some megabytes; `mse` with granularity
/// `tensor` needs the weight as f32.
[[nodiscard]] std::optional<QuantizeError>
freezeWeight(mlir::MLIRContext *context, const Scheme &scheme, Method method,
             const WeightRows &rows, FloatSource source, FrozenParams &params,
             llvm::function_ref<void(const FrozenRows &)> consume);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_FROZENWEIGHT_H
