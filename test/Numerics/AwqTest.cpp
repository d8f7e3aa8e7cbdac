//===- AwqTest.cpp - Channels that matter are rounded more finely ---------===//

#include "QLinalg/Numerics/Awq.h"

#include "QuantizedMatrix.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

/// Roots of mean squares 1, 4 and 2, whose geometric mean is 2, and a channel that was never seen.
TEST(Awq, ScalesAreTheFormula) {
  ChannelMoments moments(4);
  moments.rows = 10;
  moments.squares = {10, 160, 40, 0};
  std::vector<float> half = awqScales(moments, 0.5);
  // sqrt(1 / 2), sqrt(4 / 2), sqrt(2 / 2).
  EXPECT_FLOAT_EQ(half[0], std::sqrt(0.5f));
  EXPECT_FLOAT_EQ(half[1], std::sqrt(2.0f));
  EXPECT_FLOAT_EQ(half[2], 1);
  EXPECT_FLOAT_EQ(half[3], 1);
  EXPECT_EQ(awqScales(moments, 0), std::vector<float>(4, 1.0f));
}

TEST(Awq, LowersTheOutputError) {
  constexpr int64_t rows = 24, columns = 64;
  std::vector<float> x = randomNormal(400 * columns, 1), weight = randomNormal(rows * columns, 2);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] *= i % columns % 16 == 3 ? 30.0f : 1.0f;
  ChannelMoments moments(columns, true);
  moments.update(x.data(), 400);
  Scheme scheme;
  scheme.storage = Storage::Int4;
  scheme.granularity = Granularity::Group;
  scheme.group = 32;
  MatrixView matrix{weight.data(), rows, columns};
  AwqChoice choice;
  ASSERT_FALSE(chooseAwqScales(scheme, moments, {&matrix, 1}, 20, choice));
  QuantizedMatrix plain(scheme, weight, rows);
  double before = outputError(MeanMoments(moments), matrix, plain.decoded().data()).error;
  EXPECT_GT(choice.alpha, 0);
  EXPECT_LT(choice.error.error, 0.5 * before);
  // What it says is so: the codes of W s.
  std::vector<float> scaled(weight);
  for (size_t i = 0; i < scaled.size(); ++i)
    scaled[i] *= choice.scales[i % columns];
  std::vector<float> decoded = QuantizedMatrix(scheme, scaled, rows).decoded();
  for (size_t i = 0; i < decoded.size(); ++i)
    decoded[i] /= choice.scales[i % columns];
  EXPECT_DOUBLE_EQ(outputError(MeanMoments(moments), matrix, decoded.data()).error,
                   choice.error.error);
}

/// Channels alike need none.
TEST(Awq, LeavesWhatIsAlike) {
  std::vector<float> weight = randomNormal(32, 3);
  ChannelMoments moments(32);
  moments.rows = 1;
  moments.squares.assign(32, 2.0);
  MatrixView matrix{weight.data(), 1, 32};
  Scheme scheme;
  scheme.storage = Storage::Int4;
  AwqChoice choice;
  ASSERT_FALSE(chooseAwqScales(scheme, moments, {&matrix, 1}, 5, choice));
  EXPECT_EQ(choice.alpha, 0);
}

} // namespace
