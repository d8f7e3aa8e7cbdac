//===- CodebookTest.cpp - The levels against their sources ----------------===//

#include "QLinalg/Numerics/Codebook.h"

#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>

using namespace qlinalg;

// The digits as appendix E of arXiv 2305.14314 prints them.
TEST(CodebookTest, NF4IsThePapersTable) {
  const char *printed[16] = {"-1.0",
                             "-0.6961928009986877",
                             "-0.5250730514526367",
                             "-0.39491748809814453",
                             "-0.28444138169288635",
                             "-0.18477343022823334",
                             "-0.09105003625154495",
                             "0.0",
                             "0.07958029955625534",
                             "0.16093020141124725",
                             "0.24611230194568634",
                             "0.33791524171829224",
                             "0.44070982933044434",
                             "0.5626170039176941",
                             "0.7229568362236023",
                             "1.0"};
  ASSERT_EQ(codebook(Storage::NF4).size(), 16u);
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(codebook(Storage::NF4)[i], std::strtof(printed[i], nullptr)) << i;
}

// E2M1: one sign bit, two exponent bits of bias 1, one mantissa bit.
TEST(CodebookTest, FP4IsE2M1) {
  ASSERT_EQ(codebook(Storage::FP4).size(), 16u);
  for (int code = 0; code < 16; ++code) {
    int exponent = (code >> 1) & 3, mantissa = code & 1;
    double magnitude =
        exponent == 0 ? std::ldexp(mantissa, -1) : std::ldexp(2 + mantissa, exponent - 2);
    float level = codebook(Storage::FP4)[code];
    EXPECT_EQ(std::abs(level), magnitude) << code;
    EXPECT_EQ(std::signbit(level), code >= 8) << code;
  }
}

TEST(CodebookTest, OthersHaveNone) {
  EXPECT_TRUE(codebook(Storage::Int8).empty());
  EXPECT_TRUE(codebook(Storage::F8E4M3FN).empty());
}

TEST(CodebookTest, LargestLevels) {
  EXPECT_EQ(largestLevel(Storage::NF4), 1);
  EXPECT_EQ(largestLevel(Storage::FP4), 6);
  EXPECT_EQ(largestLevel(Storage::F8E4M3FN), 448);
  EXPECT_EQ(largestLevel(Storage::Int8), 127);
  EXPECT_EQ(largestLevel(Storage::UInt8), 127);
  EXPECT_EQ(largestLevel(Storage::Int4), 7);
  EXPECT_EQ(largestLevel(Storage::UInt4), 7);
  EXPECT_EQ(largestLevel(Storage::Int2), 1);
  EXPECT_EQ(largestLevel(Storage::UInt2), 1);
  EXPECT_EQ(largestLevel(Storage::Int16), 32767);
  EXPECT_EQ(largestLevel(Storage::UInt16), 32767);
}
