//===- FloatTest.cpp - Conversions, exhaustively --------------------------===//
//
// Decoding is compared with ldexp for every code. Encoding is monotone, so it
// is right everywhere if it is right at every number, at every midpoint of two
// neighbours, and at the two f32 beside each midpoint.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Float.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace qlinalg;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

struct Format {
  int exponentBits, mantissaBits, bias;
  bool hasInfinity;

  uint32_t signBit() const { return 1u << (exponentBits + mantissaBits); }
  /// Codes below are finite and positive.
  uint32_t beyondFinite() const {
    uint32_t all = signBit() - 1;
    return hasInfinity ? all - ((1u << mantissaBits) - 1) : all;
  }
  double magnitude(uint32_t code) const {
    int exponent = static_cast<int>(code >> mantissaBits);
    int mantissa = static_cast<int>(code & ((1u << mantissaBits) - 1));
    int scale = (exponent == 0 ? 1 : exponent) - bias - mantissaBits;
    return std::ldexp(exponent == 0 ? mantissa : mantissa + (1 << mantissaBits), scale);
  }
};

constexpr Format f16{5, 10, 15, true}, bf16{8, 7, 127, true}, f8{4, 3, 7, false};

template <typename Decode> void checkDecode(const Format &format, Decode decode) {
  for (uint32_t code = 0; code < format.beyondFinite(); ++code) {
    ASSERT_EQ(decode(code), format.magnitude(code)) << code;
    float negative = decode(code | format.signBit());
    ASSERT_EQ(negative, -format.magnitude(code)) << code;
    ASSERT_TRUE(std::signbit(negative)) << code;
  }
  for (uint32_t code = format.beyondFinite(); code < format.signBit(); ++code) {
    if (format.hasInfinity && code == format.beyondFinite()) {
      ASSERT_EQ(decode(code), infinity);
      ASSERT_EQ(decode(code | format.signBit()), -infinity);
      continue;
    }
    ASSERT_TRUE(std::isnan(decode(code))) << code;
    ASSERT_TRUE(std::isnan(decode(code | format.signBit()))) << code;
  }
}

template <typename Encode> void checkEncode(const Format &format, Encode encode) {
  auto expect = [&](float value, uint32_t code) {
    ASSERT_EQ(encode(value), code) << value;
    ASSERT_EQ(encode(-value), code | format.signBit()) << -value;
  };
  for (uint32_t code = 0; code < format.beyondFinite(); ++code) {
    expect(static_cast<float>(format.magnitude(code)), code);
    if (code + 1 == format.beyondFinite())
      break;
    float midpoint = static_cast<float>((format.magnitude(code) + format.magnitude(code + 1)) / 2);
    expect(midpoint, code % 2 == 0 ? code : code + 1);
    expect(std::nextafter(midpoint, 0.0f), code);
    expect(std::nextafter(midpoint, infinity), code + 1);
  }
}

} // namespace

TEST(FloatTest, DecodeF16) { checkDecode(f16, fromF16); }
TEST(FloatTest, DecodeBF16) { checkDecode(bf16, fromBF16); }
TEST(FloatTest, DecodeF8) { checkDecode(f8, fromF8E4M3FN); }
TEST(FloatTest, EncodeF16) { checkEncode(f16, toF16); }
TEST(FloatTest, EncodeBF16) { checkEncode(bf16, toBF16); }
TEST(FloatTest, EncodeF8) { checkEncode(f8, toF8E4M3FN); }

TEST(FloatTest, BeyondTheGreatest) {
  EXPECT_EQ(toF16(65504.0f), 0x7bff);
  EXPECT_EQ(toF16(std::nextafter(65520.0f, 0.0f)), 0x7bff);
  EXPECT_EQ(toF16(65520.0f), 0x7c00);
  EXPECT_EQ(toF16(-1e30f), 0xfc00);
  EXPECT_EQ(toF16(infinity), 0x7c00);
  EXPECT_EQ(toBF16(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(toBF16(-infinity), 0xff80);
  EXPECT_EQ(toF8E4M3FN(448.0f), 0x7e);
  EXPECT_EQ(toF8E4M3FN(464.0f), 0x7e);
  EXPECT_EQ(toF8E4M3FN(1e30f), 0x7e);
  EXPECT_EQ(toF8E4M3FN(-infinity), 0xfe);
}

TEST(FloatTest, NaNStaysNaN) {
  for (uint32_t bits : {0x7f800001u, 0x7fc00000u, 0x7fffffffu, 0xff800001u, 0xffffffffu}) {
    float nan = std::bit_cast<float>(bits);
    EXPECT_TRUE(std::isnan(fromF16(toF16(nan)))) << bits;
    EXPECT_TRUE(std::isnan(fromBF16(toBF16(nan)))) << bits;
    EXPECT_TRUE(std::isnan(fromF8E4M3FN(toF8E4M3FN(nan)))) << bits;
  }
}

TEST(FloatTest, ArraysWithoutAlignment) {
  std::vector<float> values;
  for (int i = -20; i < 21; ++i)
    values.push_back(0.37f * static_cast<float>(i));
  int64_t count = static_cast<int64_t>(values.size());
  for (FloatType type : {FloatType::F64, FloatType::F32, FloatType::F16, FloatType::BF16}) {
    std::vector<std::byte> bytes(count * byteWidth(type) + 1);
    std::vector<float> back(values.size());
    storeFloats(type, values.data(), count, bytes.data() + 1);
    loadFloats(type, bytes.data() + 1, count, back.data());
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(back[i], roundTo(type, values[i]));
  }
}

TEST(FloatTest, ArraysAgreeWithSingleNumbers) {
  std::vector<float> values, back;
  for (uint32_t bits = 0; bits < 0xfff00000u; bits += 0x000fedcbu)
    values.push_back(std::bit_cast<float>(bits));
  int64_t count = static_cast<int64_t>(values.size());
  std::vector<uint16_t> halves(values.size()), brains(values.size());
  storeFloats(FloatType::F16, values.data(), count, reinterpret_cast<std::byte *>(halves.data()));
  storeFloats(FloatType::BF16, values.data(), count, reinterpret_cast<std::byte *>(brains.data()));
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(halves[i], toF16(values[i])) << values[i];
    ASSERT_EQ(brains[i], toBF16(values[i])) << values[i];
  }
}

TEST(FloatTest, F64IsRoundedToNearestEven) {
  double values[] = {1 + std::ldexp(1.0, -24), 1 + std::ldexp(3.0, -24), 1e300, 0.1};
  float expected[] = {1.0f, 1 + std::ldexp(1.0f, -22), infinity, 0.1f};
  float loaded[4];
  loadFloats(FloatType::F64, reinterpret_cast<const std::byte *>(values), 4, loaded);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(loaded[i], expected[i]);
}

TEST(FloatTest, EndsOfTypes) {
  EXPECT_EQ(smallestPositive(FloatType::F32), std::ldexp(1.0f, -149));
  EXPECT_EQ(smallestPositive(FloatType::F16), std::ldexp(1.0f, -24));
  EXPECT_EQ(smallestPositive(FloatType::BF16), std::ldexp(1.0f, -133));
  EXPECT_EQ(largestFinite(FloatType::F32), std::numeric_limits<float>::max());
  EXPECT_EQ(largestFinite(FloatType::F16), 65504.0f);
  EXPECT_EQ(largestFinite(FloatType::BF16), std::ldexp(255.0f, 120));
}

TEST(FloatTest, RoundTo) {
  EXPECT_EQ(roundTo(FloatType::F32, 0.1f), 0.1f);
  EXPECT_EQ(roundTo(FloatType::F16, 0.1f), 0.0999755859375f);
  EXPECT_EQ(roundTo(FloatType::BF16, 0.1f), 0.10009765625f);
}
