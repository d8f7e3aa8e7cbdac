//===- QuantizeTest.cpp - Every storage by hand ---------------------------===//
//
// The values are chosen so that scales and quotients are exact in f32; ties
// are marked.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Codebook.h"
#include "QuantizedMatrix.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

using Codes = std::vector<int64_t>;
using Floats = std::vector<float>;

Scheme make(Storage storage, bool symmetric = true) {
  Scheme scheme;
  scheme.storage = storage;
  scheme.symmetric = symmetric;
  return scheme;
}

Scheme away(Scheme scheme) {
  scheme.rounding = Rounding::Away;
  return scheme;
}

Scheme grouped(Scheme scheme, int64_t group) {
  scheme.granularity = Granularity::Group;
  scheme.group = group;
  return scheme;
}

Codes plus(Codes codes, int64_t shift) {
  for (int64_t &code : codes)
    code += shift;
  return codes;
}

} // namespace

TEST(QuantizeTest, Symmetric8) {
  // scale = 15.875 / 127 = 0.125; quotients -127, 0.5 (tie), 1.5 (tie), -2.5 (tie), 127
  Floats values = {-15.875f, 0.0625f, 0.1875f, -0.3125f, 15.875f};
  Codes even = {-127, 0, 2, -2, 127}, tiesAway = {-127, 1, 2, -3, 127};
  QuantizedMatrix matrix(make(Storage::Int8), values);
  EXPECT_EQ(matrix.scales, Floats{0.125f});
  EXPECT_EQ(matrix.codes, even);
  EXPECT_EQ(matrix.decoded(), (Floats{-15.875f, 0, 0.25f, -0.25f, 15.875f}));
  EXPECT_EQ(QuantizedMatrix(away(make(Storage::Int8)), values).codes, tiesAway);
  QuantizedMatrix shifted(make(Storage::UInt8), values);
  EXPECT_EQ(shifted.codes, plus(even, 128));
  EXPECT_EQ(shifted.decoded(), matrix.decoded());
}

TEST(QuantizeTest, Symmetric4) {
  // scale = 3.5 / 7 = 0.5; quotients 7, -7, 0.5 (tie), -1.5 (tie), 2.4
  Floats values = {3.5f, -3.5f, 0.25f, -0.75f, 1.2f};
  Codes even = {7, -7, 0, -2, 2}, tiesAway = {7, -7, 1, -2, 2};
  QuantizedMatrix matrix(make(Storage::Int4), values);
  EXPECT_EQ(matrix.scales, Floats{0.5f});
  EXPECT_EQ(matrix.codes, even);
  EXPECT_EQ(matrix.decoded(), (Floats{3.5f, -3.5f, 0, -1, 1}));
  EXPECT_EQ(QuantizedMatrix(away(make(Storage::Int4)), values).codes, tiesAway);
  EXPECT_EQ(QuantizedMatrix(make(Storage::UInt4), values).codes, plus(even, 8));
}

TEST(QuantizeTest, Symmetric2IsTernary) {
  // scale = 2; quotients 1, -1, 0.5 (tie), -0.75, 0.25
  Floats values = {2, -2, 1, -1.5f, 0.5f};
  QuantizedMatrix matrix(make(Storage::Int2), values);
  EXPECT_EQ(matrix.scales, Floats{2});
  EXPECT_EQ(matrix.codes, (Codes{1, -1, 0, -1, 0}));
  EXPECT_EQ(matrix.decoded(), (Floats{2, -2, 0, -2, 0}));
  EXPECT_EQ(QuantizedMatrix(away(make(Storage::Int2)), values).codes, (Codes{1, -1, 1, -1, 0}));
  EXPECT_EQ(QuantizedMatrix(make(Storage::UInt2), values).codes, (Codes{3, 1, 2, 1, 2}));
}

TEST(QuantizeTest, Affine8) {
  // scale = 127.5 / 255 = 0.5, zero = 55; quotients -55, 200, 0, 0.5 (tie), 1.5 (tie)
  Floats values = {-27.5f, 100, 0, 0.25f, 0.75f};
  Codes codes = {0, 255, 55, 55, 57};
  QuantizedMatrix matrix(make(Storage::UInt8, false), values);
  EXPECT_EQ(matrix.scales, Floats{0.5f});
  EXPECT_EQ(matrix.zeroPoints, Codes{55});
  EXPECT_EQ(matrix.codes, codes);
  EXPECT_EQ(matrix.decoded(), (Floats{-27.5f, 100, 0, 0, 1}));
  QuantizedMatrix shifted(make(Storage::Int8, false), values);
  EXPECT_EQ(shifted.zeroPoints, Codes{55 - 128});
  EXPECT_EQ(shifted.codes, plus(codes, -128));
  EXPECT_EQ(shifted.decoded(), matrix.decoded());
}

TEST(QuantizeTest, Affine4AndTiesOfTheZeroPoint) {
  // scale = 7.5 / 15 = 0.5; -min / scale = 0.5 (tie); quotients -0.5 (tie), 14.5 (tie), 3
  Floats values = {-0.25f, 7.25f, 1.5f};
  QuantizedMatrix matrix(make(Storage::UInt4, false), values);
  EXPECT_EQ(matrix.zeroPoints, Codes{0});
  EXPECT_EQ(matrix.codes, (Codes{0, 14, 3}));
  QuantizedMatrix other(away(make(Storage::UInt4, false)), values);
  EXPECT_EQ(other.zeroPoints, Codes{1});
  EXPECT_EQ(other.codes, (Codes{0, 15, 4}));
  QuantizedMatrix shifted(make(Storage::Int4, false), values);
  EXPECT_EQ(shifted.zeroPoints, Codes{-8});
  EXPECT_EQ(shifted.codes, (Codes{-8, 6, -5}));
}

TEST(QuantizeTest, Affine2) {
  // scale = 0.75 / 3 = 0.25, zero = 1; quotients -1, 2, 0, 0.5 (tie), 1.5 (tie)
  Floats values = {-0.25f, 0.5f, 0, 0.125f, 0.375f};
  QuantizedMatrix matrix(make(Storage::UInt2, false), values);
  EXPECT_EQ(matrix.zeroPoints, Codes{1});
  EXPECT_EQ(matrix.codes, (Codes{0, 3, 1, 1, 3}));
  QuantizedMatrix shifted(make(Storage::Int2, false), values);
  EXPECT_EQ(shifted.zeroPoints, Codes{-1});
  EXPECT_EQ(shifted.codes, (Codes{-2, 1, -1, -1, 1}));
}

TEST(QuantizeTest, Symmetric16) {
  // scale = 1; quotients 32767, -32767, 0.5 (tie), 1.5 (tie), -2.5 (tie)
  Floats values = {32767, -32767, 0.5f, 1.5f, -2.5f};
  Codes even = {32767, -32767, 0, 2, -2};
  QuantizedMatrix matrix(make(Storage::Int16), values);
  EXPECT_EQ(matrix.scales, Floats{1});
  EXPECT_EQ(matrix.codes, even);
  EXPECT_EQ(matrix.decoded(), (Floats{32767, -32767, 0, 2, -2}));
  EXPECT_EQ(QuantizedMatrix(away(make(Storage::Int16)), values).codes,
            (Codes{32767, -32767, 1, 2, -3}));
  EXPECT_EQ(QuantizedMatrix(make(Storage::UInt16), values).codes, plus(even, 32768));
}

TEST(QuantizeTest, Affine16) {
  // scale = 32767.5 / 65535 = 0.5, zero = 300; quotients -300, 65235, 0, 0.5 (tie), 1.5 (tie)
  Floats values = {-150, 32617.5f, 0, 0.25f, 0.75f};
  Codes codes = {0, 65535, 300, 300, 302};
  QuantizedMatrix matrix(make(Storage::UInt16, false), values);
  EXPECT_EQ(matrix.scales, Floats{0.5f});
  EXPECT_EQ(matrix.zeroPoints, Codes{300});
  EXPECT_EQ(matrix.codes, codes);
  EXPECT_EQ(matrix.decoded(), (Floats{-150, 32617.5f, 0, 0, 1}));
  QuantizedMatrix shifted(make(Storage::Int16, false), values);
  EXPECT_EQ(shifted.zeroPoints, Codes{300 - 32768});
  EXPECT_EQ(shifted.codes, plus(codes, -32768));
  EXPECT_EQ(shifted.decoded(), matrix.decoded());
}

TEST(QuantizeTest, AffineRangeContainsZero) {
  QuantizedMatrix positive(make(Storage::UInt4, false), {1, 4, 7.5f});
  EXPECT_EQ(positive.scales, Floats{0.5f});
  EXPECT_EQ(positive.zeroPoints, Codes{0});
  EXPECT_EQ(positive.codes, (Codes{2, 8, 15}));
  QuantizedMatrix negative(make(Storage::UInt4, false), {-7.5f, -1});
  EXPECT_EQ(negative.zeroPoints, Codes{15});
  EXPECT_EQ(negative.codes, (Codes{0, 13}));
}

TEST(QuantizeTest, NF4) {
  // Halves of the levels beside 0 are ties between 7 and 8, and between 6 and 7.
  float above = codebook(Storage::NF4)[8] / 2, below = codebook(Storage::NF4)[6] / 2;
  Floats values = {1,
                   -1,
                   0,
                   0.5f,
                   -0.6f,
                   above,
                   std::nextafter(above, 0.0f),
                   below,
                   -0.0f,
                   std::nextafter(below, 0.0f)};
  QuantizedMatrix matrix(make(Storage::NF4), values);
  EXPECT_EQ(matrix.scales, Floats{1});
  EXPECT_EQ(matrix.codes, (Codes{15, 0, 7, 12, 2, 8, 7, 6, 7, 7}));
  QuantizedMatrix doubled(make(Storage::NF4), {2, -2, 0, 1, -1.2f});
  EXPECT_EQ(doubled.scales, Floats{2});
  EXPECT_EQ(doubled.codes, (Codes{15, 0, 7, 12, 2}));
  EXPECT_EQ(doubled.decoded()[4], 2 * codebook(Storage::NF4)[2]);
}

TEST(QuantizeTest, FP4) {
  // scale = 6 / 6; all midpoints are ties.
  Floats magnitudes = {6, 0.25f, 0.75f, 1.25f, 1.75f, 2.5f, 3.5f, 5, 0.3f, 0.2f, 2, 0};
  Codes codes = {7, 0, 2, 2, 4, 4, 6, 6, 1, 0, 4, 0};
  QuantizedMatrix matrix(make(Storage::FP4), magnitudes);
  EXPECT_EQ(matrix.scales, Floats{1});
  EXPECT_EQ(matrix.codes, codes);
  for (float &value : magnitudes)
    value = -value;
  for (int64_t &code : codes)
    code = code == 0 ? 0 : code + 8; // -0 is never written
  QuantizedMatrix negative(make(Storage::FP4), magnitudes);
  EXPECT_EQ(negative.codes, codes);
  EXPECT_EQ(negative.decoded()[2], -1);
  EXPECT_EQ(QuantizedMatrix(make(Storage::FP4), {3, -0.5f}).scales, Floats{0.5f});
}

TEST(QuantizeTest, F8) {
  // scale = 448 / 448; ties 1.0625 and 1.1875, the denormals 2^-9 and (tie) 2^-10
  Floats values = {448, 1, -1, 1.0625f, 1.1875f, 0x1p-9f, 0x1p-10f, -0x1.8p-9f, 0};
  QuantizedMatrix matrix(make(Storage::F8E4M3FN), values);
  EXPECT_EQ(matrix.scales, Floats{1});
  EXPECT_EQ(matrix.codes, (Codes{0x7e, 0x38, 0xb8, 0x38, 0x3a, 1, 0, 0x82, 0}));
  EXPECT_EQ(matrix.decoded(), (Floats{448, 1, -1, 1, 1.25f, 0x1p-9f, 0, -0x1p-8f, 0}));
  EXPECT_EQ(QuantizedMatrix(make(Storage::F8E4M3FN), {-896, 3}).scales, Floats{2});
}

TEST(QuantizeTest, Downcasts) {
  Floats values = {1 + 0x1p-8f, 1 + 0x1.8p-7f, -2, 0};
  QuantizedMatrix brain(make(Storage::BF16), values);
  EXPECT_TRUE(brain.scales.empty());
  EXPECT_EQ(brain.codes, (Codes{0x3f80, 0x3f82, 0xc000, 0}));
  EXPECT_EQ(brain.decoded(), (Floats{1, 1 + 0x1p-6f, -2, 0}));
  QuantizedMatrix half(make(Storage::F16), {1 + 0x1p-11f, 65504, -0x1p-24f});
  EXPECT_EQ(half.codes, (Codes{0x3c00, 0x7bff, 0x8001}));
  EXPECT_EQ(half.decoded(), (Floats{1, 65504, -0x1p-24f}));
}

TEST(QuantizeTest, Granularities) {
  // Two rows of five.
  Floats values = {7, 3.5f, 14, -1, 0, /**/ 0.5f, -3.5f, 0, 1.75f, 28};
  Scheme scheme = make(Storage::Int4);
  QuantizedMatrix channel(scheme, values, 2);
  EXPECT_EQ(channel.scales, (Floats{2, 4}));
  EXPECT_EQ(channel.codes, (Codes{4, 2, 7, 0, 0, 0, -1, 0, 0, 7}));
  scheme.granularity = Granularity::Token;
  EXPECT_EQ(QuantizedMatrix(scheme, values, 2).codes, channel.codes);
  scheme.granularity = Granularity::Tensor;
  QuantizedMatrix tensor(scheme, values, 2);
  EXPECT_EQ(tensor.scales, Floats{4});
  EXPECT_EQ(tensor.codes, (Codes{2, 1, 4, 0, 0, 0, -1, 0, 0, 7}));
  // Groups of two, the last of one; a group that is all zero has scale 1.
  QuantizedMatrix group(grouped(scheme, 2), values, 2);
  EXPECT_EQ(group.scales, (Floats{1, 2, 1, 0.5f, 0.25f, 4}));
  EXPECT_EQ(group.codes, (Codes{7, 4, 7, 0, 0, 1, -7, 0, 7, 7}));
  Scheme tokenGroup = grouped(scheme, 2);
  tokenGroup.granularity = Granularity::TokenGroup;
  EXPECT_EQ(QuantizedMatrix(tokenGroup, values, 2).codes, group.codes);
  EXPECT_EQ(QuantizedMatrix(grouped(scheme, 100), values, 2).codes, channel.codes);
}

TEST(QuantizeTest, AffineGranularities) {
  // Two rows of three, groups of two: ranges [-1, 2], [0, 6], [-3, 0], [0, 0].
  Floats values = {-1, 2, 6, /**/ -3, 0, 0};
  QuantizedMatrix group(grouped(make(Storage::UInt2, false), 2), values, 2);
  EXPECT_EQ(group.scales, (Floats{1, 2, 1, 1}));
  EXPECT_EQ(group.zeroPoints, (Codes{1, 0, 3, 0}));
  EXPECT_EQ(group.codes, (Codes{0, 3, 3, 0, 3, 0}));
  Scheme scheme = make(Storage::UInt2, false);
  scheme.granularity = Granularity::Tensor;
  QuantizedMatrix tensor(scheme, values, 2); // range [-3, 6]
  EXPECT_EQ(tensor.scales, Floats{3});
  EXPECT_EQ(tensor.zeroPoints, Codes{1});
  EXPECT_EQ(tensor.codes, (Codes{1, 2, 3, 0, 1, 1}));
}

TEST(QuantizeTest, CodesUseTheCastScale) {
  // 1 / 127 in f16 is 1032 * 2^-17, in bf16 129 * 2^-14. 0.49998 is 63.497 of the first
  // scale in f32, 63.501 of that in f16 and 63.501 of that in bf16.
  Scheme scheme = make(Storage::Int8);
  Floats values = {1, 0.49998f};
  EXPECT_EQ(QuantizedMatrix(scheme, values).codes, (Codes{127, 63}));
  scheme.scales = FloatType::F16;
  QuantizedMatrix half(scheme, values);
  EXPECT_EQ(half.scales, Floats{1032 * 0x1p-17f});
  EXPECT_EQ(half.codes, (Codes{127, 64}));
  EXPECT_EQ(half.decoded()[1], 64 * 1032 * 0x1p-17f);
  scheme.scales = FloatType::BF16;
  QuantizedMatrix brain(scheme, values);
  EXPECT_EQ(brain.scales, Floats{129 * 0x1p-14f});
  EXPECT_EQ(brain.codes, (Codes{127, 64}));
}

TEST(QuantizeTest, DivisionAndReciprocalDiffer) {
  // scale = 1905 / 127 = 15. 37.5 / 15 is 2.5 (tie); 1 / 15 in f32 is 0.06666667014360428,
  // and 37.5 times that rounds to 2.5 + 2^-22.
  Scheme scheme = make(Storage::Int8);
  Floats values = {1905, 37.5f};
  EXPECT_EQ(QuantizedMatrix(scheme, values).codes, (Codes{127, 2}));
  scheme.division = Division::Reciprocal;
  EXPECT_EQ(QuantizedMatrix(scheme, values).codes, (Codes{127, 3}));
  // The zero point too: the width 3825 = 15 * 255 begins at -37.5.
  Scheme affine = make(Storage::UInt8, false);
  Floats wide = {-37.5f, 3787.5f};
  EXPECT_EQ(QuantizedMatrix(affine, wide).zeroPoints, Codes{2});
  affine.division = Division::Reciprocal;
  EXPECT_EQ(QuantizedMatrix(affine, wide).zeroPoints, Codes{3});
}
