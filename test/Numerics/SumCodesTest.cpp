//===- SumCodesTest.cpp - Sums of integers along K ------------------------===//

#include "QLinalg/Numerics/SumCodes.h"

#include "QuantizedMatrix.h"

#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

std::vector<int32_t> sumsOf(const QuantizedMatrix &matrix) {
  std::vector<int32_t> sums(matrix.rows * groupsPerRow(matrix.scheme, matrix.columns));
  sumCodes(matrix.scheme, matrix.rows, matrix.columns, matrix.packed.data(),
           matrix.storedZeroPoints.empty() ? nullptr : matrix.storedZeroPoints.data(), sums.data());
  return sums;
}

} // namespace

TEST(SumCodesTest, ByHand) {
  Scheme scheme; // int8, a channel
  EXPECT_EQ(sumsOf(QuantizedMatrix(scheme, {127, -64, 32, /**/ -127, 127, 0}, 2)),
            (std::vector<int32_t>{95, 0}));
  scheme.granularity = Granularity::Group;
  scheme.group = 2;
  EXPECT_EQ(sumsOf(QuantizedMatrix(scheme, {127, -127, 127, /**/ -127, 127, 127}, 2)),
            (std::vector<int32_t>{0, 127, 0, 127}));
}

TEST(SumCodesTest, ByBruteForce) {
  std::vector<float> values = randomNormal(5 * 77, 11);
  for (Storage storage : allStorages) {
    if (!isInteger(storage))
      continue;
    for (Granularity granularity : {Granularity::Tensor, Granularity::Channel, Granularity::Group})
      for (bool symmetric : {true, false}) {
        Scheme scheme;
        scheme.storage = storage;
        scheme.granularity = granularity;
        scheme.group = granularity == Granularity::Group ? 10 : 0;
        scheme.symmetric = symmetric;
        QuantizedMatrix matrix(scheme, values, 5);
        int64_t groups = groupsPerRow(scheme, 77), group = scheme.group ? scheme.group : 77;
        std::vector<int32_t> expected(5 * groups);
        for (int64_t i = 0; i < 5 * 77; ++i) {
          int64_t zero = matrix.zeroPoints.empty() ? symmetricZeroPoint(storage)
                                                   : matrix.zeroPoints[matrix.scaleOf(i)];
          expected[i / 77 * groups + i % 77 / group] += matrix.codes[i] - zero;
        }
        EXPECT_EQ(sumsOf(matrix), expected) << std::string(name(storage));
      }
  }
}
