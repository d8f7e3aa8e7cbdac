//===- WeightErrorTest.cpp - Errors of codes by hand ----------------------===//

#include "QLinalg/Numerics/WeightError.h"
#include "QuantizedMatrix.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

WeightError measure(QuantizedMatrix &matrix, const std::vector<float> &values) {
  return measureWeight(
      matrix.scheme, {values.data(), matrix.rows, matrix.columns},
      {matrix.packed.data(), matrix.storedScales.data(),
       matrix.storedZeroPoints.empty() ? nullptr : matrix.storedZeroPoints.data()});
}

} // namespace

TEST(WeightErrorTest, ByHand) {
  // Scale 1: 127 -64 1 0, an error of 0.5; scale 2: -127 2 2 0 for -254 3 5 0, errors 1 and -1.
  std::vector<float> values = {127, -64, 1, 0.5f, -254, 3, 5, 0};
  QuantizedMatrix matrix({Storage::Int8, Granularity::Channel}, values, 2);
  WeightError error = measure(matrix, values);
  EXPECT_EQ(error.error, 0.25 + 1 + 1);
  EXPECT_EQ(error.energy, 127 * 127 + 64 * 64 + 1 + 0.25 + 254 * 254 + 9 + 25);
  // 84776.25 / 2.25 = 37678.333…
  EXPECT_NEAR(error.sqnr(), 45.7609, 1e-4);
}

TEST(WeightErrorTest, ExactCodes) {
  std::vector<float> values = {127, -127, 0, 3};
  QuantizedMatrix matrix({Storage::Int8, Granularity::Tensor}, values, 2);
  EXPECT_EQ(measure(matrix, values).sqnr(), std::numeric_limits<double>::infinity());
  std::vector<float> zeros(4);
  QuantizedMatrix zero({Storage::Int8, Granularity::Tensor}, zeros, 2);
  EXPECT_EQ(measure(zero, zeros).sqnr(), std::numeric_limits<double>::infinity());
}

TEST(WeightErrorTest, FromSqnr) {
  WeightError error = WeightError::fromSqnr(1000, 30);
  EXPECT_DOUBLE_EQ(error.error, 1);
  EXPECT_EQ(WeightError::fromSqnr(7, std::numeric_limits<double>::infinity()).error, 0);
  error += {24, 0.024};
  EXPECT_NEAR(error.sqnr(), 30, 1e-12);
}

class WeightErrorOf : public testing::TestWithParam<Storage> {};

// Against a plain loop over what `dequantize` gives, whole and in parts; more columns than the
// lanes and than a piece.
TEST_P(WeightErrorOf, PlainLoop) {
  for (auto [granularity, group] :
       {std::pair(Granularity::Tensor, 0), {Granularity::Channel, 0}, {Granularity::Group, 32}}) {
    if (isDowncast(GetParam()) && granularity != Granularity::Tensor)
      continue;
    Scheme scheme{GetParam(), granularity, group, !isUnsigned(GetParam())};
    for (int64_t rows : {1, 3, 70})
      for (int64_t columns : {1, 77, 5000}) {
        std::vector<float> values = randomNormal(rows * columns, 7);
        QuantizedMatrix matrix(scheme, values, rows);
        ASSERT_FALSE(matrix.error);
        std::vector<float> decoded = matrix.decoded();
        double energy = 0, error = 0;
        for (size_t i = 0; i < values.size(); ++i) {
          energy += static_cast<double>(values[i]) * values[i];
          error += std::pow(static_cast<double>(decoded[i]) - values[i], 2);
        }
        WeightError sums = measure(matrix, values);
        // Another order of 350,000 sums: each rounds by 1.1e-16.
        EXPECT_NEAR(sums.energy, energy, 4e-11 * energy);
        EXPECT_NEAR(sums.error, error, 4e-11 * error);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Storages, WeightErrorOf, testing::ValuesIn(allStorages),
                         [](const auto &info) { return std::string(name(info.param)); });
