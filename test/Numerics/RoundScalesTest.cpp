//===- RoundScalesTest.cpp - Scales that are codes themselves -------------===//

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/Quantize.h"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace qlinalg;

namespace {

/// What `roundScales` makes of one row, codes one an element.
struct Rounded {
  std::vector<float> scales, ofScales;
  std::vector<std::byte> codes;

  Rounded(const Scheme &scheme, std::vector<float> row)
      : scales(std::move(row)), ofScales(scaleCount(scheme, 1, scales.size())),
        codes(scales.size()) {
    int bits = bitWidth(scheme.storage);
    int64_t groups = static_cast<int64_t>(scales.size());
    std::vector<std::byte> packed(bytesPerRow(bits, groups));
    auto error = roundScales(scheme, 1, groups, scales.data(),
                             {packed.data(), reinterpret_cast<std::byte *>(ofScales.data()), {}});
    EXPECT_FALSE(error);
    unpackRows(bits, !isUnsigned(scheme.storage), 1, groups, packed.data(), codes.data());
  }
};

Scheme schemeOf(Storage storage, int64_t group) {
  Scheme scheme;
  scheme.storage = storage;
  scheme.granularity = Granularity::Group;
  scheme.group = group;
  scheme.positive = isUnsigned(storage);
  return scheme;
}

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (int value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

} // namespace

TEST(RoundScalesTest, PositiveCodesReachTheGreatest) {
  // 63 is the greatest code: the first group's step is 1, the second's 2.
  Rounded rounded(schemeOf(Storage::UInt6, 3), {63, 0.4f, 20.6f, 126, 3});
  EXPECT_EQ(rounded.ofScales, (std::vector<float>{1, 2}));
  // 0.4 would be 0; 1.5 goes to the even 2.
  EXPECT_EQ(rounded.codes, bytes({63, 1, 21, 63, 2}));
  EXPECT_EQ(rounded.scales, (std::vector<float>{63, 1, 21, 126, 4}));
}

TEST(RoundScalesTest, SymmetricCodesHoldNegativeScales) {
  Rounded rounded(schemeOf(Storage::Int6, 4), {31, -31, -7.4f, 0});
  EXPECT_EQ(rounded.ofScales, std::vector<float>{1});
  EXPECT_EQ(rounded.codes, bytes({31, -31, -7, 0}));
  EXPECT_EQ(rounded.scales, (std::vector<float>{31, -31, -7, 0}));
}

TEST(RoundScalesTest, ZerosStayZeros) {
  Rounded rounded(schemeOf(Storage::UInt8, 256), {0, 0, 0});
  EXPECT_EQ(rounded.scales, (std::vector<float>{0, 0, 0}));
}

TEST(RoundScalesTest, OneNotFiniteIsAnError) {
  Scheme scheme = schemeOf(Storage::UInt6, 2);
  std::vector<float> scales = {1, 2, 3, std::numeric_limits<float>::infinity()}, ofScales(2);
  std::vector<std::byte> codes(3);
  auto error = roundScales(scheme, 1, 4, scales.data(),
                           {codes.data(), reinterpret_cast<std::byte *>(ofScales.data()), {}});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->column, 3);
}
