//===- TutorialTest.cpp - What tutorials on quantization show -------------===//

#include "QLinalg/Numerics/Error.h"
#include "QuantizedMatrix.h"

#include <gtest/gtest.h>
#include <random>

using namespace qlinalg;

// A 3 x 3 matrix with minimum -0.40 and maximum 0.50 in 8 unsigned bits.
TEST(TutorialTest, LinearQuantization) {
  std::vector<float> values = {0.12f, -0.40f, 0.33f, 0.50f, -0.07f, 0.21f, -0.25f, 0.04f, 0.46f};
  Scheme scheme;
  scheme.storage = Storage::UInt8;
  scheme.granularity = Granularity::Tensor;
  scheme.symmetric = false;
  QuantizedMatrix matrix(scheme, values, 3);
  EXPECT_NEAR(matrix.scales[0], 0.9 / 255, 1e-9);
  EXPECT_EQ(matrix.zeroPoints[0], 113); // 0.40 / 0.003529 = 113.3
  EXPECT_EQ(matrix.codes[1], 0);
  EXPECT_EQ(matrix.codes[3], 255);
  ErrorMeasures error =
      measureError(std::span<const float>(values), std::span<const float>(matrix.decoded()));
  EXPECT_GT(error.maxAbsolute, 0.0005);
  EXPECT_LT(error.maxAbsolute, 0.0018); // half a step
}

// 1000 uniform numbers times themselves, multiplied and accumulated in bf16: from 256
// on a step of bf16 is 2, and nothing below 1 moves the sum.
TEST(TutorialTest, SumInBF16Stagnates) {
  std::mt19937 generator(0);
  double exact = 0;
  float sum = 0;
  for (int i = 0; i < 1000; ++i) {
    float value = static_cast<float>(generator() >> 8) * 0x1p-24f;
    exact += static_cast<double>(value) * value;
    float narrow = roundTo(FloatType::BF16, value);
    float product = roundTo(FloatType::BF16, narrow * narrow);
    sum = roundTo(FloatType::BF16, sum + product);
  }
  EXPECT_NEAR(exact, 333, 30); // 1000 / 3
  EXPECT_EQ(sum, 256);
}
