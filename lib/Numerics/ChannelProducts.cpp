//===- ChannelProducts.cpp - Sums of products of channels -----------------===//
//
// A block of rows is copied to panels of 8 channels in f64, [panel][row][8]; then tiles of 8 x 8
// products are summed over the block's rows in registers and added to the triangle.
//
//===----------------------------------------------------------------------===//

#include "ChannelProducts.h"

#include "Clones.h"
#include "QLinalg/Numerics/ChannelMoments.h"

#include <algorithm>

using namespace qlinalg;

namespace {

constexpr int64_t width = 8;
/// The two panels of a tile, 16 KiB each, stay in the first cache.
constexpr int64_t blockRows = 256;

/// Channels beyond the last are 0.
void copyToPanels(const float *values, int64_t rows, int64_t channels, double *panels) {
  int64_t panelCount = (channels + width - 1) / width;
  for (int64_t panel = 0; panel < panelCount; ++panel) {
    int64_t first = panel * width, taken = std::min(width, channels - first);
    double *to = panels + panel * rows * width;
    for (int64_t row = 0; row < rows; ++row)
      std::copy_n(values + row * channels + first, taken, to + row * width);
  }
}

/// Both halves of the tile's rows, 4 x 8 each: no more than 16 registers of 4 numbers hold.
QLINALG_CLONES void sumTile(const double *left, const double *right, int64_t rows,
                            double *__restrict tile) {
  for (int64_t half = 0; half < width; half += 4) {
    double sums[4][width] = {};
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i < 4; ++i)
        for (int64_t k = 0; k < width; ++k)
          sums[i][k] += left[row * width + half + i] * right[row * width + k];
    for (int64_t i = 0; i < 4; ++i)
      std::copy_n(sums[i], width, tile + (half + i) * width);
  }
}

void addTile(const double *tile, int64_t firstRow, int64_t firstColumn, int64_t channels,
             double *triangle) {
  int64_t endRow = std::min(firstRow + width, channels);
  int64_t endColumn = std::min(firstColumn + width, channels);
  for (int64_t i = firstRow; i < endRow; ++i) {
    double *row = triangle + ChannelMoments::triangleRow(i, channels);
    for (int64_t k = std::max(i, firstColumn); k < endColumn; ++k)
      row[k] += tile[(i - firstRow) * width + k - firstColumn];
  }
}

} // namespace

void qlinalg::addProducts(const float *values, int64_t rows, int64_t channels, double *triangle) {
  int64_t panelCount = (channels + width - 1) / width;
  std::vector<double> panels(panelCount * width * std::min(rows, blockRows));
  double tile[width * width];
  for (int64_t first = 0; first < rows; first += blockRows) {
    int64_t length = std::min(blockRows, rows - first);
    copyToPanels(values + first * channels, length, channels, panels.data());
    for (int64_t left = 0; left < panelCount; ++left)
      for (int64_t right = left; right < panelCount; ++right) {
        sumTile(panels.data() + left * length * width, panels.data() + right * length * width,
                length, tile);
        addTile(tile, left * width, right * width, channels, triangle);
      }
  }
}
