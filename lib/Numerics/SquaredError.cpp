//===- SquaredError.cpp - What a scale costs a run ------------------------===//

#include "SquaredError.h"

#include "Clones.h"
#include "NearestCode.h"
#include "Parameters.h"

#include <algorithm>

using namespace qlinalg;

namespace {

/// The sum is taken in so many parts whatever the width of the registers, so that it
/// does not depend on the processor.
constexpr int lanes = 16;

/// Between looks at the bound.
constexpr int64_t piece = 1024;

template <typename Decoded>
QLINALG_INLINE double sumOfSquares(const float *values, int64_t count, double bound,
                                   Decoded decoded) {
  double error = 0;
  for (int64_t first = 0; first < count && error < bound; first += piece) {
    int64_t end = std::min(first + piece, count), i = first;
    double sums[lanes] = {};
    for (; i + lanes <= end; i += lanes)
      for (int lane = 0; lane < lanes; ++lane) {
        double difference = static_cast<double>(decoded(values[i + lane])) - values[i + lane];
        sums[lane] += difference * difference;
      }
    for (int lane = 0; i < end; ++i, ++lane) {
      double difference = static_cast<double>(decoded(values[i])) - values[i];
      sums[lane] += difference * difference;
    }
    for (double sum : sums)
      error += sum;
  }
  return error;
}

template <typename Nearest>
QLINALG_INLINE double errorOf(const Scheme &scheme, const float *values, int64_t count, float scale,
                              int32_t zero, double bound, Nearest nearest) {
  float reciprocal = reciprocalOr0(scheme.division, scale);
  if (reciprocal != 0)
    return sumOfSquares(values, count, bound, [=](float value) __attribute__((always_inline)) {
      return nearest.level(value * reciprocal, zero) * scale;
    });
  return sumOfSquares(values, count, bound, [=](float value) __attribute__((always_inline)) {
    return nearest.level(value / scale, zero) * scale;
  });
}

QLINALG_CLONES double errorOfIntegers(const Scheme &scheme, const float *values, int64_t count,
                                      float scale, int32_t zeroPoint, double bound) {
  if (scheme.rounding == Rounding::Even)
    return errorOf(scheme, values, count, scale, zeroPoint, bound,
                   nearestInteger<Rounding::Even>(scheme.storage));
  return errorOf(scheme, values, count, scale, zeroPoint, bound,
                 nearestInteger<Rounding::Away>(scheme.storage));
}

QLINALG_CLONES double errorOfNF4(const Scheme &scheme, const float *values, int64_t count,
                                 float scale, int32_t zeroPoint, double bound) {
  return errorOf(scheme, values, count, scale, zeroPoint, bound, NearestNF4{nf4Thresholds});
}

QLINALG_CLONES double errorOfFP4(const Scheme &scheme, const float *values, int64_t count,
                                 float scale, int32_t zeroPoint, double bound) {
  return errorOf(scheme, values, count, scale, zeroPoint, bound, NearestFP4{fp4Thresholds});
}

QLINALG_CLONES double errorOfF8(const Scheme &scheme, const float *values, int64_t count,
                                float scale, int32_t zeroPoint, double bound) {
  return errorOf(scheme, values, count, scale, zeroPoint, bound, NearestF8{});
}

} // namespace

double qlinalg::squaredError(const Scheme &scheme, const float *values, int64_t count, float scale,
                             int32_t zeroPoint, double bound) {
  auto *errorOfStorage = isInteger(scheme.storage)        ? errorOfIntegers
                         : scheme.storage == Storage::NF4 ? errorOfNF4
                         : scheme.storage == Storage::FP4 ? errorOfFP4
                                                          : errorOfF8;
  return errorOfStorage(scheme, values, count, scale, zeroPoint, bound);
}
