//===- Bars.cpp - A histogram in one line ---------------------------------===//

#include "Bars.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

namespace {

/// Counts of equal parts of the range; a bin of the histogram is spread evenly over those it meets.
std::vector<double> partsOf(const Distribution &distribution, int width) {
  double least = distribution.least, span = distribution.greatest - least;
  std::vector<double> parts(static_cast<size_t>(width));
  auto place = [&](double value) {
    return span > 0 ? std::clamp((value - least) / span, 0.0, 1.0) * width : 0;
  };
  auto add = [&](double low, double high, double count) {
    double begin = place(low), end = place(high);
    if (count == 0)
      return;
    for (int i = std::min(static_cast<int>(begin), width - 1); i < width && i <= end; ++i) {
      double share = std::min(end, i + 1.0) - std::max(begin, double(i));
      parts[i] += end > begin ? count * share / (end - begin) : count;
      if (end == begin)
        break;
    }
  };
  add(0, 0, static_cast<double>(distribution.zeros));
  const Histogram &histogram = distribution.histogram;
  for (int32_t i = 0; i < histogram.bins(); ++i) {
    double low = Histogram::edge(histogram.firstBin() + i);
    double high = Histogram::edge(histogram.firstBin() + i + 1);
    add(low, std::min<double>(high, distribution.greatest),
        static_cast<double>(histogram.positive()[i]));
    add(std::max<double>(-high, distribution.least), -low,
        static_cast<double>(histogram.negative()[i]));
  }
  return parts;
}

} // namespace

std::string qlinalg::drawBars(const Distribution &distribution, int width) {
  if (distribution.finite() == 0)
    return "";
  static constexpr const char *blocks[] = {" ",
                                           "\xe2\x96\x81",
                                           "\xe2\x96\x82",
                                           "\xe2\x96\x83",
                                           "\xe2\x96\x84",
                                           "\xe2\x96\x85",
                                           "\xe2\x96\x86",
                                           "\xe2\x96\x87",
                                           "\xe2\x96\x88"};
  std::vector<double> parts = partsOf(distribution, width);
  double greatest = std::log1p(std::ranges::max(parts));
  std::string text;
  for (double part : parts) {
    int height = part > 0 ? 1 + static_cast<int>(7 * std::log1p(part) / greatest) : 0;
    text += blocks[std::min(height, 8)];
  }
  return text;
}
