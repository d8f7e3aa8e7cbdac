//===- CalibrationTest.cpp - What a compiled module's sites saw -----------===//
//
// A module by hand: its function is one of this program, which calls the run time as compiled code
// does.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Runtime/Calibration.h"
#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Runtime/Invoke.h"
#include "QLinalg/Runtime/Load.h"
#include "QLinalg/Statistics/StatisticsFile.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <functional>
#include <omp.h>
#include <thread>

using namespace qlinalg;

namespace {

/// An unranked memref as compiled code passes it.
struct Memref {
  Memref(const void *data, std::vector<int64_t> sizes, std::vector<int64_t> strides,
         int64_t offset = 0)
      : rank(static_cast<int64_t>(sizes.size())),
        words{0, reinterpret_cast<int64_t>(data), offset} {
    words.insert(words.end(), sizes.begin(), sizes.end());
    words.insert(words.end(), strides.begin(), strides.end());
  }
  int64_t rank;
  std::vector<int64_t> words;
};

/// What the function of the module does.
thread_local std::function<void()> body;

class Calibration : public testing::Test {
protected:
  /// Two names of one observer, then one with all products.
  static constexpr SiteEntry sites[] = {{"a", 3, 0, 0, 0}, {"b", 3, 0, 0, 0}, {"c", 2, 1, 1, 0}};
  ModuleDescriptor module{nullptr, 0, nullptr, nullptr, sites, 3};
  FunctionSignature signature{"f", &module, [](void **) { body(); }, 0, nullptr, 0, nullptr};

  void SetUp() override { ASSERT_TRUE(static_cast<bool>(ensureLoaded(module))); }
  void TearDown() override { unloadParameters(module); }

  std::optional<CallError> call(std::function<void()> what) {
    body = std::move(what);
    return invoke(signature, {}, {});
  }
  SiteStatistics at(const char *name) { return collectedStatistics(module).find(name)->statistics; }
};

void expectSeen(const SiteStatistics &site, std::vector<float> magnitudes,
                std::vector<double> squares, int64_t rows) {
  EXPECT_EQ(site.channels.rows, rows);
  EXPECT_EQ(site.channels.magnitudes, magnitudes);
  EXPECT_EQ(site.channels.squares, squares);
}

// The rows 1 2 3 / 4 5 6, wherever they stand.
const std::vector<float> magnitudes = {4, 5, 6};
const std::vector<double> squares = {17, 29, 45};

TEST_F(Calibration, NamesOfOneObserver) {
  float values[] = {1, 2, 3, 4, 5, 6};
  Memref rows(values, {2, 3}, {3, 1});
  EXPECT_FALSE(call([&] { qlinalg_rt_record_f32(0, 1, rows.rank, rows.words.data()); }));
  Statistics seen = collectedStatistics(module);
  ASSERT_EQ(seen.sites.size(), 3u);
  for (int i : {0, 1}) {
    expectSeen(seen.sites[i].statistics, magnitudes, squares, 2);
    EXPECT_EQ(seen.sites[i].statistics.distribution.batches, 1);
    EXPECT_EQ(seen.sites[i].statistics.distribution.greatest, 6);
  }
  EXPECT_EQ(seen.sites[2].name, "c");
  EXPECT_EQ(seen.sites[2].statistics.distribution.count, 0);
  EXPECT_TRUE(seen.sites[2].statistics.channels.hasProducts());
}

TEST_F(Calibration, Strides) {
  // Columns, every second element, and backwards from the end.
  float columns[] = {1, 4, 2, 5, 3, 6}, spread[] = {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0};
  float backwards[] = {6, 5, 4, 3, 2, 1}, padded[] = {9, 1, 2, 3, 9, 4, 5, 6};
  Memref views[] = {{columns, {2, 3}, {1, 2}},
                    {spread, {2, 3}, {6, 2}},
                    {backwards, {2, 3}, {-3, -1}, 5},
                    {padded, {2, 3}, {4, 1}, 1},
                    {columns, {2, 1, 3}, {1, 77, 2}}};
  for (Memref &view : views) {
    SetUp();
    EXPECT_FALSE(call([&] { qlinalg_rt_record_f32(0, 1, view.rank, view.words.data()); }));
    expectSeen(at("a"), magnitudes, squares, 2);
    TearDown();
  }
  SetUp();
}

TEST_F(Calibration, RowsAndChannelsOfSeveralDimensions) {
  // [2, 2, 2, 1]: four rows of two channels, of which the first has the greater stride.
  float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
  Memref view(values, {2, 2, 2, 1}, {4, 1, 2, 1});
  EXPECT_FALSE(call([&] { qlinalg_rt_record_f32(1, 2, view.rank, view.words.data()); }));
  // Channel 0: 1 2 5 6, channel 1: 3 4 7 8.
  expectSeen(at("c"), {6, 8}, {66, 138}, 4);
  EXPECT_EQ(at("c").channels.products,
            (std::vector<double>{66, 1 * 3 + 2 * 4 + 5 * 7 + 6 * 8, 138}));
}

TEST_F(Calibration, ElementTypes) {
  double wide[] = {1, 2, 3, 4, 5, 6};
  uint16_t half[6], brain[6];
  for (int i = 0; i < 6; ++i) {
    half[i] = toF16(static_cast<float>(i + 1));
    brain[i] = toBF16(static_cast<float>(i + 1));
  }
  Memref f64(wide, {2, 3}, {3, 1}), f16(half, {2, 3}, {3, 1}), bf16(brain, {2, 3}, {3, 1});
  // Columns first.
  Memref turned(half, {3, 2}, {1, 3});
  EXPECT_FALSE(call([&] { qlinalg_rt_record_f64(0, 1, 2, f64.words.data()); }));
  expectSeen(at("a"), magnitudes, squares, 2);
  EXPECT_FALSE(call([&] { qlinalg_rt_record_f16(0, 1, 2, f16.words.data()); }));
  EXPECT_FALSE(call([&] { qlinalg_rt_record_bf16(0, 1, 2, bf16.words.data()); }));
  expectSeen(at("a"), magnitudes, {3 * 17, 3 * 29, 3 * 45}, 6);
  EXPECT_FALSE(call([&] { qlinalg_rt_record_f16(1, 1, 2, turned.words.data()); }));
  expectSeen(at("c"), {3, 6}, {14, 77}, 3);
}

TEST_F(Calibration, NothingToSee) {
  float value = 0;
  Memref none(&value, {0, 3}, {3, 1});
  EXPECT_FALSE(call([&] { qlinalg_rt_record_f32(0, 1, 2, none.words.data()); }));
  EXPECT_EQ(at("a").distribution.count, 0);
  // Outside of a call.
  Memref rows(&value, {1, 1}, {1, 1});
  qlinalg_rt_record_f32(0, 1, 2, rows.words.data());
  EXPECT_EQ(at("a").distribution.count, 0);
}

TEST_F(Calibration, AFailedCallLeavesNothing) {
  float values[] = {1, 2, 3, 4, 5, 6}, large[] = {1e30f, 1, 1};
  Memref rows(values, {2, 3}, {3, 1}), dropped(large, {1, 3}, {3, 1});
  auto fail = [&] {
    qlinalg_rt_record_f32(0, 1, 2, dropped.words.data());
    qlinalg_rt_assert_fail("no");
  };
  EXPECT_EQ(call(fail)->message, "no");
  EXPECT_FALSE(call([&] { qlinalg_rt_record_f32(0, 1, 2, rows.words.data()); }));
  EXPECT_EQ(call(fail)->message, "no");
  expectSeen(at("a"), magnitudes, squares, 2);
  EXPECT_EQ(at("a").distribution.count, 6);
  EXPECT_EQ(at("a").distribution.batches, 1);
  EXPECT_LT(at("a").distribution.histogram.bins(), 200);
}

TEST_F(Calibration, ThreadsAndCallers) {
  // As many rows as are divided among threads; sums of small integers are exact in any order.
  constexpr int64_t rows = 30001, callers = 4, calls = 5;
  std::vector<float> values(rows * 3);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i % 7);
  SiteStatistics expected(3);
  for (int64_t i = 0; i < callers * calls; ++i) {
    expected.update(values.data(), rows);
    expected.finishBatch();
  }
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < callers; ++i)
    threads.emplace_back([&] {
      omp_set_num_threads(3);
      Memref view(values.data(), {rows, 3}, {3, 1});
      for (int64_t j = 0; j < calls; ++j)
        EXPECT_FALSE(call([&] { qlinalg_rt_record_f32(0, 1, 2, view.words.data()); }));
    });
  for (std::thread &thread : threads)
    thread.join();
  SiteStatistics seen = at("a");
  expectSeen(seen, {6, 6, 6}, expected.channels.squares, expected.channels.rows);
  EXPECT_EQ(seen.distribution.count, expected.distribution.count);
  EXPECT_EQ(seen.distribution.zeros, expected.distribution.zeros);
  EXPECT_EQ(seen.distribution.batches, callers * calls);
  EXPECT_EQ(seen.distribution.histogram, expected.distribution.histogram);
}

TEST_F(Calibration, WritesOnce) {
  float values[] = {1, 2, 3, 4, 5, 6};
  Memref rows(values, {2, 3}, {3, 1});
  auto record = [&] { qlinalg_rt_record_f32(0, 1, 2, rows.words.data()); };
  std::string path = testing::TempDir() + "calibration.stats";
  std::filesystem::remove(path);
  EXPECT_FALSE(call(record));
  // Where nothing can be written, nothing is lost.
  EXPECT_FALSE(static_cast<bool>(writeCollectedStatistics(module, "/nowhere/calibration.stats")));
  ASSERT_TRUE(static_cast<bool>(writeCollectedStatistics(module, path)));
  expectSeen(readStatistics(path)->find("b")->statistics, magnitudes, squares, 2);
  // What was written is not counted again.
  ASSERT_TRUE(static_cast<bool>(writeCollectedStatistics(module, path)));
  EXPECT_FALSE(call(record));
  ASSERT_TRUE(static_cast<bool>(writeCollectedStatistics(module, path)));
  SiteStatistics seen = readStatistics(path)->find("a")->statistics;
  expectSeen(seen, magnitudes, {2 * 17, 2 * 29, 2 * 45}, 4);
  EXPECT_EQ(seen.distribution.batches, 2);
}

TEST(CalibrationBefore, TheFirstCallSitesAreThere) {
  constexpr SiteEntry site{"only", 5, 0, 0, 0};
  ModuleDescriptor module{nullptr, 0, nullptr, nullptr, &site, 1};
  Statistics seen = collectedStatistics(module);
  ASSERT_EQ(seen.sites.size(), 1u);
  EXPECT_EQ(seen.sites[0].name, "only");
  EXPECT_EQ(seen.sites[0].statistics.channels.channels(), 5);
}

} // namespace
