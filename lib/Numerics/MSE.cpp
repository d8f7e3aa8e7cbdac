//===- MSE.cpp - Scales that minimise the squared error -------------------===//
//
// The range of a run is shrunk in steps of a hundredth, both ends alike; the
// values outside saturate, the others are met by finer steps. The best scale
// is kept, the one of the whole range when none is better.
//
//===----------------------------------------------------------------------===//

#include "Methods.h"

#include "Range.h"
#include "SquaredError.h"

#include <algorithm>
#include <limits>

using namespace qlinalg;

namespace {

/// Factors 0.99 to 0.10. Two bits need the small ones: the best step of a ternary code
/// is about 1.2 deviations, and one value in a long run can be ten of them away.
constexpr int64_t candidates = 90;
constexpr float factorOf(int64_t candidate) { return static_cast<float>(99 - candidate) / 100.0f; }

/// Scales and zero points of all shrunken ranges of one run.
void shrink(const Scheme &scheme, const float *values, int64_t count, Parameters &parameters) {
  float least = 0, greatest = 0;
  if (storesZeroPoints(scheme))
    findRanges(values, count, count, &least, &greatest);
  else
    findMagnitudes(values, count, count, &greatest);
  float widths[candidates], starts[candidates];
  for (int64_t i = 0; i < candidates; ++i) {
    starts[i] = least * factorOf(i);
    widths[i] = greatest * factorOf(i) - starts[i];
  }
  chooseScales(scheme.scales, scaleDivisor(scheme), widths, candidates, parameters.scales.data());
  if (storesZeroPoints(scheme))
    chooseZeroPoints(scheme, starts, parameters.scales.data(), candidates,
                     parameters.zeroPoints.data());
}

} // namespace

void qlinalg::improveMSE(const Scheme &scheme, const float *values, int64_t count, int64_t run,
                         Parameters &parameters) {
  Parameters others(scheme, candidates);
  for (int64_t first = 0, i = 0; first < count; first += run, ++i) {
    int64_t length = std::min(run, count - first);
    const float *start = values + first;
    float &scale = parameters.scales[i];
    int32_t &zeroPoint = parameters.zeroPoints[i];
    double best = squaredError(scheme, start, length, scale, zeroPoint,
                               std::numeric_limits<double>::infinity());
    shrink(scheme, start, length, others);
    for (int64_t c = 0; c < candidates; ++c) {
      double error =
          squaredError(scheme, start, length, others.scales[c], others.zeroPoints[c], best);
      if (error < best) {
        best = error;
        scale = others.scales[c];
        zeroPoint = others.zeroPoints[c];
      }
    }
  }
}
