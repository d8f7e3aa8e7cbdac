//===- RowReader.h - Rows of a memref as f32 --------------------*- C++ -*-===//

#ifndef QLINALG_RUNTIME_ROWREADER_H
#define QLINALG_RUNTIME_ROWREADER_H

#include "QLinalg/Parameters/ElementType.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace qlinalg {

/// A memref of floats, of any strides, whose last dimensions are a row: the numbers of all others,
/// in their order, are the rows.
class RowReader {
public:
  /// `descriptor` is upstream's: {allocated, aligned, offset, sizes…, strides…}.
  RowReader(ElementType element, int64_t rank, int64_t rowDims, void *descriptor);

  int64_t rows() const { return rowCount; }
  /// Elements of a row.
  int64_t width() const { return rowWidth; }

  /// Calls `visit(values, count)` with dense rows, `most` of them at a time or, where they lie so
  /// in memory, all: those from `begin` up to `end`.
  template <typename Visit> void read(int64_t begin, int64_t end, int64_t most, Visit visit) const {
    if (const float *values = inPlace(begin))
      return visit(values, end - begin);
    std::vector<float> values(std::min(most, end - begin) * rowWidth);
    std::vector<std::byte> raw;
    for (int64_t row = begin; row < end; row += most) {
      int64_t count = std::min(most, end - row);
      load(row, count, raw, values.data());
      visit(values.data(), count);
    }
  }

private:
  /// Row `row` where it and those after it are dense f32, else null.
  const float *inPlace(int64_t row) const;
  void load(int64_t row, int64_t count, std::vector<std::byte> &raw, float *values) const;
  const std::byte *addressOf(int64_t row) const;

  ElementType element;
  int64_t elementBytes;
  const std::byte *data;
  /// Of the descriptor: the last `rowDims` of `rank` dimensions are a row.
  const int64_t *sizes, *strides;
  int64_t rank, rowDims;
  int64_t rowCount = 1, rowWidth = 1;
  bool rowsAreDense, allIsDense;
};

} // namespace qlinalg

#endif // QLINALG_RUNTIME_ROWREADER_H
