#include "QLinalg/Runtime/Blocks.h"
#include "QLinalg/Runtime/Invoke.h"

#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <malloc.h>
#include <random>
#include <thread>

using namespace qlinalg;

#if __has_feature(address_sanitizer)
/// Nothing is kept then, and mallinfo knows nothing.
static constexpr bool isSanitized = true;
#else
static constexpr bool isSanitized = false;
#endif

/// What malloc has given out, of memory of its own or of the system's.
static size_t bytesInUse() {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(Blocks, AreAlignedAndApart) {
  std::vector<std::pair<unsigned char *, int64_t>> taken;
  for (int64_t bytes : {0, 1, 63, 64, 65, 255, 256, 257, 320, 1000, 1 << 20})
    for (int64_t alignment : {1, 16, 64, 128, 4096}) {
      auto *memory = static_cast<unsigned char *>(qlinalg_rt_acquire(alignment, bytes));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % std::max<int64_t>(alignment, 64), 0u);
      std::memset(memory, static_cast<int>(taken.size()), bytes);
      taken.emplace_back(memory, bytes);
    }
  for (size_t i = 0; i < taken.size(); ++i)
    for (int64_t j = 0; j < taken[i].second; ++j)
      ASSERT_EQ(taken[i].first[j], i);
  for (auto [memory, bytes] : taken)
    qlinalg_rt_release(memory);
  qlinalg_rt_release(nullptr);
}

TEST(Blocks, ImpossibleSizesGiveNull) {
  EXPECT_EQ(tryAcquire(64, -1), nullptr);
  EXPECT_EQ(tryAcquire(64, INT64_MAX), nullptr);
  EXPECT_EQ(tryAcquire(64, int64_t(1) << 46), nullptr);
}

TEST(Blocks, ComeBackToTheThreadThatTookThem) {
  if (isSanitized)
    GTEST_SKIP();
  void *memory = qlinalg_rt_acquire(64, 5000);
  std::thread([&] {
    qlinalg_rt_release(memory);
    void *other = qlinalg_rt_acquire(64, 5000);
    EXPECT_NE(other, memory);
    qlinalg_rt_release(other);
  }).join();
  void *again = qlinalg_rt_acquire(64, 5000);
  EXPECT_EQ(again, memory);
  qlinalg_rt_release(again);
}

TEST(Blocks, AreFreedWithTheirThread) {
  auto take = [] { qlinalg_rt_release(qlinalg_rt_acquire(64, 100 << 20)); };
  std::thread(take).join();
  size_t before = bytesInUse();
  std::thread(take).join();
  EXPECT_LT(bytesInUse(), before + (50 << 20));
}

TEST(Blocks, LateOnesAreKeptForTheNextThread) {
  if (isSanitized)
    GTEST_SKIP();
  void *memory = nullptr;
  std::thread([&] { memory = qlinalg_rt_acquire(64, 100 << 20); }).join();
  size_t before = bytesInUse();
  qlinalg_rt_release(memory);
  freeKeptBlocks();
  EXPECT_LT(bytesInUse() + (50 << 20), before);
}

static void acquireAndFail(void **arguments) {
  arguments[0] = qlinalg_rt_acquire(64, 100 << 20);
  void *released = qlinalg_rt_acquire(64, 100);
  arguments[1] = qlinalg_rt_acquire(64, 200);
  qlinalg_rt_release(released);
  qlinalg_rt_assert_fail("no");
}

TEST(Blocks, OfAFailedCallAreReleased) {
  freeKeptBlocks();
  size_t before = bytesInUse();
  void *held[2];
  EXPECT_STREQ(protectedCall(acquireAndFail, held), "no");
  freeKeptBlocks();
  EXPECT_LT(bytesInUse(), before + (50 << 20));
}

static void failDeeper(void **arguments) { acquireAndFail(static_cast<void **>(arguments[0])); }

static void failInside(void **arguments) {
  arguments[0] = qlinalg_rt_acquire(64, 100);
  void *inner[2];
  void *innerArguments[] = {inner};
  EXPECT_STREQ(protectedCall(failDeeper, innerArguments), "no");
  arguments[1] = qlinalg_rt_acquire(64, 300);
}

TEST(Blocks, OfACallAroundAFailedOneStay) {
  void *results[2];
  EXPECT_EQ(protectedCall(failInside, results), nullptr);
  std::memset(results[0], 1, 100);
  std::memset(results[1], 1, 300);
  qlinalg_rt_release(results[0]);
  qlinalg_rt_release(results[1]);
}

static void acquireAll(void **) { (void)qlinalg_rt_acquire(64, int64_t(1) << 45); }

TEST(Blocks, NoMemoryIsAnErrorOfTheCall) {
  EXPECT_STREQ(protectedCall(acquireAll, nullptr), "out of memory");
}

static void acquireResult(void **arguments) {
  arguments[0] = qlinalg_rt_acquire(64, *static_cast<int64_t *>(arguments[1]));
}

/// Calls of `bytes`, each result released before the next.
static void callTimes(int calls, int64_t bytes) {
  for (int i = 0; i < calls; ++i) {
    void *arguments[] = {nullptr, &bytes};
    ASSERT_EQ(protectedCall(acquireResult, arguments), nullptr);
    qlinalg_rt_release(arguments[0]);
  }
}

TEST(Blocks, ThatNoCallNeedsAreFreed) {
  if (isSanitized)
    GTEST_SKIP();
  freeKeptBlocks();
  size_t before = bytesInUse();
  callTimes(1, 100 << 20);
  EXPECT_GT(bytesInUse(), before + (50 << 20));
  callTimes(100, 1000);
  EXPECT_LT(bytesInUse(), before + (50 << 20));
}

TEST(Blocks, SurviveManyThreads) {
  constexpr int threads = 4, slots = 64, steps = 20000;
  static std::atomic<unsigned char *> shared[slots];
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([t] {
      std::mt19937 random(t);
      for (int i = 0; i < steps; ++i) {
        int64_t bytes = 8 + random() % 3000;
        auto *memory = static_cast<unsigned char *>(qlinalg_rt_acquire(64, bytes));
        std::memcpy(memory, &bytes, 8);
        std::memset(memory + 8, static_cast<int>(bytes % 251), bytes - 8);
        // What stood there is another thread's most of the time.
        unsigned char *other = shared[random() % slots].exchange(memory);
        if (!other)
          continue;
        std::memcpy(&bytes, other, 8);
        for (int64_t j = 8; j < bytes; ++j)
          ASSERT_EQ(other[j], bytes % 251);
        qlinalg_rt_release(other);
        if (i % 1000 == 0)
          freeKeptBlocks();
      }
    });
  for (std::thread &thread : running)
    thread.join();
  for (auto &slot : shared)
    qlinalg_rt_release(slot.exchange(nullptr));
}
