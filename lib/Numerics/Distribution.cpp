//===- Distribution.cpp - What was seen of the values of a tensor ---------===//

#include "QLinalg/Numerics/Distribution.h"

#include "Clones.h"
#include "FloatOrder.h"

#include <algorithm>
#include <utility>

using namespace qlinalg;

namespace {

/// Values that are looked at several times while they are in the first cache.
constexpr int64_t piece = 4096;

/// Sums are taken in so many parts whatever the width of the registers.
constexpr int lanes = 16;

/// Floats are compared as integers (FloatOrder.h).
struct Extremes {
  int32_t least, greatest;
  /// Of magnitudes less 1: zeros come last.
  uint32_t leastMagnitude;
  /// That of `least` or `greatest`.
  uint32_t greatestMagnitude;
  uint32_t zeros;
};

QLINALG_CLONES void findExtremes(const float *values, int64_t count, Extremes &extremes) {
  int32_t least = INT32_MAX, greatest = INT32_MIN;
  uint32_t leastMagnitude = UINT32_MAX, zeros = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits = bitsOf(values[i]), magnitude = bits & magnitudeMask;
    least = std::min(least, orderOf(bits));
    greatest = std::max(greatest, orderOf(bits));
    leastMagnitude = std::min(leastMagnitude, magnitude - 1);
    zeros += magnitude == 0 ? 1 : 0;
  }
  auto magnitudeOf = [](int32_t order) { return bitsOf(ofOrder(order)) & magnitudeMask; };
  extremes = {least, greatest, leastMagnitude, std::max(magnitudeOf(least), magnitudeOf(greatest)),
              zeros};
}

template <typename Term>
QLINALG_INLINE double sumOf(const float *values, int64_t count, Term term) {
  double sums[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int lane = 0; lane < lanes; ++lane)
      sums[lane] += term(values[i + lane]);
  for (int lane = 0; i < count; ++i, ++lane)
    sums[lane] += term(values[i]);
  double sum = 0;
  for (double part : sums)
    sum += part;
  return sum;
}

QLINALG_CLONES double sumOfValues(const float *values, int64_t count) {
  return sumOf(values, count,
               [](float value) __attribute__((always_inline)) { return double{value}; });
}

QLINALG_CLONES double sumOfSquares(const float *values, int64_t count, double mean) {
  return sumOf(values, count, [=](float value) __attribute__((always_inline)) {
    double distance = value - mean;
    return distance * distance;
  });
}

/// Adds sum and sum of squares of a few values. With m = sum / n in f64 and r = sum - n m, which
/// is exact, the squares are those of the distances from m, and n m^2 + 2 m r.
void addMoments(const float *values, int64_t count, PairSum &sums, PairSum &squares) {
  double n = static_cast<double>(count);
  double sum = sumOfValues(values, count), mean = sum / n, rest = std::fma(-n, mean, sum);
  PairSum meanSquare = PairSum::product(mean, mean);
  sums.add(sum);
  squares.add(PairSum::product(n, meanSquare.high));
  squares.add(n * meanSquare.low + 2 * mean * rest);
  squares.add(sumOfSquares(values, count, mean));
}

} // namespace

int64_t Distribution::update(const float *values, int64_t count) {
  int64_t notFinite = nans + infinities;
  this->count += count;
  float kept[piece];
  for (int64_t first = 0; first < count; first += piece) {
    const float *start = values + first;
    int64_t length = std::min(piece, count - first);
    Extremes extremes;
    findExtremes(start, length, extremes);
    if (extremes.greatestMagnitude >= infinityBits) {
      const float *end = std::remove_copy_if(start, start + length, kept,
                                             [](float value) { return !std::isfinite(value); });
      for (int64_t i = 0; i < length; ++i) {
        nans += std::isnan(start[i]);
        infinities += std::isinf(start[i]);
      }
      start = kept;
      length = end - kept;
      findExtremes(start, length, extremes);
    }
    if (length == 0)
      continue;
    // + 0: not -0.
    leastOfBatch = std::min(leastOfBatch, ofOrder(extremes.least) + 0.0f);
    greatestOfBatch = std::max(greatestOfBatch, ofOrder(extremes.greatest) + 0.0f);
    zeros += extremes.zeros;
    addMoments(start, length, sum, squares);
    histogram.add(start, length, floatOf(extremes.leastMagnitude + 1),
                  floatOf(extremes.greatestMagnitude));
  }
  least = std::min(least, leastOfBatch);
  greatest = std::max(greatest, greatestOfBatch);
  return nans + infinities - notFinite;
}

void Distribution::finishBatch() {
  if (leastOfBatch <= greatestOfBatch) {
    ++batches;
    leastOfBatches.add(leastOfBatch);
    greatestOfBatches.add(greatestOfBatch);
  }
  leastOfBatch = infinity;
  greatestOfBatch = -infinity;
}

void Distribution::merge(const Distribution &other) {
  count += other.count;
  zeros += other.zeros;
  nans += other.nans;
  infinities += other.infinities;
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
  sum.add(other.sum);
  squares.add(other.squares);
  batches += other.batches;
  leastOfBatches.add(other.leastOfBatches);
  greatestOfBatches.add(other.greatestOfBatches);
  leastOfBatch = std::min(leastOfBatch, other.leastOfBatch);
  greatestOfBatch = std::max(greatestOfBatch, other.greatestOfBatch);
  histogram.merge(other.histogram);
}

void Distribution::clear() {
  Histogram kept = std::move(histogram);
  kept.clear();
  *this = Distribution();
  histogram = std::move(kept);
}

double Distribution::mean() const {
  return finite() == 0 ? 0 : sum.high / static_cast<double>(finite());
}

double Distribution::deviation() const {
  if (finite() == 0)
    return 0;
  // squares - sum^2 / n, in pairs throughout.
  double n = static_cast<double>(finite());
  PairSum square = PairSum::product(sum.high, sum.high);
  square.add(2 * sum.high * sum.low);
  PairSum distance = squares;
  double quotient = square.high / n;
  distance.add(-quotient);
  distance.add(-(std::fma(-quotient, n, square.high) + square.low) / n);
  return std::sqrt(std::max(distance.high, 0.0) / n);
}

float Distribution::magnitude() const {
  return finite() == 0 ? 0 : std::max(std::abs(least), std::abs(greatest));
}
