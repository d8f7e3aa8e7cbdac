//===- ErrorModel.cpp - What a range costs --------------------------------===//

#include "ErrorModel.h"

#include "Coding.h"
#include "Parameters.h"
#include "QLinalg/Numerics/Codebook.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace qlinalg;

namespace {

/// The integral from 0 to t of (u - round(u))^2: 1/12 for each whole step, and the rest.
double roundingIntegral(double t) {
  double whole = std::round(t), rest = t - whole;
  return whole / 12 + rest * rest * rest / 3;
}

double cube(double x) { return x * x * x; }

/// Mean squared errors, in steps, of values spread evenly from `low` to `high`, of which
/// codes reach `limit`; all are magnitudes. From half a step beyond it on, values saturate.
ExpectedError errorOfSteps(double low, double high, double limit) {
  double border = limit + 0.5, width = high - low;
  if (width <= 1e-9 * high) {
    double error = high - std::min(std::round(high), limit);
    return high <= border ? ExpectedError{error * error, 0} : ExpectedError{0, error * error};
  }
  ExpectedError error;
  if (low < border)
    error.rounding = roundingIntegral(std::min(high, border)) - roundingIntegral(low);
  if (high > border)
    error.saturation = (cube(high - limit) - cube(std::max(low, border) - limit)) / 3;
  return {error.rounding / width, error.saturation / width};
}

/// Values of each bin that are decoded, where there is no formula.
constexpr int samples = 8;

} // namespace

ErrorModel::ErrorModel(const Scheme &scheme, const Distribution &distribution,
                       const ChannelImportance *importance)
    : scheme(scheme), distribution(distribution), importance(importance),
      bins(binsOf(distribution)) {
  if (importance && !importance->importance.empty())
    meanImportance =
        std::accumulate(importance->importance.begin(), importance->importance.end(), 0.0) /
        static_cast<double>(importance->importance.size());
}

ErrorModel::Sums ErrorModel::ofIntegers(ScaleAndZero parameters) const {
  double scale = parameters.scale, square = scale * scale;
  double below = static_cast<double>(parameters.zeroPoint - minCode(scheme.storage));
  double above = static_cast<double>(maxCode(scheme.storage) - parameters.zeroPoint);
  Sums sums;
  for (const Bin &bin : bins) {
    ExpectedError error =
        errorOfSteps(bin.low / scale, bin.high / scale, bin.negative ? below : above);
    double saturation = error.saturation * square;
    sums.error.rounding += bin.count * error.rounding * square;
    sums.error.saturation += bin.count * saturation;
    sums.saturationSquares += bin.count * saturation * saturation;
  }
  return sums;
}

ErrorModel::Sums ErrorModel::ofLevels(ScaleAndZero parameters) const {
  double greatest = double{parameters.scale} * largestLevel(scheme.storage);
  float values[samples], decoded[samples];
  std::byte codes[samples];
  Sums sums;
  for (const Bin &bin : bins) {
    for (int i = 0; i < samples; ++i) {
      double magnitude = bin.low + bin.width() * (i + 0.5) / samples;
      values[i] = static_cast<float>(bin.negative ? -magnitude : magnitude);
    }
    encodeRuns(scheme, values, samples, samples, &parameters.scale, &parameters.zeroPoint, codes);
    decodeRuns(scheme, codes, samples, samples, &parameters.scale, &parameters.zeroPoint, decoded);
    for (int i = 0; i < samples; ++i) {
      double difference = static_cast<double>(decoded[i]) - values[i];
      double count = bin.count / samples, error = difference * difference;
      if (std::abs(values[i]) <= greatest) {
        sums.error.rounding += count * error;
        continue;
      }
      sums.error.saturation += count * error;
      sums.saturationSquares += count * error * error;
    }
  }
  return sums;
}

ErrorModel::Sums ErrorModel::sumsOf(ScaleAndZero parameters) const {
  return isInteger(scheme.storage) ? ofIntegers(parameters) : ofLevels(parameters);
}

/// The mean importance of the channels that saturate, weighed by the squares of how far they reach
/// beyond the range; that of all channels where none does.
double ErrorModel::importanceBeyond(double magnitude) const {
  double weighted = 0, weights = 0;
  for (size_t k = 0; k < importance->magnitudes.size(); ++k) {
    double beyond = std::max(importance->magnitudes[k] - magnitude, 0.0);
    weights += beyond * beyond;
    weighted += beyond * beyond * importance->importance[k];
  }
  return weights > 0 ? weighted / weights : meanImportance;
}

double ErrorModel::importanceOfSaturation(ScaleAndZero parameters) const {
  // The nearer of the ends that are exceeded; magnitudes of channels have no sign.
  double scale = parameters.scale;
  double least = -static_cast<double>(largestLevel(scheme.storage)) * scale, greatest = -least;
  if (isInteger(scheme.storage)) {
    least = static_cast<double>(minCode(scheme.storage) - parameters.zeroPoint) * scale;
    greatest = static_cast<double>(maxCode(scheme.storage) - parameters.zeroPoint) * scale;
  }
  double end = distribution.magnitude();
  if (distribution.least < least)
    end = std::min(end, -least);
  if (distribution.greatest > greatest)
    end = std::min(end, greatest);
  return importanceBeyond(end);
}

ExpectedError ErrorModel::of(ScaleAndZero parameters) const {
  double values = static_cast<double>(distribution.finite());
  if (values == 0)
    return {};
  ExpectedError error = sumsOf(parameters).error;
  error = {error.rounding / values, error.saturation / values};
  if (!importance)
    return error;
  error.rounding *= meanImportance;
  if (error.saturation > 0)
    error.saturation *= importanceOfSaturation(parameters);
  return error;
}

double ErrorModel::uncertaintyOf(ScaleAndZero parameters) const {
  double squares = sumsOf(parameters).saturationSquares;
  if (squares == 0)
    return 0;
  double deviation = std::sqrt(squares) / static_cast<double>(distribution.finite());
  return importance ? deviation * importanceOfSaturation(parameters) : deviation;
}

ExpectedError qlinalg::expectedError(const Scheme &scheme, const Distribution &distribution,
                                     float scale, int32_t zeroPoint,
                                     const ChannelImportance *importance) {
  return ErrorModel(scheme, distribution, importance).of(ScaleAndZero{scale, zeroPoint});
}
