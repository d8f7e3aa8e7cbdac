//===- ChannelMomentsTest.cpp - Sums along K ------------------------------===//

#include "QLinalg/Numerics/ChannelMoments.h"
#include "QuantizedMatrix.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

struct Size {
  int64_t rows, channels;
};

/// Plain sums, one product after the other.
double productOf(const std::vector<float> &values, Size size, int64_t i, int64_t k) {
  double sum = 0;
  for (int64_t row = 0; row < size.rows; ++row)
    sum += static_cast<double>(values[row * size.channels + i]) * values[row * size.channels + k];
  return sum;
}

} // namespace

TEST(ChannelMomentsTest, ByHand) {
  ChannelMoments moments(3, true);
  std::vector<float> values = {1, -2, 3, /**/ 4, 0, -5};
  moments.update(values.data(), 2);
  EXPECT_EQ(moments.rows, 2);
  EXPECT_EQ(moments.magnitudes, (std::vector<float>{4, 2, 5}));
  EXPECT_EQ(moments.squares, (std::vector<double>{17, 4, 34}));
  EXPECT_EQ(moments.products, (std::vector<double>{17, -2, -17, /**/ 4, -6, /**/ 34}));
}

TEST(ChannelMomentsTest, AllSizes) {
  for (Size size : {Size{1, 1}, {3, 7}, {4, 8}, {5, 9}, {300, 17}, {513, 40}, {2, 0}}) {
    std::vector<float> values = randomNormal(size.rows * size.channels, 5);
    ChannelMoments moments(size.channels, true);
    // In pieces, as batches come.
    int64_t half = size.rows / 2;
    moments.update(values.data(), half);
    moments.update(values.data() + half * size.channels, size.rows - half);
    for (int64_t i = 0; i < size.channels; ++i) {
      float magnitude = 0;
      for (int64_t row = 0; row < size.rows; ++row)
        magnitude = std::max(magnitude, std::abs(values[row * size.channels + i]));
      EXPECT_EQ(moments.magnitudes[i], magnitude);
      EXPECT_EQ(moments.squares[i], productOf(values, size, i, i));
      for (int64_t k = i; k < size.channels; ++k)
        // Sums of 513 products of about 1, in another order.
        EXPECT_NEAR(moments.products[ChannelMoments::triangleRow(i, size.channels) + k],
                    productOf(values, size, i, k), 1e-12 * static_cast<double>(size.rows));
    }
  }
}

TEST(ChannelMomentsTest, MergedIsTheWhole) {
  Size size{64, 12};
  std::vector<float> values = randomNormal(size.rows * size.channels, 9);
  ChannelMoments whole(size.channels, true), first(size.channels, true),
      second(size.channels, true);
  whole.update(values.data(), 64);
  first.update(values.data(), 20);
  second.update(values.data() + 20 * size.channels, 44);
  second.merge(first);
  EXPECT_EQ(second.rows, 64);
  EXPECT_EQ(second.magnitudes, whole.magnitudes);
  for (int64_t i = 0; i < size.channels; ++i)
    EXPECT_NEAR(second.squares[i], whole.squares[i], 1e-12 * whole.squares[i]);
  for (size_t i = 0; i < whole.products.size(); ++i)
    EXPECT_NEAR(second.products[i], whole.products[i], 1e-12 * 64);
}
