//===- MSETest.cpp - The search is never worse ----------------------------===//

#include "QuantizedMatrix.h"

#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

/// Squared error of the elements that share each scale.
std::vector<double> squaredErrors(const QuantizedMatrix &matrix, const std::vector<float> &values) {
  std::vector<double> errors(matrix.scales.size());
  std::vector<float> decoded = matrix.decoded();
  for (size_t i = 0; i < values.size(); ++i) {
    double difference = static_cast<double>(decoded[i]) - values[i];
    errors[matrix.scaleOf(static_cast<int64_t>(i))] += difference * difference;
  }
  return errors;
}

Scheme make(Storage storage, int64_t group, bool symmetric) {
  Scheme scheme;
  scheme.storage = storage;
  scheme.symmetric = symmetric;
  scheme.granularity = group < 0    ? Granularity::Tensor
                       : group == 0 ? Granularity::Channel
                                    : Granularity::Group;
  scheme.group = group > 0 ? group : 0;
  return scheme;
}

} // namespace

TEST(MSETest, NoGroupIsWorseThanNearest) {
  std::vector<float> values = randomNormal(4 * 100, 3);
  values[17] = 12; // an outlier, and a group of zeros
  for (int i = 132; i < 164; ++i)
    values[i] = 0;
  for (Storage storage : allStorages)
    for (int64_t group : {-1, 0, 32})
      for (bool symmetric : {true, false})
        for (FloatType scales : {FloatType::F32, FloatType::F16}) {
          Scheme scheme = make(storage, group, symmetric);
          scheme.scales = scales;
          QuantizedMatrix nearest(scheme, values, 4);
          QuantizedMatrix mse(scheme, values, 4, Method::MSE);
          ASSERT_FALSE(mse.error.has_value());
          if (isDowncast(storage)) {
            EXPECT_EQ(mse.codes, nearest.codes);
            continue;
          }
          std::vector<double> before = squaredErrors(nearest, values);
          std::vector<double> after = squaredErrors(mse, values);
          for (size_t i = 0; i < before.size(); ++i) {
            // The sums here run in another order.
            EXPECT_LE(after[i], before[i] * (1 + 1e-12)) << name(storage) << " scale " << i;
            EXPECT_EQ(mse.scales[i], roundTo(scales, mse.scales[i]));
          }
        }
}

TEST(MSETest, OutlierIsClipped) {
  // One outlier costs 127 others their precision; giving up a part of it pays.
  std::vector<float> values = randomNormal(128, 5);
  values[40] = 8;
  for (Storage storage :
       {Storage::Int4, Storage::UInt4, Storage::Int2, Storage::UInt2, Storage::NF4, Storage::FP4})
    for (bool symmetric : {true, false})
      for (int64_t group : {-1, 0, 128}) {
        Scheme scheme = make(storage, group, symmetric);
        double before = squaredErrors(QuantizedMatrix(scheme, values), values)[0];
        double after = squaredErrors(QuantizedMatrix(scheme, values, 1, Method::MSE), values)[0];
        EXPECT_LT(after, 0.98 * before) << name(storage) << (symmetric ? "" : " affine");
      }
}

TEST(MSETest, FindsWhatAnExhaustiveSearchFinds) {
  // All scales from 0.1 to 1 of the whole range in steps of a thousandth. The search has
  // steps of a hundredth, and so may miss the least error by a little.
  Scheme scheme = make(Storage::Int4, 0, true);
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<float> values = randomNormal(64, seed);
    QuantizedMatrix matrix(scheme, values);
    double least = squaredErrors(matrix, values)[0];
    for (int step = 100; step < 1000; ++step) {
      QuantizedMatrix other = matrix;
      float scale = matrix.scales[0] * static_cast<float>(step) / 1000;
      storeFloats(FloatType::F32, &scale, 1, other.storedScales.data());
      encode(scheme, {values.data(), 1, 64}, other.storedScales.data(), nullptr,
             other.packed.data());
      least = std::min(least, squaredErrors(other, values)[0]);
    }
    double found = squaredErrors(QuantizedMatrix(scheme, values, 1, Method::MSE), values)[0];
    EXPECT_LE(found, 1.1 * least) << seed;
  }
}

TEST(MSETest, ExactValuesKeepTheScaleOfNearest) {
  std::vector<float> values = {7, -3, 0, 1};
  QuantizedMatrix matrix(make(Storage::Int4, 0, true), values, 1, Method::MSE);
  EXPECT_EQ(matrix.scales[0], 1);
  EXPECT_EQ(matrix.decoded(), values);
}

TEST(MSETest, ErrorsAreThoseOfNearest) {
  Scheme scheme = make(Storage::Int8, 0, true);
  scheme.scales = FloatType::F16;
  QuantizedMatrix matrix(scheme, {1, 1e8f}, 1, Method::MSE);
  ASSERT_TRUE(matrix.error.has_value());
  EXPECT_EQ(matrix.error->kind, QuantizeError::Kind::ScaleOverflow);
}
