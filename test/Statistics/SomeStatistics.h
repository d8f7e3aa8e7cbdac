//===- SomeStatistics.h - Statistics of made-up data ------------*- C++ -*-===//

#ifndef QLINALG_TEST_STATISTICS_SOMESTATISTICS_H
#define QLINALG_TEST_STATISTICS_SOMESTATISTICS_H

#include "QLinalg/Statistics/Statistics.h"

#include <gtest/gtest.h>
#include <random>

namespace qlinalg::test {

inline std::vector<float> randomRows(int64_t rows, int64_t channels, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.25f, 3);
  std::vector<float> values(static_cast<size_t>(rows * channels));
  for (float &value : values)
    value = normal(generator);
  return values;
}

/// Two sites that see batches of rows, and one that sees nothing.
inline Statistics emptyStatistics() {
  Statistics statistics;
  statistics.sites.push_back({"a.lhs", SiteStatistics(5)});
  statistics.sites.push_back({"b \"\xc3\xa4\".lhs", SiteStatistics(12, true)});
  statistics.sites.push_back({"never", SiteStatistics(3)});
  return statistics;
}

inline void addBatch(Statistics &statistics, unsigned seed) {
  for (size_t i : {0, 1}) {
    SiteStatistics &site = statistics.sites[i].statistics;
    std::vector<float> values = randomRows(20, site.channels.channels(), seed * 2 + i);
    values[3] = 0;
    values[4] = std::numeric_limits<float>::quiet_NaN();
    site.update(values.data(), 20);
    site.finishBatch();
  }
}

inline Statistics someStatistics() {
  Statistics statistics = emptyStatistics();
  for (unsigned seed : {1, 2, 3})
    addBatch(statistics, seed);
  return statistics;
}

/// Exactly for counts, extremes and bins, to 1e-12 for moments.
inline void expectSame(const Statistics &a, const Statistics &b) {
  ASSERT_EQ(a.sites.size(), b.sites.size());
  auto isNear = [](double x, double y, double size) { EXPECT_NEAR(x, y, 1e-12 * size); };
  for (size_t i = 0; i < a.sites.size(); ++i) {
    EXPECT_EQ(a.sites[i].name, b.sites[i].name);
    const SiteStatistics &x = a.sites[i].statistics, &y = b.sites[i].statistics;
    const Distribution &v = x.distribution, &w = y.distribution;
    EXPECT_EQ(std::tuple(v.count, v.zeros, v.nans, v.infinities, v.least, v.greatest, v.batches),
              std::tuple(w.count, w.zeros, w.nans, w.infinities, w.least, w.greatest, w.batches));
    EXPECT_EQ(v.histogram, w.histogram);
    EXPECT_EQ(std::tuple(x.channels.rows, x.channels.magnitudes),
              std::tuple(y.channels.rows, y.channels.magnitudes));
    isNear(v.mean(), w.mean(), std::abs(w.mean()));
    isNear(v.deviation(), w.deviation(), w.deviation());
    isNear(v.leastOfBatches.high, w.leastOfBatches.high, std::abs(w.leastOfBatches.high));
    isNear(v.greatestOfBatches.high, w.greatestOfBatches.high, w.greatestOfBatches.high);
    for (size_t k = 0; k < x.channels.squares.size(); ++k)
      isNear(x.channels.squares[k], y.channels.squares[k], y.channels.squares[k]);
    ASSERT_EQ(x.channels.products.size(), y.channels.products.size());
    // Products cancel: what they are measured by is the squares.
    for (size_t k = 0; k < x.channels.products.size(); ++k)
      isNear(x.channels.products[k], y.channels.products[k], y.channels.squares[0]);
  }
}

} // namespace qlinalg::test

#endif // QLINALG_TEST_STATISTICS_SOMESTATISTICS_H
