//===- Rounding.h - Quotients to integers -----------------------*- C++ -*-===//
//
// A quotient is clamped before it is rounded. The bounds are integers, so
// the order makes no difference to the result, and what is rounded is small.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_ROUNDING_H
#define QLINALG_NUMERICS_ROUNDING_H

#include "Clones.h"
#include "FloatBits.h"
#include "QLinalg/Numerics/Scheme.h"

namespace qlinalg {

/// `quotient` in [least, greatest]; a NaN gives `least`.
QLINALG_INLINE float clampQuotient(float quotient, float least, float greatest) {
  float atLeast = quotient > least ? quotient : least;
  return atLeast < greatest ? atLeast : greatest;
}

/// Of a number of magnitude up to 2^22: where one unit in the last place is 1
/// the addition itself rounds to even.
QLINALG_INLINE int32_t roundEven(float value) {
  constexpr float shift = 12582912.0f; // 1.5 * 2^23
  return static_cast<int32_t>(bitsOf(value + shift) - bitsOf(shift));
}

QLINALG_INLINE int32_t roundAway(float value) {
  int32_t whole = static_cast<int32_t>(value);
  float rest = value - static_cast<float>(whole);
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

template <Rounding rounding> QLINALG_INLINE int32_t roundTies(float value) {
  return rounding == Rounding::Even ? roundEven(value) : roundAway(value);
}

} // namespace qlinalg

#endif // QLINALG_NUMERICS_ROUNDING_H
