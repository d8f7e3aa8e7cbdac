//===- EncodeTest.cpp - Random matrices against the formulas --------------===//
//
// Every storage, granularity, rounding, division and scale type, with sizes that
// leave remainders, beside the formulas of the schemes written out one value
// at a time.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Codebook.h"
#include "QuantizedMatrix.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

float rounded(const Scheme &scheme, float value) {
  return scheme.rounding == Rounding::Even ? std::nearbyint(value) : std::round(value);
}

float quotient(const Scheme &scheme, float value, float scale) {
  if (scheme.division == Division::Reciprocal) {
    float reciprocal = 1 / scale;
    return value * reciprocal;
  }
  return value / scale;
}

/// The index of the level that is nearest in exact arithmetic (f64 holds all differences
/// closely enough to order them), ties to the even index.
int64_t nearestLevel(Storage storage, float value) {
  std::span<const float> levels = codebook(storage);
  int64_t best = 0;
  for (int64_t i = 1; i < 16; ++i) {
    if (storage == Storage::FP4 && i == 8)
      continue;
    double distance = std::abs(static_cast<double>(value) - levels[i]);
    double least = std::abs(static_cast<double>(value) - levels[best]);
    if (distance < least || (distance == least && i % 2 == 0))
      best = i;
  }
  return best;
}

int64_t nearestF8(float value) {
  int64_t best = 0;
  for (int64_t code = 0; code < 0x7f; ++code) {
    double distance = std::abs(std::abs(static_cast<double>(value)) - fromF8E4M3FN(code));
    double least = std::abs(std::abs(static_cast<double>(value)) - fromF8E4M3FN(best));
    if (distance < least || (distance == least && code % 2 == 0))
      best = code;
  }
  return std::signbit(value) ? best | 0x80 : best;
}

int64_t expectedCode(const Scheme &scheme, float value, float scale, int64_t zeroPoint) {
  float ratio = quotient(scheme, value, scale);
  if (isCodebook(scheme.storage))
    return nearestLevel(scheme.storage, ratio);
  if (scheme.storage == Storage::F8E4M3FN)
    return nearestF8(ratio);
  float code = rounded(scheme, ratio) + static_cast<float>(zeroPoint);
  return static_cast<int64_t>(std::clamp(code, static_cast<float>(minCode(scheme.storage)),
                                         static_cast<float>(maxCode(scheme.storage))));
}

struct Expected {
  float scale;
  int64_t zeroPoint;
};

/// Parameters of the elements that share scale `index`.
Expected expectedParameters(const QuantizedMatrix &matrix, const std::vector<float> &values,
                            int64_t index) {
  const Scheme &scheme = matrix.scheme;
  float least = 0, greatest = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i)
    if (matrix.scaleOf(i) == index) {
      least = std::min(least, values[i]);
      greatest = std::max(greatest, values[i]);
    }
  int64_t levels = int64_t{1} << bitWidth(scheme.storage);
  bool allZero = least == 0 && greatest == 0;
  if (!isInteger(scheme.storage) || scheme.symmetric) {
    float magnitude = std::max(-least, greatest);
    float scale = magnitude / (scheme.storage == Storage::NF4        ? 1
                               : scheme.storage == Storage::FP4      ? 6
                               : scheme.storage == Storage::F8E4M3FN ? 448
                                                                     : levels / 2 - 1);
    return {allZero ? 1 : roundTo(scheme.scales, scale),
            isUnsigned(scheme.storage) ? levels / 2 : 0};
  }
  float scale = roundTo(scheme.scales, (greatest - least) / static_cast<float>(levels - 1));
  scale = allZero ? 1 : scale;
  float zeroPoint = std::clamp(rounded(scheme, quotient(scheme, -least, scale)), 0.0f,
                               static_cast<float>(levels - 1));
  int64_t shift = isUnsigned(scheme.storage) ? 0 : levels / 2;
  return {scale, static_cast<int64_t>(zeroPoint) - shift};
}

void check(const Scheme &scheme, const std::vector<float> &values, int64_t rows) {
  QuantizedMatrix matrix(scheme, values, rows);
  ASSERT_FALSE(matrix.error.has_value());
  int64_t scaleCount = static_cast<int64_t>(matrix.scales.size());
  std::vector<Expected> parameters;
  for (int64_t i = 0; i < scaleCount; ++i) {
    parameters.push_back(expectedParameters(matrix, values, i));
    ASSERT_EQ(matrix.scales[i], parameters[i].scale) << "scale " << i;
    if (storesZeroPoints(scheme)) {
      ASSERT_EQ(matrix.zeroPoints[i], parameters[i].zeroPoint) << "zero point " << i;
    }
  }
  std::vector<float> decoded = matrix.decoded();
  for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i) {
    auto [scale, zeroPoint] = parameters[matrix.scaleOf(i)];
    ASSERT_EQ(matrix.codes[i], expectedCode(scheme, values[i], scale, zeroPoint))
        << "value " << values[i] << " at " << i << ", scale " << scale;
    float level = isCodebook(scheme.storage) ? codebook(scheme.storage)[matrix.codes[i]]
                  : scheme.storage == Storage::F8E4M3FN
                      ? fromF8E4M3FN(static_cast<uint8_t>(matrix.codes[i]))
                      : static_cast<float>(matrix.codes[i] - zeroPoint);
    ASSERT_EQ(decoded[i], level * scale) << i;
  }
  std::vector<std::byte> again(matrix.packed.size(), std::byte{0xee});
  encode(scheme, {values.data(), rows, matrix.columns}, matrix.storedScales.data(),
         matrix.storedZeroPoints.data(), again.data());
  ASSERT_EQ(again, matrix.packed) << "encode and quantize disagree";
}

class EncodeTest : public testing::TestWithParam<Storage> {};

} // namespace

TEST_P(EncodeTest, FollowsTheFormulas) {
  std::vector<float> normal = randomNormal(3 * 173, 11);
  // Steps of 1/64 meet many ties.
  std::vector<float> coarse = normal;
  for (float &value : coarse)
    value = std::nearbyint(value * 64) / 64;
  std::vector<float> positive = normal;
  for (float &value : positive)
    value = std::abs(value) + 3;
  for (int64_t group : {-1, 0, 1, 5, 32, 64, 100})
    for (bool symmetric : {true, false})
      for (FloatType scales : {FloatType::F32, FloatType::F16, FloatType::BF16})
        for (Rounding rounding : {Rounding::Even, Rounding::Away})
          for (Division division : {Division::Divide, Division::Reciprocal})
            for (const std::vector<float> &values : {normal, coarse, positive}) {
              Scheme scheme{GetParam(),
                            group < 0    ? Granularity::Tensor
                            : group == 0 ? Granularity::Channel
                                         : Granularity::Group,
                            std::max<int64_t>(group, 0),
                            symmetric,
                            /*positive=*/false,
                            scales,
                            rounding,
                            division};
              check(scheme, values, 3);
            }
}

INSTANTIATE_TEST_SUITE_P(Storages, EncodeTest,
                         testing::Values(Storage::Int8, Storage::Int4, Storage::Int2,
                                         Storage::UInt8, Storage::UInt4, Storage::UInt2,
                                         Storage::Int16, Storage::UInt16, Storage::NF4,
                                         Storage::FP4, Storage::F8E4M3FN),
                         [](const auto &info) { return std::string(name(info.param)); });

TEST(EncodeTest, GivenParameters) {
  // A negative scale, and quotients far outside of all codes.
  Scheme scheme;
  float scale = -0.5f;
  std::vector<float> values = {1, -1, 3e38f, -3e38f, 0};
  std::vector<std::byte> codes(5);
  encode(scheme, {values.data(), 1, 5}, reinterpret_cast<std::byte *>(&scale), nullptr,
         codes.data());
  int64_t expected[] = {-2, 2, -128, 127, 0};
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(static_cast<int8_t>(codes[i]), expected[i]);
}

TEST(EncodeTest, EveryBoundaryOfCodebooks) {
  for (Storage storage : {Storage::NF4, Storage::FP4}) {
    Scheme scheme;
    scheme.storage = storage;
    float one = 1;
    std::span<const float> levels = codebook(storage);
    for (float a : levels)
      for (float b : levels) {
        float midpoint = static_cast<float>((static_cast<double>(a) + b) / 2);
        for (float value :
             {midpoint, std::nextafter(midpoint, -9.0f), std::nextafter(midpoint, 9.0f)}) {
          std::byte code;
          encode(scheme, {&value, 1, 1}, reinterpret_cast<std::byte *>(&one), nullptr, &code);
          EXPECT_EQ(static_cast<int64_t>(code), nearestLevel(storage, value)) << value;
        }
      }
  }
}
