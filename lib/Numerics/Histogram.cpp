//===- Histogram.cpp - How often magnitudes occur -------------------------===//

#include "QLinalg/Numerics/Histogram.h"

#include "Clones.h"
#include "FloatBits.h"

#include <algorithm>

using namespace qlinalg;

namespace {

/// Bits of a magnitude below those that name its bin.
constexpr int binShift = 17;

/// Places in the counts of an array of `size` + 1 places per sign. A zero wraps around and so
/// gets the last one.
QLINALG_CLONES void findPlaces(const float *values, int64_t count, uint32_t first, uint32_t size,
                               uint32_t *__restrict places) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits = bitsOf(values[i]);
    uint32_t bin = ((bits & magnitudeMask) - 1) >> binShift;
    places[i] = std::min(bin - first, size) + (bits >> 31) * (size + 1);
  }
}

QLINALG_CLONES void addCounts(const int64_t *from, int64_t count, int64_t *__restrict into) {
  for (int64_t i = 0; i < count; ++i)
    into[i] += from[i];
}

} // namespace

int32_t Histogram::binOf(float value) {
  return static_cast<int32_t>(((bitsOf(value) & magnitudeMask) - 1) >> binShift);
}

double Histogram::edge(int32_t bin) {
  return bin == binCount ? 0x1p128 : floatOf(static_cast<uint32_t>(bin) << binShift);
}

/// Grows to hold these bins too.
void Histogram::cover(int32_t firstBin, int32_t endBin) {
  if (size > 0) {
    firstBin = std::min(firstBin, first);
    endBin = std::max(endBin, first + size);
    if (firstBin == first && endBin == first + size)
      return;
  }
  int32_t grown = endBin - firstBin;
  std::vector<int64_t> moved(2 * (grown + 1));
  for (int sign : {0, 1})
    std::ranges::copy(side(sign), moved.begin() + sign * (grown + 1) + (first - firstBin));
  counts = std::move(moved);
  first = firstBin;
  size = grown;
}

void Histogram::add(const float *values, int64_t count, float least, float greatest) {
  if (greatest == 0)
    return;
  cover(binOf(least), binOf(greatest) + 1);
  constexpr int64_t piece = 1024;
  uint32_t places[piece];
  for (int64_t start = 0; start < count; start += piece) {
    int64_t length = std::min(piece, count - start);
    findPlaces(values + start, length, static_cast<uint32_t>(first), static_cast<uint32_t>(size),
               places);
    for (int64_t i = 0; i < length; ++i)
      ++counts[places[i]];
  }
}

void Histogram::merge(const Histogram &other) {
  std::span<const int64_t> positive = other.side(0), negative = other.side(1);
  int32_t begin = 0, end = other.size;
  while (begin < end && positive[begin] == 0 && negative[begin] == 0)
    ++begin;
  while (begin < end && positive[end - 1] == 0 && negative[end - 1] == 0)
    --end;
  if (begin == end)
    return;
  cover(other.first + begin, other.first + end);
  for (int sign : {0, 1}) {
    int64_t *into = counts.data() + sign * (size + 1) + (other.first + begin - first);
    std::span<const int64_t> from = other.side(sign).subspan(begin, end - begin);
    addCounts(from.data(), static_cast<int64_t>(from.size()), into);
  }
}

void Histogram::clear() { std::ranges::fill(counts, 0); }

Histogram Histogram::fromCounts(int32_t firstBin, std::span<const int64_t> positive,
                                std::span<const int64_t> negative) {
  Histogram histogram;
  if (positive.empty())
    return histogram;
  histogram.cover(firstBin, firstBin + static_cast<int32_t>(positive.size()));
  std::ranges::copy(positive, histogram.counts.begin());
  std::ranges::copy(negative, histogram.counts.begin() + histogram.size + 1);
  return histogram;
}

bool Histogram::operator==(const Histogram &other) const {
  return first == other.first && std::ranges::equal(side(0), other.side(0)) &&
         std::ranges::equal(side(1), other.side(1));
}
