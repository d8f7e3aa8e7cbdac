//===- WeightRows.h - A weight as rows of K ---------------------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_WEIGHTROWS_H
#define QLINALG_TRANSFORMS_WEIGHTROWS_H

#include "WeightView.h"

#include "QLinalg/Numerics/Scheme.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace qlinalg {

/// The elements of a weight in memory, row-major, of any alignment.
struct FloatSource {
  const std::byte *data;
  FloatType type;
};

std::optional<FloatType> floatTypeOf(mlir::Type type);

/// Each element of a view is multiplied, in f32, with the factor of its index along `dim`.
struct RowScaling {
  unsigned dim;
  std::vector<float> factors;
};

/// The rows of K of a view: all of its dimensions but the last are rows, the last is K.
class WeightRows {
public:
  /// Elements are multiplied by one scaling after the other.
  explicit WeightRows(const WeightView &view, std::vector<RowScaling> scalings = {});

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
  void load(FloatSource source, int64_t first, int64_t count, float *result) const;
  void scale(const RowScaling &scaling, int64_t first, int64_t count, float *result) const;

  int64_t rows = 1;
  /// Of the dimensions that make rows.
  llvm::SmallVector<int64_t> rowSizes;
  llvm::SmallVector<Atom> rowAtoms;
  llvm::SmallVector<int64_t> columnOffsets;
  /// Column i of a row stands i elements after its first.
  bool hasDenseColumns;
  std::vector<RowScaling> scalings;
};

/// Calls `work(first, count)` for blocks of the rows [begin, end) that fit the second-level cache,
/// on the context's threads.
void forEachBlock(mlir::MLIRContext *context, int64_t begin, int64_t end, int64_t columns,
                  llvm::function_ref<void(int64_t first, int64_t count)> work);

/// Rows of a block of `forEachBlock`.
int64_t getBlockRows(int64_t columns);

/// The sum of the squares of each column's elements, in the same order whatever the threads.
std::vector<double> sumColumnSquares(mlir::MLIRContext *context, const WeightRows &rows,
                                     FloatSource source);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WEIGHTROWS_H
