//===- BoundTest.cpp - The greatest sum of absolute codes -----------------===//

#include "QuantizedMatrix.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

int64_t bound(const QuantizedMatrix &matrix, int64_t run) {
  return largestAbsoluteSum(matrix.scheme, matrix.rows, matrix.columns, run, matrix.packed.data(),
                            matrix.storedZeroPoints.data());
}

int64_t byBruteForce(const QuantizedMatrix &matrix, int64_t run) {
  int64_t largest = 0, length = run == 0 ? matrix.columns : run;
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t first = 0; first < matrix.columns; first += length) {
      int64_t sum = 0;
      for (int64_t column = first; column < std::min(first + length, matrix.columns); ++column) {
        int64_t i = row * matrix.columns + column;
        int64_t zeroPoint = matrix.zeroPoints.empty() ? symmetricZeroPoint(matrix.scheme.storage)
                                                      : matrix.zeroPoints[matrix.scaleOf(i)];
        sum += std::abs(matrix.codes[i] - zeroPoint);
      }
      largest = std::max(largest, sum);
    }
  return largest;
}

} // namespace

TEST(BoundTest, ByHand) {
  Scheme scheme; // int8, a channel; codes 127 -64 32 and -127 127 0
  QuantizedMatrix matrix(scheme, {127, -64, 32, /**/ -127, 127, 0}, 2);
  EXPECT_EQ(bound(matrix, 0), 254);
  EXPECT_EQ(bound(matrix, 1), 127);
  EXPECT_EQ(bound(matrix, 2), 254);
}

TEST(BoundTest, UnsignedDistanceReaches255) {
  Scheme scheme;
  scheme.storage = Storage::UInt8;
  scheme.symmetric = false;
  EXPECT_EQ(bound(QuantizedMatrix(scheme, {255, 255}), 0), 510); // zero point 0
  EXPECT_EQ(bound(QuantizedMatrix(scheme, {-255, 0}), 0), 255);  // zero point 255
}

TEST(BoundTest, DistancesOf16Bits) {
  Scheme scheme;
  scheme.storage = Storage::UInt16;
  scheme.symmetric = false;
  EXPECT_EQ(bound(QuantizedMatrix(scheme, {65535, 65535}), 0), 131070); // zero point 0
  EXPECT_EQ(bound(QuantizedMatrix(scheme, std::vector<float>(70000, -65535.0f)), 0),
            int64_t{65535} * 70000); // zero point 65535
}

TEST(BoundTest, ByBruteForce) {
  std::vector<float> values = randomNormal(5 * 77, 9);
  for (Storage storage : allStorages) {
    if (!isInteger(storage))
      continue;
    for (int64_t group : {-1, 0, 10, 32})
      for (bool symmetric : {true, false}) {
        Scheme scheme;
        scheme.storage = storage;
        scheme.symmetric = symmetric;
        scheme.granularity = group < 0    ? Granularity::Tensor
                             : group == 0 ? Granularity::Channel
                                          : Granularity::Group;
        scheme.group = group > 0 ? group : 0;
        QuantizedMatrix matrix(scheme, values, 5);
        for (int64_t run : {0, 1, 16, 32, 50, 100})
          EXPECT_EQ(bound(matrix, run), byBruteForce(matrix, run))
              << name(storage) << " group " << group << " run " << run;
      }
  }
}

TEST(BoundTest, NoElements) {
  QuantizedMatrix matrix(Scheme{}, {}, 2);
  EXPECT_EQ(bound(matrix, 0), 0);
  EXPECT_EQ(bound(matrix, 16), 0);
}

TEST(BoundTest, PairsByHand) {
  std::vector<int8_t> codes = {1, -2, 3, -128, 127, /**/ -127, -1, 0, 100, 28};
  auto *bytes = reinterpret_cast<const std::byte *>(codes.data());
  EXPECT_EQ(largestAbsolutePair(2, 5, bytes), 131);     // 3 and -128
  EXPECT_EQ(largestAbsolutePair(1, 10, bytes), 254);    // 127 and -127
  EXPECT_EQ(largestAbsolutePair(1, 3, bytes), 3);       // 1 and -2, then 3 alone
  EXPECT_EQ(largestAbsolutePair(1, 4, bytes + 6), 128); // -1 and 0, 100 and 28
}
