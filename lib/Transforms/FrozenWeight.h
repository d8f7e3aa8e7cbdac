//===- FrozenWeight.h - A constant weight becomes codes ---------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_FROZENWEIGHT_H
#define QLINALG_TRANSFORMS_FROZENWEIGHT_H

#include "WeightView.h"

#include "QLinalg/Numerics/Quantize.h"

#include <cstddef>
#include <span>

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
};

/// Bytes of codes, scales and zero points of a weight of this many rows and columns.
struct FrozenSizes {
  int64_t codes, scales, zeroPoints;
};
FrozenSizes frozenSizes(const Scheme &scheme, const WeightRows &rows);

/// Chooses codes and parameters block by block, on the context's threads. Memory beyond `result` is a few blocks; with
/// granularity `tensor` a copy of the weight as f32 unless it is that already.
[[nodiscard]] std::optional<QuantizeError> freezeWeight(mlir::MLIRContext *context,
                                                        const Scheme &scheme, Method method,
                                                        const WeightRows &rows, FloatSource source,
                                                        QuantizedView result);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_FROZENWEIGHT_H
