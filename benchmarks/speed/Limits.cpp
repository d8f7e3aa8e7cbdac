//===- Limits.cpp - What one machine can do at most -----------------------===//
//
// Rates that no matmul exceeds: how fast memory is read, and how many
// multiply-accumulates a second each dot instruction of this processor gives.
// Only instructions that it has are in the list. Called from Python.
//
//===----------------------------------------------------------------------===//

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <sched.h>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Before OpenMP pins the thread that loads this.
const cpu_set_t allowed = [] {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof(set), &set);
  return set;
}();

void pin(int thread) {
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || thread-- > 0)
      continue;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
    return;
  }
}

/// Seconds from the first start to the last end of `work(thread)` on `threads` threads, one a core.
template <typename Work> double secondsOf(int threads, Work work) {
  if (threads == 1) {
    double start = now();
    work(0);
    return now() - start;
  }
  std::atomic<int> waiting = threads;
  std::vector<double> starts(threads), ends(threads);
  std::vector<std::thread> team;
  for (int t = 0; t < threads; ++t)
    team.emplace_back([&, t] {
      pin(t);
      for (--waiting; waiting > 0;)
        ;
      starts[t] = now();
      work(t);
      ends[t] = now();
    });
  for (std::thread &member : team)
    member.join();
  return *std::max_element(ends.begin(), ends.end()) -
         *std::min_element(starts.begin(), starts.end());
}

constexpr size_t memoryBytes = size_t(256) << 20;

/// Much larger than a cache, on large pages, every page written.
const char *memory() {
  static const char *const data = [] {
    void *mapped =
        mmap(nullptr, memoryBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(mapped, memoryBytes, MADV_HUGEPAGE);
    std::memset(mapped, 1, memoryBytes);
    return static_cast<const char *>(mapped);
  }();
  return data;
}

/// Four vectors of 64 bytes at a time, asked for `ahead` bytes before they are needed.
template <typename Vector, int ahead>
[[gnu::always_inline]] inline void readRange(const char *from, const char *to) {
  constexpr int step = 256 / sizeof(Vector);
  Vector sums[step] = {};
  for (; from < to; from += 256) {
    auto *vectors = reinterpret_cast<const Vector *>(from);
    for (int i = 0; i < step; ++i)
      sums[i] ^= vectors[i];
    if constexpr (ahead != 0)
      for (int line = 0; line < 256; line += 64)
        __builtin_prefetch(from + ahead + line);
  }
  for (Vector &sum : sums)
    asm volatile("" : : "m"(sum));
}

using Read = void (*)(const char *, const char *);

template <typename Vector, int ahead> void readPlain(const char *from, const char *to) {
  readRange<Vector, ahead>(from, to);
}
typedef int64_t Vector16 [[gnu::vector_size(16)]];

#ifdef __x86_64__
typedef int64_t Vector32 [[gnu::vector_size(32)]];
typedef int64_t Vector64 [[gnu::vector_size(64)]];
template <int ahead> [[gnu::target("avx2")]] void read32(const char *from, const char *to) {
  readRange<Vector32, ahead>(from, to);
}
template <int ahead> [[gnu::target("avx512f")]] void read64(const char *from, const char *to) {
  readRange<Vector64, ahead>(from, to);
}
#endif

std::vector<Read> reads() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f"))
    return {read64<0>, read64<2048>, read32<0>};
  if (__builtin_cpu_supports("avx2"))
    return {read32<0>, read32<2048>};
#endif
  return {readPlain<Vector16, 0>, readPlain<Vector16, 2048>};
}

/// GB/s of the fastest way to read.
double measureRead(int threads) {
  const char *data = memory();
  size_t part = memoryBytes / threads / 256 * 256;
  double best = 0;
  for (Read read : reads()) {
    double seconds =
        secondsOf(threads, [&](int t) { read(data + part * t, data + part * (t + 1)); });
    best = std::max(best, part * threads / seconds / 1e9);
  }
  return best;
}

constexpr int64_t turns = 60000;

#ifdef __x86_64__
// Twelve sums, so that no instruction waits for the one before it; all factors are 1.0f, as
// denormal numbers may be slow.
#define TWELVE(STEP)                                                                               \
  STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11)
#define ISSUE(NAME, REGISTER, STEP)                                                                \
  void NAME(int) {                                                                                 \
    int64_t turn = turns;                                                                          \
    float one = 1.0f;                                                                              \
    asm volatile("vzeroall\n"                                                                      \
                 "vbroadcastss %1, %%" REGISTER "14\n"                                             \
                 "vbroadcastss %1, %%" REGISTER "15\n"                                             \
                 "1:\n" TWELVE(STEP) TWELVE(STEP) "dec %0\n"                                       \
                                                  "jnz 1b\n"                                       \
                 : "+r"(turn)                                                                      \
                 : "m"(one)                                                                        \
                 : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",   \
                   "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");                  \
  }
#define FMA256(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n"
#define FMA512(i) "vfmadd231ps %%zmm14, %%zmm15, %%zmm" #i "\n"
#define DPBUSD_VEX(i) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #i "\n"
#define DPBUSD256(i) "%{evex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #i "\n"
#define DPBUSD512(i) "vpdpbusd %%zmm14, %%zmm15, %%zmm" #i "\n"
#define MADDUBS256(i)                                                                              \
  "vpmaddubsw %%ymm14, %%ymm15, %%ymm13\nvpaddw %%ymm13, %%ymm" #i ", %%ymm" #i "\n"
#define MADDUBS512(i)                                                                              \
  "vpmaddubsw %%zmm14, %%zmm15, %%zmm13\nvpaddw %%zmm13, %%zmm" #i ", %%zmm" #i "\n"
ISSUE(issueFma256, "ymm", FMA256)
ISSUE(issueFma512, "zmm", FMA512)
ISSUE(issueDpbusdVex, "ymm", DPBUSD_VEX)
ISSUE(issueDpbusd256, "ymm", DPBUSD256)
ISSUE(issueDpbusd512, "zmm", DPBUSD512)
ISSUE(issueMaddubs256, "ymm", MADDUBS256)
ISSUE(issueMaddubs512, "zmm", MADDUBS512)
#endif

struct Limit {
  const char *name;
  /// "read" (GB/s), "float" or "dot" (GMAC/s).
  const char *kind;
  /// Nothing for memory.
  void (*issue)(int);
  /// Products of one step.
  int products;
};

std::vector<Limit> findLimits() {
  std::vector<Limit> found = {{"read", "read", nullptr, 0}};
#ifdef __x86_64__
  auto add = [&](bool has, Limit limit) {
    if (has)
      found.push_back(limit);
  };
  bool wide = __builtin_cpu_supports("avx512bw");
  bool vnni = __builtin_cpu_supports("avx512vnni");
  bool avx2 = __builtin_cpu_supports("avx2");
  add(__builtin_cpu_supports("fma"), {"vfmadd231ps ymm", "float", issueFma256, 8});
  add(wide, {"vfmadd231ps zmm", "float", issueFma512, 16});
  add(avx2, {"vpmaddubsw+vpaddw ymm", "dot", issueMaddubs256, 32});
  add(wide, {"vpmaddubsw+vpaddw zmm", "dot", issueMaddubs512, 64});
  add(__builtin_cpu_supports("avxvnni"), {"vpdpbusd ymm (VEX)", "dot", issueDpbusdVex, 32});
  add(vnni && __builtin_cpu_supports("avx512vl"), {"vpdpbusd ymm", "dot", issueDpbusd256, 32});
  add(vnni, {"vpdpbusd zmm", "dot", issueDpbusd512, 64});
#endif
  return found;
}

const std::vector<Limit> limits = findLimits();

} // namespace

extern "C" {

int32_t speed_limit_count() { return static_cast<int32_t>(limits.size()); }
const char *speed_limit_name(int32_t which) { return limits[which].name; }
const char *speed_limit_kind(int32_t which) { return limits[which].kind; }

/// One sample of about 5 ms (memory: 10 ms a way to read it), in GB/s or GMAC/s.
double speed_limit_measure(int32_t which, int32_t threads) {
  const Limit &limit = limits[which];
  if (!limit.issue)
    return measureRead(threads);
  double seconds = secondsOf(threads, limit.issue);
  return 24.0 * turns * limit.products * threads / seconds / 1e9;
}
}
