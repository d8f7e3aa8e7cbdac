//===- ChannelTails.cpp - How often channels are large --------------------===//

#include "QLinalg/Numerics/ChannelTails.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

namespace {

constexpr double leastShape = 0.15, greatestShape = 16;
/// Steps of the integral over the maximum.
constexpr int steps = 256;
/// Of that over values that are rounded to 0.
constexpr int roundingSteps = 32;

/// log of the mean of |x|^2, for spread 1.
double logMeanSquare(double shape) { return std::lgamma(1 + 2 / shape); }

/// The shape whose greatest magnitude squared is exp(`logRatio`) mean squares; that ratio falls
/// as the shape grows.
double shapeOf(double logRatio, double logRows) {
  double low = leastShape, high = greatestShape;
  for (int step = 0; step < 48; ++step) {
    double middle = (low + high) / 2;
    bool above = 2 / middle * std::log(logRows) - logMeanSquare(middle) > logRatio;
    (above ? low : high) = middle;
  }
  return (low + high) / 2;
}

} // namespace

ChannelTails::ChannelTails(const ChannelMoments &moments)
    : magnitudes(moments.magnitudes), shapes(moments.magnitudes.size(), greatestShape),
      spreads(moments.magnitudes.size()) {
  double rows = static_cast<double>(moments.rows);
  double logRows = std::log(std::max(rows, 2.0));
  for (size_t k = 0; k < magnitudes.size(); ++k) {
    double mean = rows > 0 ? moments.squares[k] / rows : 0;
    if (mean == 0)
      continue;
    double magnitude = magnitudes[k];
    shapes[k] = shapeOf(std::log(magnitude * magnitude / mean), logRows);
    spreads[k] = std::sqrt(mean) * std::exp(-logMeanSquare(shapes[k]) / 2);
  }
}

double ChannelTails::meanRoundingError(int64_t channel, double step) const {
  double spread = spreads[channel], shape = shapes[channel], half = step / 2;
  if (spread == 0)
    return 0;
  auto beyond = [&](double t) { return std::exp(-std::pow(t / spread, shape)); };
  // The integral of 2 t (P(t) - P(half)), by points that are denser near 0, where P is steep.
  double sum = 0, ofHalf = beyond(half);
  for (int i = 0; i < roundingSteps; ++i) {
    double u = (i + 0.5) / roundingSteps, t = half * u * u;
    sum += 2 * t * (beyond(t) - ofHalf) * 2 * half * u / roundingSteps;
  }
  return sum + ofHalf * step * step / 12;
}

double ChannelTails::meanSquareOfMaximum(std::span<const float> scales, int64_t first,
                                         int64_t count) const {
  double end = 0;
  for (int64_t k = first; k < first + count; ++k)
    end = std::max(end, double{magnitudes[k]} / scales[k]);
  if (end == 0)
    return 0;
  // The integral of 2 t P(maximum > t).
  double sum = 0, step = end / steps;
  for (int i = 0; i < steps; ++i) {
    double t = (i + 0.5) * step, logNone = 0;
    for (int64_t k = first; k < first + count && logNone > -40; ++k) {
      if (spreads[k] == 0)
        continue;
      double beyond = std::exp(-std::pow(t * scales[k] / spreads[k], shapes[k]));
      logNone += beyond < 1 ? std::log1p(-beyond) : -40;
    }
    sum -= 2 * t * std::expm1(logNone);
  }
  return sum * step;
}
