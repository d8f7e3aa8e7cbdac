//===- NearestLevels.cpp - Levels of many quotients -----------------------===//

#include "NearestLevels.h"

#include "NearestCode.h"
#include "Parameters.h"

using namespace qlinalg;

namespace {

template <typename Nearest>
QLINALG_INLINE void levelsOf(const float *values, int64_t count, float scale, int32_t zero,
                             float *__restrict levels, Nearest nearest) {
  for (int64_t i = 0; i < count; ++i)
    levels[i] = nearest.level(values[i] / scale, zero);
}

template <typename Nearest>
QLINALG_INLINE void codesOf(bool isReciprocal, const float *values, int64_t count,
                            const float *scales, const int32_t *zeros, std::byte *__restrict codes,
                            float *decoded, Nearest nearest) {
  for (int64_t i = 0; i < count; ++i) {
    // As `reciprocalOr0`, for each value.
    float reciprocal = 1.0f / scales[i];
    bool divides = !isReciprocal || reciprocal - reciprocal != 0;
    float quotient = divides ? values[i] / scales[i] : values[i] * reciprocal;
    codes[i] = static_cast<std::byte>(nearest.code(quotient, zeros[i]));
    decoded[i] = nearest.level(quotient, zeros[i]) * scales[i];
  }
}

/// Calls `apply` with what finds the codes of the scheme's storage.
template <typename Apply> QLINALG_INLINE void withNearest(const Scheme &scheme, Apply apply) {
  if (scheme.storage == Storage::NF4)
    apply(NearestNF4{nf4Thresholds});
  else if (scheme.storage == Storage::FP4)
    apply(NearestFP4{fp4Thresholds});
  else if (scheme.storage == Storage::F8E4M3FN)
    apply(NearestF8{});
  else if (scheme.rounding == Rounding::Even)
    apply(nearestInteger<Rounding::Even>(scheme.storage));
  else
    apply(nearestInteger<Rounding::Away>(scheme.storage));
}

} // namespace

QLINALG_CLONES void qlinalg::nearestLevels(const Scheme &scheme, const float *values, int64_t count,
                                           float scale, int32_t zeroPoint, float *levels) {
  withNearest(scheme, [=](auto nearest) __attribute__((always_inline)) {
    levelsOf(values, count, scale, zeroPoint, levels, nearest);
  });
}

QLINALG_CLONES void qlinalg::nearestCodes(const Scheme &scheme, const float *values, int64_t count,
                                          const float *scales, const int32_t *zeroPoints,
                                          std::byte *codes, float *decoded) {
  bool isReciprocal = scheme.division == Division::Reciprocal;
  withNearest(scheme, [=](auto nearest) __attribute__((always_inline)) {
    codesOf(isReciprocal, values, count, scales, zeroPoints, codes, decoded, nearest);
  });
}
