//===- HistogramBins.cpp - The bins that were reached ---------------------===//

#include "HistogramBins.h"

#include <algorithm>

using namespace qlinalg;

namespace {

/// The bin of number `index`; `least` and `greatest` are the extremes as magnitudes of this sign,
/// below 0 where they are of the other.
Bin binOf(int32_t index, int64_t count, double least, double greatest, bool negative) {
  double low = Histogram::edge(index), high = Histogram::edge(index + 1);
  bool endsAtGreatest = greatest <= high, beginsAtLeast = least > low;
  Bin bin{std::max(low, least), std::min(high, greatest), static_cast<double>(count), negative};
  if (count == 1 && endsAtGreatest)
    bin.low = bin.high;
  else if (count == 1 && beginsAtLeast)
    bin.high = bin.low;
  return bin;
}

} // namespace

std::vector<Bin> qlinalg::binsOf(const Distribution &distribution) {
  const Histogram &histogram = distribution.histogram;
  double least = distribution.least, greatest = distribution.greatest;
  std::vector<Bin> bins;
  for (int32_t i = 0; i < histogram.bins(); ++i) {
    int32_t index = histogram.firstBin() + i;
    if (int64_t count = histogram.positive()[i])
      bins.push_back(binOf(index, count, least, greatest, false));
    if (int64_t count = histogram.negative()[i])
      bins.push_back(binOf(index, count, -greatest, -least, true));
  }
  return bins;
}
