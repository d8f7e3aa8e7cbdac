//===- TrellisSearch.cpp - The best codes of a column ---------------------===//
//
// Windows are numbered with their bits in reverse order, the newest code lowest, so that what comes
// before window s are the windows j 2^(12 - b) + s / 2^b: of one vector of windows all j lie in as
// many vectors, and the least sum is found without moving lanes. Sums stand for groups of windows
// that agree in all but their oldest code, which are all that the next row asks for.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Trellis.h"

#include "Clones.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace qlinalg;

namespace {

constexpr int lanes = 16;
typedef float Lanes __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));
typedef int32_t Mask __attribute__((vector_size(lanes * sizeof(int32_t))));

constexpr float infinite = std::numeric_limits<float>::infinity();

template <int count> struct FewFloats {
  typedef float Type __attribute__((vector_size(count * sizeof(float)), aligned(4), may_alias));
};

/// Lane i is `sums[i >> bits]`.
template <int bits> QLINALG_INLINE Lanes spread(const float *sums) {
  if constexpr (bits >= 4) {
    return sums[0] - Lanes{};
  } else {
    auto few = *reinterpret_cast<const typename FewFloats<(lanes >> bits)>::Type *>(sums);
#define LANE(i) (i) >> bits
    return __builtin_shufflevector(few, few, LANE(0), LANE(1), LANE(2), LANE(3), LANE(4), LANE(5),
                                   LANE(6), LANE(7), LANE(8), LANE(9), LANE(10), LANE(11), LANE(12),
                                   LANE(13), LANE(14), LANE(15));
#undef LANE
  }
}

/// One row: `next[g]` is the least `sums[s >> bits] + (target - scale * levels[s])^2` of the
/// windows s that end in g.
template <int bits>
QLINALG_INLINE void addRow(const float *__restrict levels, float target, float scale,
                           const float *__restrict sums, float *__restrict next) {
  constexpr int groups = 1 << (trellisWindow - bits);
  for (int g = 0; g < groups; g += lanes) {
    Lanes least = infinite - Lanes{};
    for (int j = 0; j < 1 << bits; ++j) {
      int s = j * groups + g;
      Lanes error = target - scale * *reinterpret_cast<const Lanes *>(levels + s);
      Lanes sum = spread<bits>(sums + (s >> bits)) + error * error;
      least = sum < least ? sum : least;
    }
    *reinterpret_cast<Lanes *>(next + g) = least;
  }
}

QLINALG_CLONES void addRowOf(int bits, const float *levels, float target, float scale,
                             const float *sums, float *next) {
  switch (bits) {
  case 2:
    return addRow<2>(levels, target, scale, sums, next);
  case 3:
    return addRow<3>(levels, target, scale, sums, next);
  case 4:
    return addRow<4>(levels, target, scale, sums, next);
  case 5:
    return addRow<5>(levels, target, scale, sums, next);
  case 6:
    return addRow<6>(levels, target, scale, sums, next);
  case 7:
    return addRow<7>(levels, target, scale, sums, next);
  default:
    return addRow<8>(levels, target, scale, sums, next);
  }
}

int reversed(int value, int bits) {
  int result = 0;
  for (int i = 0; i < bits; ++i)
    result |= ((value >> i) & 1) << (bits - 1 - i);
  return result;
}

/// A row of a block; without a scale it is not there and has code 0.
struct Row {
  float target, scale;
};

} // namespace

struct TrellisSearch::State {
  explicit State(int bits) : bits(bits), groups(1 << (trellisWindow - bits)) {
    std::span<const int16_t> table = trellisLevels(bits);
    for (int s = 0; s < 1 << trellisWindow; ++s)
      levels.push_back(table[reversed(s, trellisWindow)]);
  }

  float errorOf(const Row &row, int s) const {
    if (row.scale == 0)
      return s & ((1 << bits) - 1) ? infinite : 0;
    float error = row.target - row.scale * levels[s];
    return error * error;
  }

  void addMissing(const float *before, float *next) const {
    std::fill_n(next, groups, infinite);
    for (int g = 0; g < groups; ++g) {
      float &least = next[(g << bits) & (groups - 1)];
      least = std::min(least, before[g]);
    }
  }

  /// The best windows of `rows`, from group `start` before the first to `end` after the last; -1 is
  /// any.
  void run(const std::vector<Row> &rows, int start, int end) {
    sums.resize((rows.size() + 1) * groups);
    for (int g = 0; g < groups; ++g)
      sums[g] = start < 0 || g == start ? 0 : infinite;
    for (size_t t = 0; t < rows.size(); ++t) {
      const float *before = sums.data() + t * groups;
      float *next = sums.data() + (t + 1) * groups;
      if (rows[t].scale == 0)
        addMissing(before, next);
      else
        addRowOf(bits, levels.data(), rows[t].target, rows[t].scale, before, next);
    }
    const float *last = sums.data() + rows.size() * groups;
    int group = end < 0 ? static_cast<int>(std::min_element(last, last + groups) - last) : end;
    windows.resize(rows.size());
    for (size_t t = rows.size(); t-- > 0;) {
      const float *before = sums.data() + t * groups;
      float least = infinite;
      int best = group;
      for (int s = group; s < 1 << trellisWindow; s += groups)
        if (float sum = before[s >> bits] + errorOf(rows[t], s); sum < least) {
          least = sum;
          best = s;
        }
      windows[t] = best;
      group = best >> bits;
    }
  }

  /// The group of the window before the first row, from the best windows around it.
  int findStart(const std::vector<Row> &rows) {
    // Of wide codes the window remembers few rows.
    size_t half = bits <= 4 ? trellisRows / 2 : trellisRows / 4;
    around.assign(rows.end() - half, rows.end());
    around.insert(around.end(), rows.begin(), rows.begin() + half);
    run(around, -1, -1);
    return windows[half - 1] & (groups - 1);
  }

  int bits, groups;
  /// Of windows numbered as above.
  std::vector<float> levels;
  /// [rows + 1][groups]: the least error of rows before that ends in each group.
  std::vector<float> sums;
  std::vector<int> windows;
  std::vector<Row> rows, around;
};

TrellisSearch::TrellisSearch(int bits) : state(std::make_unique<State>(bits)) {}
TrellisSearch::~TrellisSearch() = default;
TrellisSearch::TrellisSearch(TrellisSearch &&) = default;

double TrellisSearch::code(const float *targets, const float *scales, int64_t count, uint8_t *codes,
                           int16_t *levels) {
  State &s = *state;
  s.rows.assign(trellisRows, {0, 0});
  for (int64_t i = 0; i < count; ++i)
    s.rows[i] = {targets[i], scales[i]};
  if ((trellisRows - count) * s.bits >= trellisWindow) {
    // The window before the first row is of rows that are not there.
    s.rows.resize(count);
    s.run(s.rows, 0, -1);
  } else {
    int start = s.findStart(s.rows);
    s.run(s.rows, start, start);
  }
  double error = 0;
  for (int64_t i = 0; i < count; ++i) {
    int window = s.windows[i];
    codes[i] = static_cast<uint8_t>(reversed(window & ((1 << s.bits) - 1), s.bits));
    levels[i] = static_cast<int16_t>(s.levels[window]);
    double difference =
        static_cast<double>(targets[i]) - static_cast<double>(scales[i]) * levels[i];
    error += difference * difference;
  }
  return error;
}
