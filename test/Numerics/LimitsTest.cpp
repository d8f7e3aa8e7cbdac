//===- LimitsTest.cpp - Zeros, denormals, overflow, NaN -------------------===//

#include "QuantizedMatrix.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace qlinalg;

namespace {

using Codes = std::vector<int64_t>;
using Floats = std::vector<float>;
using Kind = QuantizeError::Kind;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

Scheme make(Storage storage, bool symmetric = true, FloatType scales = FloatType::F32) {
  Scheme scheme;
  scheme.storage = storage;
  scheme.symmetric = symmetric;
  scheme.scales = scales;
  return scheme;
}

void expectError(const QuantizedMatrix &matrix, Kind kind, int64_t row, int64_t column) {
  ASSERT_TRUE(matrix.error.has_value());
  EXPECT_EQ(matrix.error->kind, kind);
  EXPECT_EQ(matrix.error->row, row);
  EXPECT_EQ(matrix.error->column, column);
}

} // namespace

TEST(LimitsTest, AllZero) {
  for (Storage storage : allStorages)
    for (bool symmetric : {true, false})
      for (float zero : {0.0f, -0.0f}) {
        QuantizedMatrix matrix(make(storage, symmetric), Floats(5, zero));
        if (!isDowncast(storage)) {
          EXPECT_EQ(matrix.scales, Floats{1}) << name(storage);
        }
        for (float value : matrix.decoded())
          EXPECT_EQ(value, 0) << name(storage);
      }
  EXPECT_EQ(QuantizedMatrix(make(Storage::UInt8), {0}).codes, Codes{128});
  EXPECT_EQ(QuantizedMatrix(make(Storage::UInt8, false), {0}).codes, Codes{0});
  EXPECT_EQ(QuantizedMatrix(make(Storage::UInt8, false), {0}).zeroPoints, Codes{0});
  // The unsigned zero point 0 less 2^(b-1).
  EXPECT_EQ(QuantizedMatrix(make(Storage::Int8, false), {0}).codes, Codes{-128});
  EXPECT_EQ(QuantizedMatrix(make(Storage::Int8, false), {0}).zeroPoints, Codes{-128});
  EXPECT_EQ(QuantizedMatrix(make(Storage::NF4), {0}).codes, Codes{7});
}

TEST(LimitsTest, NoElements) {
  for (Storage storage : allStorages)
    for (Granularity granularity : {Granularity::Tensor, Granularity::Channel, Granularity::Group})
      for (bool symmetric : {true, false}) {
        Scheme scheme = make(storage, symmetric);
        scheme.granularity = granularity;
        scheme.group = granularity == Granularity::Group ? 4 : 0;
        QuantizedMatrix matrix(scheme, {}, 3);
        EXPECT_FALSE(matrix.error.has_value());
        for (float scale : matrix.scales)
          EXPECT_EQ(scale, 1);
      }
}

TEST(LimitsTest, ScaleThatWouldBecomeZero) {
  // 2^-149 / 127 is 0 in f32.
  QuantizedMatrix tiny(make(Storage::Int8), {0x1p-149f, 0, -0x1p-149f});
  EXPECT_EQ(tiny.scales, Floats{0x1p-149f});
  EXPECT_EQ(tiny.codes, (Codes{1, 0, -1}));
  EXPECT_EQ(tiny.decoded(), (Floats{0x1p-149f, 0, -0x1p-149f}));
  // 2^-20 / 127 is less than half of 2^-24, the least f16; the quotient is 16.
  QuantizedMatrix half(make(Storage::Int8, true, FloatType::F16), {0x1p-20f, -0x1p-24f});
  EXPECT_EQ(half.scales, Floats{0x1p-24f});
  EXPECT_EQ(half.codes, (Codes{16, -1}));
  // 2^-130 / 127 is less than half of 2^-133, the least bf16.
  QuantizedMatrix brain(make(Storage::Int8, true, FloatType::BF16), {0x1p-130f});
  EXPECT_EQ(brain.scales, Floats{0x1p-133f});
  EXPECT_EQ(brain.codes, Codes{8});
  // Affine: zero = round(2^-20 / 2^-24).
  QuantizedMatrix affine(make(Storage::UInt8, false, FloatType::F16), {-0x1p-20f, 0x1p-24f});
  EXPECT_EQ(affine.scales, Floats{0x1p-24f});
  EXPECT_EQ(affine.zeroPoints, Codes{16});
  EXPECT_EQ(affine.codes, (Codes{0, 17}));
}

TEST(LimitsTest, ReciprocalThatOverflowsIsDividedBy) {
  Scheme scheme = make(Storage::Int8);
  scheme.division = Division::Reciprocal;
  QuantizedMatrix matrix(scheme, {0x1p-149f, 0, -0x1p-149f});
  EXPECT_EQ(matrix.codes, (Codes{1, 0, -1}));
}

TEST(LimitsTest, ScaleOverflow) {
  Floats values = {1, 2, 3, /**/ 4, -1e7f, 1e7f};
  Scheme scheme = make(Storage::Int8, true, FloatType::F16);
  QuantizedMatrix matrix(scheme, values, 2);
  expectError(matrix, Kind::ScaleOverflow, 1, 1);
  EXPECT_EQ(matrix.error->value, 1e7f / 127);
  EXPECT_EQ(matrix.error->message(),
            "scale 78740.16 is beyond f16, whose greatest number is 65504");
  scheme.granularity = Granularity::Tensor;
  expectError(QuantizedMatrix(scheme, values, 2), Kind::ScaleOverflow, 1, 1);
  scheme.granularity = Granularity::Group;
  scheme.group = 2;
  expectError(QuantizedMatrix(scheme, values, 2), Kind::ScaleOverflow, 1, 1);
  scheme.scales = FloatType::BF16;
  EXPECT_FALSE(QuantizedMatrix(scheme, values, 2).error.has_value());
}

TEST(LimitsTest, ScaleAtTheEndOfF16) {
  // 65519 rounds to 65504, 65520 would round to infinity.
  Scheme scheme = make(Storage::NF4, true, FloatType::F16);
  EXPECT_EQ(QuantizedMatrix(scheme, {65519}).scales, Floats{65504});
  expectError(QuantizedMatrix(scheme, {0, 65520}), Kind::ScaleOverflow, 0, 1);
}

TEST(LimitsTest, WidthOverflow) {
  QuantizedMatrix matrix(make(Storage::UInt8, false), {-3e38f, 3.1e38f});
  expectError(matrix, Kind::ScaleOverflow, 0, 1);
  EXPECT_FALSE(QuantizedMatrix(make(Storage::UInt8), {-3e38f, 3.1e38f}).error.has_value());
}

TEST(LimitsTest, ValueOverflow) {
  QuantizedMatrix half(make(Storage::F16), {1, 65519, 2, /**/ 1e6f, -65520, 70000}, 2);
  expectError(half, Kind::ValueOverflow, 1, 0);
  EXPECT_EQ(half.error->message(), "weight 1e+06 is beyond f16, whose greatest number is 65504");
  expectError(QuantizedMatrix(make(Storage::F16), {1, -65520}), Kind::ValueOverflow, 0, 1);
  EXPECT_FALSE(QuantizedMatrix(make(Storage::F16), {-65519, 65519}).error.has_value());
  float greatest = std::numeric_limits<float>::max();
  expectError(QuantizedMatrix(make(Storage::BF16), {1, greatest}), Kind::ValueOverflow, 0, 1);
}

TEST(LimitsTest, FirstValueThatIsNotFinite) {
  for (Storage storage : allStorages)
    for (bool symmetric : {true, false})
      for (Granularity granularity :
           {Granularity::Tensor, Granularity::Channel, Granularity::Group})
        for (float bad : {notANumber, -notANumber, infinity, -infinity}) {
          Scheme scheme = make(storage, symmetric);
          scheme.granularity = granularity;
          scheme.group = granularity == Granularity::Group ? 32 : 0;
          for (int64_t place : {0, 31, 70, 138, 209}) {
            Floats values = randomNormal(3 * 70, 1);
            values[place] = bad;
            values.back() = notANumber;
            QuantizedMatrix matrix(scheme, values, 3);
            SCOPED_TRACE(name(storage));
            expectError(matrix, Kind::NotFinite, place / 70, place % 70);
            EXPECT_EQ(matrix.error->message().substr(0, 10), "weight is ");
          }
        }
  EXPECT_EQ(QuantizedMatrix(make(Storage::Int8), {-infinity}).error->message(), "weight is -inf");
  EXPECT_EQ(QuantizedMatrix(make(Storage::Int8), {-notANumber}).error->message(), "weight is nan");
}
