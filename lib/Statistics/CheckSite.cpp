//===- CheckSite.cpp - Whether statistics make sense ----------------------===//

#include "CheckSite.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

namespace {

/// Takes counts away from a total; false when one is negative or more than what is left.
class Remainder {
public:
  explicit Remainder(int64_t total) : left(total), ok(total >= 0) {}
  void take(int64_t count) {
    ok = ok && count >= 0 && count <= left;
    left -= ok ? count : 0;
  }
  bool isExact() const { return ok && left == 0; }

private:
  int64_t left;
  bool ok;
};

std::string checkCounts(const Distribution &values) {
  // So that no sum of them overflows.
  if (values.count > int64_t{1} << 53)
    return "expected at most 2^53 values, got " + std::to_string(values.count);
  Remainder rest(values.count);
  for (int64_t count : {values.zeros, values.nans, values.infinities})
    rest.take(count);
  for (std::span<const int64_t> counts : {values.histogram.positive(), values.histogram.negative()})
    for (int64_t count : counts)
      rest.take(count);
  if (!rest.isExact())
    return "expected counts of values that sum up to " + std::to_string(values.count) +
           ", got others";
  return values.batches < 0 || values.batches > values.count
             ? "expected at most one batch a value, got " + std::to_string(values.batches)
             : "";
}

/// The number of the highest bin of one sign that was reached, -1 when none was.
int32_t highestBin(const Histogram &histogram, std::span<const int64_t> counts) {
  for (size_t i = counts.size(); i-- > 0;)
    if (counts[i] > 0)
      return histogram.firstBin() + static_cast<int32_t>(i);
  return -1;
}

std::string checkExtremes(const Distribution &values) {
  if (values.finite() == 0)
    return values.least == Distribution::infinity && values.greatest == -Distribution::infinity
               ? ""
               : "expected no extremes without a finite value, got some";
  if (!std::isfinite(values.least) || !std::isfinite(values.greatest) ||
      values.least > values.greatest)
    return "expected finite extremes in order, got others";
  const Histogram &histogram = values.histogram;
  int32_t highest = highestBin(histogram, histogram.positive());
  int32_t lowest = highestBin(histogram, histogram.negative());
  if (highest != (values.greatest > 0 ? Histogram::binOf(values.greatest) : -1) ||
      lowest != (values.least < 0 ? Histogram::binOf(values.least) : -1))
    return "expected a histogram that ends with the extremes, got another";
  return "";
}

std::string checkSums(const Distribution &values) {
  for (const PairSum &sum :
       {values.sum, values.squares, values.leastOfBatches, values.greatestOfBatches})
    if (!std::isfinite(sum.high) || !std::isfinite(sum.low))
      return "expected finite sums, got others";
  return values.squares.high < 0 ? "expected a sum of squares that is not negative, got less" : "";
}

std::string checkChannels(const SiteStatistics &site) {
  const ChannelMoments &channels = site.channels;
  int64_t width = channels.channels(), count = site.distribution.count;
  bool fits = width == 0 ? count == 0 && channels.rows == 0
                         : count % width == 0 && count / width == channels.rows;
  if (!fits)
    return "expected as many values as rows of " + std::to_string(width) + " channels, got " +
           std::to_string(count) + " for " + std::to_string(channels.rows) + " rows";
  auto isBad = [](auto value) { return !std::isfinite(value) || value < 0; };
  if (std::ranges::any_of(channels.magnitudes, isBad) ||
      std::ranges::any_of(channels.squares, isBad))
    return "expected moments of channels that are finite and not negative, got others";
  if (!std::ranges::all_of(channels.products, [](double value) { return std::isfinite(value); }))
    return "expected finite products of channels, got others";
  float magnitude = width == 0 ? 0 : std::ranges::max(channels.magnitudes);
  return magnitude == site.distribution.magnitude()
             ? ""
             : "expected the greatest magnitude in a channel, got another";
}

} // namespace

std::string qlinalg::findContradiction(const SiteStatistics &site) {
  for (std::string problem : {checkCounts(site.distribution), checkExtremes(site.distribution),
                              checkSums(site.distribution)})
    if (!problem.empty())
      return problem;
  return checkChannels(site);
}
