//===- RowTiles.h - Products with rows side by side -------------*- C++ -*-===//
//
// Arrays are [columns][stride], the rows of a panel side by side, so that no sum depends on the
// width of the registers; `stride` is a multiple of `rowTile`.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_ROWTILES_H
#define QLINALG_NUMERICS_ROWTILES_H

#include <cstdint>
#include <vector>

namespace qlinalg {

inline constexpr int64_t rowTile = 16;
/// Columns that are computed at once: with `rowTile` 12 registers of 8 numbers.
inline constexpr int64_t columnTile = 6;

inline int64_t rowStride(int64_t rows) { return (rows + rowTile - 1) / rowTile * rowTile; }

/// results[k][r] -= sum over i < count of values[i][r] * rowOf(i)[k], for k in [first, last); i
/// ascends. `results` is of column `first`; `packed` is memory that is used.
template <typename RowOf>
void subtractProducts(const float *values, int64_t count, int64_t stride, RowOf rowOf,
                      int64_t first, int64_t last, std::vector<float> &packed, float *results);

/// The same of one tile, whose factors are packed: [count][columnTile], 0 beyond the last.
void subtractTile(const float *values, const float *packed, int64_t count, int64_t stride,
                  int64_t columns, float *results);

/// results[r] -= values[r] * factor.
void subtractMultiple(const float *values, float factor, int64_t count, float *results);

template <typename RowOf>
void subtractProducts(const float *values, int64_t count, int64_t stride, RowOf rowOf,
                      int64_t first, int64_t last, std::vector<float> &packed, float *results) {
  for (int64_t begin = first; begin < last; begin += columnTile) {
    int64_t columns = begin + columnTile < last ? columnTile : last - begin;
    packed.assign(count * columnTile, 0);
    for (int64_t i = 0; i < count; ++i) {
      const float *row = rowOf(i) + begin;
      for (int64_t k = 0; k < columns; ++k)
        packed[i * columnTile + k] = row[k];
    }
    subtractTile(values, packed.data(), count, stride, columns, results + (begin - first) * stride);
  }
}

} // namespace qlinalg

#endif // QLINALG_NUMERICS_ROWTILES_H
