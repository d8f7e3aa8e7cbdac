//===- StatisticsTest.cpp - Sites of a model, merged ----------------------===//

#include "SomeStatistics.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace qlinalg;
using namespace qlinalg::test;

namespace {

std::string mergeError(const Statistics &a, const Statistics &b) {
  Statistics merged = a;
  Result<void> done = merged.merge(b);
  expectSame(merged, a);
  return done ? "no error" : done.error();
}

} // namespace

TEST(Statistics, FourRunsMergedAreOneRun) {
  Statistics whole = emptyStatistics();
  std::vector<Statistics> runs(4, emptyStatistics());
  for (unsigned seed = 0; seed < 8; ++seed) {
    addBatch(whole, seed);
    addBatch(runs[seed % 4], seed);
  }
  std::vector<size_t> order = {0, 1, 2, 3};
  do {
    Statistics merged = runs[order[0]];
    for (size_t i : {1, 2, 3})
      ASSERT_TRUE(merged.merge(runs[order[i]]));
    expectSame(merged, whole);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Statistics, SitesInAnotherOrder) {
  Statistics a = someStatistics(), b = someStatistics();
  std::ranges::reverse(b.sites);
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
  ASSERT_TRUE(a.merge(b));
  EXPECT_EQ(a.sites[0].statistics.distribution.count, 2 * 3 * 20 * 5);
}

TEST(Statistics, OtherModels) {
  Statistics statistics = someStatistics();
  Statistics without = statistics, more = statistics, wider = statistics, diagonal = statistics;
  without.sites.erase(without.sites.begin());
  EXPECT_EQ(mergeError(statistics, without),
            "expected statistics of the same model, got none of site \"a.lhs\"");
  EXPECT_EQ(mergeError(without, statistics),
            "expected statistics of the same model, got an unknown site \"a.lhs\"");
  wider.sites[0].statistics = SiteStatistics(6);
  EXPECT_EQ(mergeError(statistics, wider), "expected statistics of the same model: site \"a.lhs\": "
                                           "expected 5 channels, got 6");
  diagonal.sites[1].statistics = SiteStatistics(12);
  EXPECT_EQ(mergeError(statistics, diagonal),
            "expected statistics of the same model: site \"b \\\"\xc3\xa4\\\".lhs\": "
            "expected full moments, got diagonal");
  EXPECT_NE(statistics.fingerprint(), without.fingerprint());
  EXPECT_NE(statistics.fingerprint(), wider.fingerprint());
  EXPECT_EQ(statistics.fingerprint(), diagonal.fingerprint());
}

TEST(Statistics, OtherWeights) {
  constexpr int64_t shape = int64_t{7} << 32;
  EXPECT_EQ(mergeWeights(0, shape | 5), shape | 5);
  EXPECT_EQ(mergeWeights(shape | 5, shape), shape | 5);
  EXPECT_EQ(mergeWeights(shape | 5, shape | 6), std::nullopt);
  EXPECT_EQ(mergeWeights(shape | 5, (shape << 1) | 5), std::nullopt);
  Statistics a = someStatistics(), b = someStatistics();
  b.sites[1].weight = shape | 5;
  ASSERT_TRUE(a.merge(b));
  EXPECT_EQ(a.sites[1].weight, shape | 5);
  b.sites[1].weight = shape | 6;
  EXPECT_EQ(mergeError(a, b),
            "expected statistics of the same model: site \"b \\\"\xc3\xa4\\\".lhs\": "
            "expected values that meet the same weight, got those of another");
}

TEST(Statistics, Find) {
  Statistics statistics = someStatistics();
  EXPECT_EQ(statistics.find("never"), &statistics.sites[2]);
  EXPECT_EQ(statistics.find("other"), nullptr);
}

TEST(Statistics, Fingerprint) {
  // FNV-1a by hand in Python: of b"a.lhs\0" b"5\n".
  Statistics one;
  one.sites.push_back({"a.lhs", SiteStatistics(5)});
  EXPECT_EQ(one.fingerprint(), "a3116b6a2f136c4a");
}
