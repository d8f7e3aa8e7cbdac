//===- SiteStatisticsTest.cpp - One site, one thread or several -----------===//

#include "QLinalg/Statistics/Observer.h"
#include "SomeStatistics.h"

#include <gtest/gtest.h>
#include <thread>

using namespace qlinalg;
using namespace qlinalg::test;

namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

Statistics alone(SiteStatistics site) { return {{{"site", std::move(site)}}}; }

} // namespace

TEST(SiteStatistics, ByHand) {
  SiteStatistics site(3, true);
  std::vector<float> values = {1, notANumber, -2, /**/ 3, 4, 0};
  site.update(values.data(), 2);
  site.finishBatch();
  EXPECT_EQ(site.distribution.count, 6);
  EXPECT_EQ(site.distribution.nans, 1);
  EXPECT_EQ(site.distribution.zeros, 1);
  EXPECT_DOUBLE_EQ(site.distribution.mean(), 1.2);
  EXPECT_EQ(site.channels.rows, 2);
  EXPECT_EQ(site.channels.magnitudes, (std::vector<float>{3, 4, 2}));
  // The NaN counts as 0.
  EXPECT_EQ(site.channels.squares, (std::vector<double>{10, 16, 4}));
  EXPECT_EQ(site.channels.products, (std::vector<double>{10, 12, -2, /**/ 16, 0, /**/ 4}));
}

TEST(SiteStatistics, WithoutChannelsOrRows) {
  SiteStatistics none(0), empty(4);
  none.update(nullptr, 3);
  empty.update(nullptr, 0);
  EXPECT_EQ(none.distribution.count, 0);
  EXPECT_EQ(empty.distribution.count, 0);
  EXPECT_EQ(empty.channels.rows, 0);
}

TEST(SiteStatistics, RowsMoreThanOneBlock) {
  for (bool products : {false, true}) {
    std::vector<float> values = randomRows(5000, 7, 1);
    values[20000] = notANumber;
    SiteStatistics whole(7, products), pieces(7, products);
    whole.update(values.data(), 5000);
    for (int64_t row = 0; row < 5000; row += 100)
      pieces.update(values.data() + row * 7, 100);
    expectSame(alone(whole), alone(pieces));
  }
}

TEST(Observer, SeveralThreads) {
  constexpr int64_t rows = 4000, channels = 33, threads = 4, batches = 2;
  std::vector<float> values = randomRows(rows, channels, 3);
  for (bool products : {false, true}) {
    SiteStatistics expected(channels, products), total(channels, products);
    Observer observer(channels, products);
    EXPECT_EQ(observer.prepare(threads), products ? 1 : threads);
    int64_t parts = observer.prepare(threads);
    for (int64_t batch = 0; batch < batches; ++batch) {
      expected.update(values.data(), rows);
      expected.finishBatch();
      std::vector<std::thread> workers;
      for (int64_t t = 0; t < parts; ++t)
        workers.emplace_back([&, t] {
          for (int64_t row = t * 10; row < rows; row += parts * 10)
            observer.part(t).update(values.data() + row * channels, 10);
        });
      for (std::thread &worker : workers)
        worker.join();
      observer.moveTo(total);
      // Nothing is left of it.
      observer.moveTo(total);
      observer.part(0).update(values.data(), 5);
      observer.clear();
    }
    expectSame(alone(total), alone(expected));
    EXPECT_EQ(total.distribution.batches, batches);
  }
}
