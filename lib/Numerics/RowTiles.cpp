//===- RowTiles.cpp - Products with rows side by side ---------------------===//

#include "RowTiles.h"

#include "Clones.h"

using namespace qlinalg;

/// A loop over arrays is vectorized along the wrong one here.
typedef float Lanes __attribute__((vector_size(rowTile * sizeof(float)), aligned(4), may_alias));

QLINALG_CLONES static void subtractRows(const float *values, const float *packed, int64_t count,
                                        int64_t stride, int64_t columns, float *results) {
  Lanes sums[columnTile] = {};
  for (int64_t i = 0; i < count; ++i) {
    Lanes value = *reinterpret_cast<const Lanes *>(values + i * stride);
    for (int64_t k = 0; k < columnTile; ++k)
      sums[k] += value * packed[i * columnTile + k];
  }
  for (int64_t k = 0; k < columns; ++k)
    *reinterpret_cast<Lanes *>(results + k * stride) -= sums[k];
}

void qlinalg::subtractTile(const float *values, const float *packed, int64_t count, int64_t stride,
                           int64_t columns, float *results) {
  for (int64_t row = 0; row < stride; row += rowTile)
    subtractRows(values + row, packed, count, stride, columns, results + row);
}

QLINALG_CLONES void qlinalg::subtractMultiple(const float *values, float factor, int64_t count,
                                              float *__restrict results) {
  for (int64_t r = 0; r < count; ++r)
    results[r] -= values[r] * factor;
}
