//===- Nearest.cpp - Scales from the range of each run --------------------===//

#include "Methods.h"

#include "Range.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

/// Where the first value of a run that is not finite stands, if there is one.
static std::optional<RunError> findNotFinite(const float *values, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; ++i)
    if (!std::isfinite(values[i]))
      return RunError{QuantizeError::Kind::NotFinite, i, values[i]};
  return std::nullopt;
}

/// What is wrong with a run whose scale is not finite: a value, else the scale,
/// which is put down to the first value of greatest magnitude.
static RunError explain(const Scheme &scheme, const float *values, int64_t first, int64_t end,
                        float width) {
  if (std::optional<RunError> error = findNotFinite(values, first, end))
    return *error;
  const float *greatest = std::max_element(
      values + first, values + end, [](float a, float b) { return std::abs(a) < std::abs(b); });
  return RunError{QuantizeError::Kind::ScaleOverflow, greatest - values,
                  width / scaleDivisor(scheme)};
}

std::optional<RunError> qlinalg::chooseNearest(const Scheme &scheme, const float *values,
                                               int64_t count, int64_t run, Parameters &parameters) {
  int64_t runs = static_cast<int64_t>(parameters.scales.size());
  bool affine = storesZeroPoints(scheme);
  std::vector<float> widths(runs), least(affine ? runs : 0);
  if (affine) {
    findRanges(values, count, run, least.data(), widths.data());
    // An end that is not finite leaves a width that is not finite.
    for (int64_t i = 0; i < runs; ++i)
      widths[i] -= least[i];
  } else {
    findMagnitudes(values, count, run, widths.data());
  }
  float *scales = parameters.scales.data();
  chooseScales(scheme.scales, scaleDivisor(scheme), widths.data(), runs, scales);
  for (int64_t i = 0; i < runs; ++i)
    if (!std::isfinite(scales[i]))
      return explain(scheme, values, i * run, std::min((i + 1) * run, count), widths[i]);
  if (affine)
    chooseZeroPoints(scheme, least.data(), scales, runs, parameters.zeroPoints.data());
  return std::nullopt;
}
