//===- PercentileRange.cpp - All but a few values -------------------------===//
//
// Quantiles of the histogram, with values spread evenly over each bin: off by less than the
// width of a bin, 1/64 of the quantile.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Quantile.h"
#include "Ranges.h"

#include <algorithm>
#include <ranges>

using namespace qlinalg;

namespace {

/// Where the count of values from 0 upwards reaches `wanted`, of which `zeros` are 0; bins by
/// ascending magnitude.
template <typename Bins> double magnitudeAt(Bins &&bins, double zeros, double wanted) {
  double passed = zeros, last = 0;
  if (zeros > 0 && wanted <= zeros)
    return 0;
  for (const Bin &bin : bins) {
    if (passed + bin.count >= wanted)
      return bin.low + bin.width() * std::max(wanted - passed, 0.0) / bin.count;
    passed += bin.count;
    last = bin.high;
  }
  return last;
}

} // namespace

double qlinalg::quantileOfMagnitude(const Distribution &distribution, double fraction) {
  return magnitudeAt(binsOf(distribution), static_cast<double>(distribution.zeros),
                     fraction * static_cast<double>(distribution.finite()));
}

double qlinalg::quantile(const Distribution &distribution, double fraction) {
  std::vector<Bin> bins = binsOf(distribution);
  auto negatives = bins | std::views::filter([](const Bin &bin) { return bin.negative; });
  auto positives = bins | std::views::filter([](const Bin &bin) { return !bin.negative; });
  double below = 0;
  for (const Bin &bin : negatives)
    below += bin.count;
  double wanted = fraction * static_cast<double>(distribution.finite());
  return wanted < below
             ? -magnitudeAt(negatives, 0, below - wanted)
             : magnitudeAt(positives, static_cast<double>(distribution.zeros), wanted - below);
}

Bounds qlinalg::percentileRange(const Scheme &scheme, const Distribution &distribution,
                                double percentage) {
  double fraction = percentage / 100;
  if (!storesZeroPoints(scheme)) {
    double magnitude = quantileOfMagnitude(distribution, fraction);
    return {-magnitude, magnitude};
  }
  double rest = (1 - fraction) / 2;
  return {quantile(distribution, rest), quantile(distribution, 1 - rest)};
}
