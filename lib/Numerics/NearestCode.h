//===- NearestCode.h - Quotients to codes and levels ------------*- C++ -*-===//
//
// One struct per kind of storage: `code` is what is stored for a quotient of value
// and scale, `level` what that code stands for before the scale, so that
// decoding the code of `value` gives `level(value / scale) * scale`.
//
// All are aggregates that hold what they need: clang 22 does not emit constructors
// that only clones call, and what is reached through a pointer is loaded anew
// after every store.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_NEARESTCODE_H
#define QLINALG_NUMERICS_NEARESTCODE_H

#include "Levels.h"
#include "Rounding.h"

namespace qlinalg {

template <Rounding rounding> struct NearestInteger {
  int32_t least, greatest;

  QLINALG_INLINE int32_t distance(float quotient, int32_t zero) const {
    return roundTies<rounding>(clampQuotient(quotient, static_cast<float>(least - zero),
                                             static_cast<float>(greatest - zero)));
  }
  QLINALG_INLINE int32_t code(float quotient, int32_t zero) const {
    return distance(quotient, zero) + zero;
  }
  QLINALG_INLINE float level(float quotient, int32_t zero) const {
    return static_cast<float>(distance(quotient, zero));
  }
};

template <Rounding rounding>
QLINALG_INLINE NearestInteger<rounding> nearestInteger(Storage storage) {
  return {static_cast<int32_t>(minCode(storage)), static_cast<int32_t>(maxCode(storage))};
}

struct NearestNF4 {
  Thresholds<15> thresholds;

  QLINALG_INLINE int32_t code(float quotient, int32_t) const { return thresholds.index(quotient); }
  QLINALG_INLINE float level(float quotient, int32_t) const {
    return thresholds.level(quotient, nf4Levels);
  }
};

struct NearestFP4 {
  Thresholds<7> thresholds;

  QLINALG_INLINE int32_t code(float quotient, int32_t) const {
    int32_t index = thresholds.index(floatOf(bitsOf(quotient) & magnitudeMask));
    // What rounds to 0 from below is code 0, never 8.
    return index + (quotient < 0 && index > 0 ? 8 : 0);
  }
  QLINALG_INLINE float level(float quotient, int32_t) const {
    float magnitude = thresholds.level(floatOf(bitsOf(quotient) & magnitudeMask), fp4Levels);
    return quotient < 0 ? -magnitude : magnitude;
  }
};

struct NearestF8 {
  QLINALG_INLINE uint32_t code(float quotient, int32_t) const { return f8OfF32(quotient); }
  QLINALG_INLINE float level(float quotient, int32_t) const { return f32OfF8(f8OfF32(quotient)); }
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_NEARESTCODE_H
