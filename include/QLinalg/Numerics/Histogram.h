//===- Histogram.h - How often magnitudes occur -----------------*- C++ -*-===//
//
// Bins are those of the f32 format itself: each binade of each sign is cut into 64 bins, so that
// a bin's width is a power of two, at most 1/64 of what is in it, and its edges depend on no
// data. The range grows with the data without moving a count; adding histograms is adding
// counts, in any order. Bin i holds the magnitudes in (edge(i), edge(i + 1)], where edge(i) is
// the float of bits i * 2^17: numbers up to 2^-143 share bin 0, the last bin ends at 2^128.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_HISTOGRAM_H
#define QLINALG_NUMERICS_HISTOGRAM_H

#include <cstdint>
#include <span>
#include <vector>

namespace qlinalg {

class Histogram {
public:
  /// Bins of one sign, so that no histogram has more than twice as many counts.
  static constexpr int32_t binCount = 255 * 64;

  /// The bin of a finite number other than 0, whatever its sign.
  static int32_t binOf(float value);
  /// Exact; `edge(binCount)` is 2^128.
  static double edge(int32_t bin);

  /// Counts values that are finite. Zeros have no bin. `least` and `greatest` are magnitudes of
  /// the values that are not 0; without such a value nothing is counted.
  void add(const float *values, int64_t count, float least, float greatest);
  void merge(const Histogram &other);
  /// Forgets all counts; the memory stays for those to come.
  void clear();

  /// The bins from the first to the last one that was reached, of either sign; more after `clear`.
  int32_t firstBin() const { return first; }
  int32_t bins() const { return size; }
  /// Counts of bins `firstBin()` and up.
  std::span<const int64_t> positive() const { return side(0); }
  std::span<const int64_t> negative() const { return side(1); }

  /// From counts that were stored, `positive` and `negative` of the same length.
  static Histogram fromCounts(int32_t firstBin, std::span<const int64_t> positive,
                              std::span<const int64_t> negative);

  bool operator==(const Histogram &other) const;

private:
  std::span<const int64_t> side(int sign) const {
    return std::span(counts).subspan(static_cast<size_t>(sign) * (size + 1), size);
  }
  void cover(int32_t firstBin, int32_t endBin);

  int32_t first = 0, size = 0;
  /// Positive bins, negative ones; after each a place that is not looked at, for zeros.
  std::vector<int64_t> counts = {0, 0};
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_HISTOGRAM_H
