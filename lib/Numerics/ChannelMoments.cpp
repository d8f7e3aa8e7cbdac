//===- ChannelMoments.cpp - What was seen of each channel of K ------------===//

#include "QLinalg/Numerics/ChannelMoments.h"

#include "ChannelProducts.h"
#include "Clones.h"
#include "FloatBits.h"

#include <algorithm>
#include <functional>

using namespace qlinalg;

namespace {

/// `at` rows are added in order whatever the number that is looked at together: each is
/// one more addition to what stands in memory.
template <int at>
QLINALG_INLINE void addRows(const float *values, int64_t channels, float *__restrict magnitudes,
                            double *__restrict squares) {
  for (int64_t k = 0; k < channels; ++k) {
    uint32_t magnitude = bitsOf(magnitudes[k]);
    double square = squares[k];
    for (int row = 0; row < at; ++row) {
      float value = values[row * channels + k];
      magnitude = std::max(magnitude, bitsOf(value) & magnitudeMask);
      square += static_cast<double>(value) * value;
    }
    magnitudes[k] = floatOf(magnitude);
    squares[k] = square;
  }
}

QLINALG_CLONES void addAllRows(const float *values, int64_t rows, int64_t channels,
                               float *magnitudes, double *squares) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4)
    addRows<4>(values + row * channels, channels, magnitudes, squares);
  for (; row < rows; ++row)
    addRows<1>(values + row * channels, channels, magnitudes, squares);
}

QLINALG_CLONES void mergeRows(const float *theirMagnitudes, const double *theirSquares,
                              int64_t channels, float *__restrict magnitudes,
                              double *__restrict squares) {
  for (int64_t k = 0; k < channels; ++k)
    magnitudes[k] = std::max(magnitudes[k], theirMagnitudes[k]);
  for (int64_t k = 0; k < channels; ++k)
    squares[k] += theirSquares[k];
}

} // namespace

ChannelMoments::ChannelMoments(int64_t channels, bool withProducts)
    : magnitudes(channels), squares(channels), products(withProducts ? triangleSize(channels) : 0) {
}

void ChannelMoments::update(const float *values, int64_t rows) {
  this->rows += rows;
  addAllRows(values, rows, channels(), magnitudes.data(), squares.data());
  if (hasProducts())
    addProducts(values, rows, channels(), products.data());
}

void ChannelMoments::merge(const ChannelMoments &other) {
  rows += other.rows;
  mergeRows(other.magnitudes.data(), other.squares.data(), channels(), magnitudes.data(),
            squares.data());
  std::ranges::transform(products, other.products, products.begin(), std::plus<>());
}

void ChannelMoments::clear() {
  rows = 0;
  std::ranges::fill(magnitudes, 0.0f);
  std::ranges::fill(squares, 0.0);
  std::ranges::fill(products, 0.0);
}
