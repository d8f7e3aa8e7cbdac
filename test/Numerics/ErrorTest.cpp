//===- ErrorTest.cpp - Error measures by hand -----------------------------===//

#include "QLinalg/Numerics/Error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace qlinalg;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

ErrorMeasures measure(std::vector<float> reference, std::vector<float> actual) {
  return measureError(std::span<const float>(reference), std::span<const float>(actual));
}

} // namespace

TEST(ErrorTest, ByHand) {
  // |reference|^2 = 9, |error|^2 = 1, |actual|^2 = 14, product 11.
  ErrorMeasures error = measure({1, 2, 2}, {1, 2, 3});
  EXPECT_DOUBLE_EQ(error.maxAbsolute, 1);
  EXPECT_DOUBLE_EQ(error.meanSquared, 1.0 / 3);
  EXPECT_DOUBLE_EQ(error.relativeL2, 1.0 / 3);
  EXPECT_NEAR(error.sqnr, 9.542425094393248, 1e-12);
  EXPECT_NEAR(error.cosine, 0.9799578870122228, 1e-12);
}

TEST(ErrorTest, Doubles) {
  std::vector<double> reference = {1, -2}, actual = {1 + 1e-12, -2};
  ErrorMeasures error = measureError(std::span<const double>(reference), actual);
  EXPECT_NEAR(error.maxAbsolute, 1e-12, 1e-15);
}

TEST(ErrorTest, EqualArrays) {
  for (const std::vector<float> &values :
       {std::vector<float>{1, -2, 3}, {0, 0}, {}, {notANumber, 1}, {infinity, -infinity, 2}}) {
    ErrorMeasures error = measure(values, values);
    EXPECT_EQ(error.maxAbsolute, 0);
    EXPECT_EQ(error.meanSquared, 0);
    EXPECT_EQ(error.relativeL2, 0);
    EXPECT_EQ(error.sqnr, infinity);
    EXPECT_DOUBLE_EQ(error.cosine, 1);
  }
}

TEST(ErrorTest, ZeroReference) {
  ErrorMeasures error = measure({0, 0}, {0, 1});
  EXPECT_EQ(error.relativeL2, infinity);
  EXPECT_EQ(error.sqnr, -infinity);
  EXPECT_EQ(error.cosine, 0);
  EXPECT_EQ(measure({0, 1}, {0, 0}).cosine, 0);
  EXPECT_EQ(measure({0, 1}, {0, 0}).relativeL2, 1);
}

TEST(ErrorTest, NaNInOnePlaceOnly) {
  for (auto [a, b] : {std::pair{notANumber, 1.0f}, {1.0f, notANumber}, {infinity, notANumber}}) {
    ErrorMeasures error = measure({a, 5}, {b, 1});
    EXPECT_TRUE(std::isnan(error.maxAbsolute));
    EXPECT_TRUE(std::isnan(error.meanSquared));
    EXPECT_TRUE(std::isnan(error.relativeL2));
    EXPECT_TRUE(std::isnan(error.sqnr));
    EXPECT_TRUE(std::isnan(error.cosine));
  }
}

TEST(ErrorTest, InfinityInOnePlaceOnly) {
  for (auto [a, b] : {std::pair{infinity, 1.0f}, {1.0f, -infinity}, {infinity, -infinity}}) {
    ErrorMeasures error = measure({a, 5}, {b, 1});
    EXPECT_EQ(error.maxAbsolute, infinity);
    EXPECT_EQ(error.meanSquared, infinity);
    EXPECT_EQ(error.relativeL2, infinity);
    EXPECT_EQ(error.sqnr, -infinity);
    EXPECT_EQ(error.cosine, 0);
  }
}

TEST(ErrorTest, OppositeAndOrthogonal) {
  EXPECT_DOUBLE_EQ(measure({1, 2}, {-1, -2}).cosine, -1);
  EXPECT_DOUBLE_EQ(measure({1, 0}, {0, 1}).cosine, 0);
}

TEST(ErrorTest, Parts) {
  std::vector<float> reference = {1, 2, 2, -3, notANumber}, actual = {1, 2, 3, -2, notANumber};
  ErrorSums sums;
  for (size_t first : {0, 2, 4})
    sums.add(std::span<const float>(reference).subspan(first, first == 4 ? 1 : 2),
             std::span<const float>(actual).subspan(first, first == 4 ? 1 : 2));
  ErrorMeasures parts = sums.measures(), whole = measure(reference, actual);
  EXPECT_EQ(parts.maxAbsolute, whole.maxAbsolute);
  EXPECT_EQ(parts.meanSquared, whole.meanSquared);
  EXPECT_EQ(parts.relativeL2, whole.relativeL2);
  EXPECT_EQ(parts.sqnr, whole.sqnr);
  EXPECT_EQ(parts.cosine, whole.cosine);
  // 2 / 5; one NaN by itself in any part is one in all.
  EXPECT_DOUBLE_EQ(parts.meanSquared, 0.4);
  sums.add(std::span<const float>(reference).last(1), std::span<const float>(actual).first(1));
  EXPECT_TRUE(std::isnan(sums.measures().sqnr));
}

TEST(ErrorTest, Matrix) {
  std::vector<float> reference = {1, 2, 3}, actual = {1.5f, 2, 2}, error(3);
  errorMatrix(reference, actual, error);
  EXPECT_EQ(error, (std::vector<float>{0.5f, 0, -1}));
}
