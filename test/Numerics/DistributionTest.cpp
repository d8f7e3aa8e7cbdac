//===- DistributionTest.cpp - Counts, extremes, moments, bins -------------===//

#include "QLinalg/Numerics/Distribution.h"
#include "QLinalg/Numerics/Quantile.h"
#include "QuantizedMatrix.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>

using namespace qlinalg;

namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

Distribution of(const std::vector<float> &values) {
  Distribution distribution;
  distribution.update(values.data(), static_cast<int64_t>(values.size()));
  return distribution;
}

/// Mean and deviation in long double, two passes.
std::pair<double, double> momentsOf(const std::vector<float> &values) {
  long double sum = 0, squares = 0;
  for (float value : values)
    sum += value;
  long double mean = sum / static_cast<long double>(values.size());
  for (float value : values)
    squares += (value - mean) * (value - mean);
  return {static_cast<double>(mean),
          static_cast<double>(std::sqrt(squares / static_cast<long double>(values.size())))};
}

void expectSame(const Distribution &a, const Distribution &b) {
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.zeros, b.zeros);
  EXPECT_EQ(a.nans, b.nans);
  EXPECT_EQ(a.infinities, b.infinities);
  EXPECT_EQ(a.least, b.least);
  EXPECT_EQ(a.greatest, b.greatest);
  EXPECT_EQ(a.batches, b.batches);
  EXPECT_EQ(a.histogram, b.histogram);
  EXPECT_DOUBLE_EQ(a.mean(), b.mean());
  EXPECT_DOUBLE_EQ(a.deviation(), b.deviation());
}

} // namespace

TEST(HistogramTest, EdgesArePowersOfTwoAndTheirSixtyFourths) {
  EXPECT_EQ(Histogram::edge(0), 0);
  EXPECT_EQ(Histogram::edge(127 * 64), 1);
  EXPECT_EQ(Histogram::edge(127 * 64 + 1), 1 + 1.0 / 64);
  EXPECT_EQ(Histogram::edge(128 * 64), 2);
  EXPECT_EQ(Histogram::edge(Histogram::binCount), 0x1p128);
  // (edge(i), edge(i + 1)]
  EXPECT_EQ(Histogram::binOf(1), 127 * 64 - 1);
  EXPECT_EQ(Histogram::binOf(std::nextafter(1.0f, 2.0f)), 127 * 64);
  EXPECT_EQ(Histogram::binOf(-1.5f), 127 * 64 + 31);
  EXPECT_EQ(Histogram::binOf(0x1p-149f), 0);
  EXPECT_EQ(Histogram::binOf(std::numeric_limits<float>::max()), Histogram::binCount - 1);
}

TEST(HistogramTest, CountsEveryValueInItsBin) {
  std::vector<float> values = randomNormal(500, 1);
  values.insert(values.end(), {0, -0.0f, 1e30f, -1e-30f, 0x1p-149f, -3e38f});
  std::map<int32_t, int64_t> expected[2];
  for (float value : values)
    if (value != 0)
      for (int32_t bin = 0; bin < Histogram::binCount; ++bin)
        if (std::abs(value) > Histogram::edge(bin) && std::abs(value) <= Histogram::edge(bin + 1))
          ++expected[value < 0][bin];
  Distribution distribution = of(values);
  const Histogram &histogram = distribution.histogram;
  EXPECT_EQ(histogram.firstBin(), 0);
  EXPECT_EQ(histogram.bins(), Histogram::binOf(3e38f) + 1);
  for (int32_t i = 0; i < histogram.bins(); ++i) {
    int32_t bin = histogram.firstBin() + i;
    EXPECT_EQ(histogram.positive()[i], expected[0][bin]) << bin;
    EXPECT_EQ(histogram.negative()[i], expected[1][bin]) << bin;
  }
}

TEST(DistributionTest, ByHand) {
  Distribution d = of({1, -2, 0, 5, notANumber, infinity, -infinity, -0.0f});
  EXPECT_EQ(d.count, 8);
  EXPECT_EQ(d.finite(), 5);
  EXPECT_EQ(d.zeros, 2);
  EXPECT_EQ(d.nans, 1);
  EXPECT_EQ(d.infinities, 2);
  EXPECT_EQ(d.least, -2);
  EXPECT_EQ(d.greatest, 5);
  EXPECT_EQ(d.magnitude(), 5);
  EXPECT_DOUBLE_EQ(d.mean(), 0.8);                           // 4 / 5
  EXPECT_DOUBLE_EQ(d.deviation(), std::sqrt(6 - 0.8 * 0.8)); // 30 / 5 - mean^2
  EXPECT_EQ(d.batches, 0);
  d.finishBatch();
  EXPECT_EQ(d.batches, 1);
}

TEST(DistributionTest, NothingFinite) {
  for (const std::vector<float> &values :
       {std::vector<float>{}, {notANumber, notANumber}, {infinity, notANumber}}) {
    Distribution d = of(values);
    d.finishBatch();
    EXPECT_EQ(d.finite(), 0);
    EXPECT_EQ(d.batches, 0);
    EXPECT_EQ(d.mean(), 0);
    EXPECT_EQ(d.deviation(), 0);
    EXPECT_EQ(d.magnitude(), 0);
    EXPECT_EQ(d.histogram.bins(), 0);
    EXPECT_EQ(quantile(d, 0.5), 0);
  }
}

TEST(DistributionTest, NegativeZeroIsZero) {
  Distribution d = of({-0.0f});
  EXPECT_FALSE(std::signbit(d.least));
  EXPECT_FALSE(std::signbit(d.greatest));
}

// Far from 0 the squares of 1e5 values agree in their first 14 digits.
TEST(DistributionTest, MomentsFarFromZero) {
  for (float centre : {0.0f, 1.0f, 1e4f, -3e6f}) {
    std::vector<float> values = randomNormal(100003, 7);
    for (float &value : values)
      value += centre;
    auto [mean, deviation] = momentsOf(values);
    Distribution d = of(values);
    // A sum of 4096 values is off by up to some 1e-14 of them.
    EXPECT_NEAR(d.mean(), mean, 1e-13 * (std::abs(centre) + 1));
    EXPECT_NEAR(d.deviation(), deviation, 1e-12 * deviation) << centre;
  }
}

TEST(DistributionTest, MergedIsTheWhole) {
  std::vector<float> values = randomNormal(30000, 3, 100);
  for (size_t i = 0; i < values.size(); i += 100)
    values[i] = i % 300 == 0 ? notANumber : 0;
  values[12345] = 1e20f;
  Distribution whole, parts[4];
  for (int batch = 0; batch < 30; ++batch)
    for (Distribution *into : {&whole, &parts[batch % 4]}) {
      into->update(values.data() + batch * 1000, 1000);
      into->finishBatch();
    }
  Distribution forward = parts[0], backward = parts[3], nested = parts[2];
  for (int i : {1, 2, 3})
    forward.merge(parts[i]);
  for (int i : {2, 1, 0})
    backward.merge(parts[i]);
  Distribution pair = parts[0];
  pair.merge(parts[3]);
  nested.merge(pair);
  nested.merge(parts[1]);
  for (const Distribution *merged : {&forward, &backward, &nested})
    expectSame(*merged, whole);
}

TEST(DistributionTest, UnfinishedBatchesArePartsOfOne) {
  Distribution a = of({1, 2}), b = of({-3, 0.5f});
  a.merge(b);
  a.finishBatch();
  EXPECT_EQ(a.batches, 1);
  EXPECT_EQ(a.leastOfBatches.high, -3);
  EXPECT_EQ(a.greatestOfBatches.high, 2);
  a.update(std::vector<float>{10}.data(), 1);
  a.finishBatch();
  EXPECT_EQ(a.batches, 2);
  EXPECT_EQ(a.leastOfBatches.high, 7);
  EXPECT_EQ(a.greatestOfBatches.high, 12);
}

TEST(QuantileTest, WithinABinOfTheSortedValues) {
  std::vector<float> values = randomNormal(20001, 11);
  for (size_t i = 0; i < 2000; ++i)
    values[i] = 0;
  Distribution d = of(values);
  std::vector<float> sorted = values, magnitudes = values;
  std::ranges::sort(sorted);
  for (float &value : magnitudes)
    value = std::abs(value);
  std::ranges::sort(magnitudes);
  for (double fraction : {0.0, 0.001, 0.1, 0.3, 0.5, 0.7, 0.99, 0.999, 1.0}) {
    size_t place = static_cast<size_t>(fraction * 20000);
    // A bin's width, and the distance to the next value.
    double near = std::abs(sorted[std::min<size_t>(place + 2, 20000)] - sorted[place]) + 1e-3;
    EXPECT_NEAR(quantile(d, fraction), sorted[place], std::abs(sorted[place]) / 64 + near);
    EXPECT_NEAR(quantileOfMagnitude(d, fraction), magnitudes[place],
                magnitudes[place] / 64 + 1e-3 + (fraction > 0.99 ? near : 0));
  }
  EXPECT_EQ(quantile(d, 0), sorted.front());
  EXPECT_EQ(quantile(d, 1), sorted.back());
}
