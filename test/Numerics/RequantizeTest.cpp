//===- RequantizeTest.cpp - Multiplier and shift by hand ------------------===//
//
// requantize.test compares with Python's integers around every tie.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Requantize.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace qlinalg;

namespace {

constexpr int32_t least = std::numeric_limits<int32_t>::min();
constexpr int32_t greatest = std::numeric_limits<int32_t>::max();

FixedPointScale fixed(double scale) { return *toFixedPoint(scale); }

} // namespace

TEST(RequantizeTest, FixedPoint) {
  EXPECT_EQ(fixed(1), (FixedPointScale{1 << 30, 1}));
  EXPECT_EQ(fixed(0.5), (FixedPointScale{1 << 30, 0}));
  EXPECT_EQ(fixed(0.75), (FixedPointScale{3 << 29, 0}));
  EXPECT_EQ(fixed(3), (FixedPointScale{3 << 29, 2}));
  EXPECT_EQ(fixed(0), (FixedPointScale{0, 0}));
  // 0.1 * 2^34 = 1717986918.4
  EXPECT_EQ(fixed(0.1), (FixedPointScale{1717986918, -3}));
  // Rounds up to the next power of two.
  EXPECT_EQ(fixed(1 - 0x1p-40), (FixedPointScale{1 << 30, 1}));
  EXPECT_EQ(fixed(0x1p-32), (FixedPointScale{1 << 30, -31}));
  EXPECT_EQ(fixed(0x1p-33), (FixedPointScale{0, 0}));
  EXPECT_EQ(fixed(0x1p29), (FixedPointScale{1 << 30, 30}));
  for (double wrong : {-1.0, 0x1p30, 0x1p30 - 0x1p-10, std::nan(""), HUGE_VAL})
    EXPECT_FALSE(toFixedPoint(wrong).has_value()) << wrong;
}

TEST(RequantizeTest, Ties) {
  struct Case {
    int32_t sum, up, even, away, twice;
  };
  // A quarter: halves lie at 2, 6, 10 modulo 4. The two roundings shift by -1: first sum / 2.
  for (auto [sum, up, even, away, twice] :
       {Case{2, 1, 0, 1, 1},
        {6, 2, 2, 2, 2},
        {10, 3, 2, 3, 3},
        {-2, 0, 0, -1, -1},
        {-6, -1, -2, -2, -2},
        {-10, -2, -2, -3, -3},
        {3, 1, 1, 1, 1},
        {-3, -1, -1, -1, -1},
        // 1 / 2 goes up to 1, and then 1 / 2 to 1; -1 / 2 up to 0.
        {1, 0, 0, 0, 1},
        {-1, 0, 0, 0, 0}}) {
    FixedPointScale scale = fixed(0.25);
    EXPECT_EQ(requantizeExactly(sum, scale, TieRounding::Up), up) << sum;
    EXPECT_EQ(requantizeExactly(sum, scale, TieRounding::Even), even) << sum;
    EXPECT_EQ(requantizeExactly(sum, scale, TieRounding::Away), away) << sum;
    EXPECT_EQ(requantizeTwice(sum, scale), twice) << sum;
  }
}

TEST(RequantizeTest, Saturation) {
  FixedPointScale four = fixed(4);
  for (TieRounding ties : {TieRounding::Up, TieRounding::Even, TieRounding::Away}) {
    EXPECT_EQ(requantizeExactly(greatest, four, ties), greatest);
    EXPECT_EQ(requantizeExactly(least, four, ties), least);
    EXPECT_EQ(requantizeExactly(greatest, fixed(1), ties), greatest);
    EXPECT_EQ(requantizeExactly(least, fixed(1), ties), least);
    EXPECT_EQ(requantizeExactly(least, fixed(0), ties), 0);
    // -2^31 * 2^-32 is a tie.
    EXPECT_EQ(requantizeExactly(least, fixed(0x1p-32), ties), ties == TieRounding::Away ? -1 : 0);
  }
  // 4 is 2^30 * 2^(3 - 31): sum * 8 saturates, then half of it is taken.
  EXPECT_EQ(requantizeTwice(greatest, four), 1 << 30);
  EXPECT_EQ(requantizeTwice(1000, four), 4000);
}

TEST(RequantizeTest, Rows) {
  std::vector<int32_t> sums = {0, 1, -1, 100, -100, 1000, -1000, greatest, least, 12345, -777, 63};
  std::vector<FixedPointScale> scales;
  for (size_t i = 0; i < sums.size(); ++i)
    scales.push_back(fixed(0.01 * static_cast<double>(i + 1)));
  for (bool twice : {true, false})
    for (TieRounding ties : {TieRounding::Up, TieRounding::Even, TieRounding::Away})
      for (bool each : {true, false})
        for (auto [zero, low, high] :
             {std::tuple(0, -128, 127), {-5, -128, 127}, {128, 0, 255}, {10, 10, 255}}) {
          std::vector<uint8_t> codes(sums.size());
          requantize({twice, ties, zero, low, high}, sums.data(), static_cast<int64_t>(sums.size()),
                     scales.data(), each, codes.data());
          for (size_t i = 0; i < sums.size(); ++i) {
            FixedPointScale scale = scales[each ? i : 0];
            int64_t code =
                twice ? requantizeTwice(sums[i], scale) : requantizeExactly(sums[i], scale, ties);
            code = std::min<int64_t>(std::max<int64_t>(code + zero, low), high);
            EXPECT_EQ(codes[i], static_cast<uint8_t>(code));
          }
        }
}
