//===- Requantize.cpp - Accumulators to codes in integers -----------------===//

#include "QLinalg/Numerics/Requantize.h"

#include "Clones.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace qlinalg;

namespace {

constexpr int64_t least32 = std::numeric_limits<int32_t>::min();
constexpr int64_t greatest32 = std::numeric_limits<int32_t>::max();

QLINALG_INLINE int32_t saturate(int64_t value) {
  return static_cast<int32_t>(std::clamp(value, least32, greatest32));
}

/// `>>` of a negative number rounds down (C++20).
template <TieRounding ties> QLINALG_INLINE int32_t roundedOnce(int32_t sum, FixedPointScale scale) {
  int64_t product = static_cast<int64_t>(sum) * scale.multiplier;
  int shift = 31 - scale.shift;
  int64_t half = int64_t{1} << (shift - 1);
  int64_t rounded = (product + half) >> shift;
  int64_t isTie = (product & (2 * half - 1)) == half ? 1 : 0;
  if (ties == TieRounding::Even)
    rounded -= isTie & rounded;
  if (ties == TieRounding::Away)
    rounded -= isTie & (product < 0 ? 1 : 0);
  return saturate(rounded);
}

/// round(a * b / 2^31), ties up: adding half and rounding toward zero a negative number, as
/// gemmlowp does with 2^30 - 1 in place of the half, is rounding down. -2^31 * -2^31 saturates.
QLINALG_INLINE int32_t doublingHighMultiply(int32_t a, int32_t b) {
  return saturate((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}

/// round(value / 2^exponent), ties away from zero.
QLINALG_INLINE int32_t divideByPowerOfTwo(int32_t value, int exponent) {
  int64_t mask = (int64_t{1} << exponent) - 1;
  int64_t rest = value & mask, threshold = (mask >> 1) + (value < 0 ? 1 : 0);
  return static_cast<int32_t>((static_cast<int64_t>(value) >> exponent) + (rest > threshold));
}

QLINALG_INLINE int32_t roundedTwice(int32_t sum, FixedPointScale scale) {
  int left = std::max(scale.shift, 0), right = std::max(-scale.shift, 0);
  int32_t shifted = saturate(static_cast<int64_t>(sum) << left);
  return divideByPowerOfTwo(doublingHighMultiply(shifted, scale.multiplier), right);
}

template <typename Round>
QLINALG_INLINE void codesOf(const Requantization &how, const int32_t *sums, int64_t count,
                            const FixedPointScale *scales, bool scalePerElement, uint8_t *codes,
                            Round round) {
  int64_t zeroPoint = how.zeroPoint, least = how.least, greatest = how.greatest;
  for (int64_t i = 0; i < count; ++i) {
    int64_t code = int64_t{round(sums[i], scales[scalePerElement ? i : 0])} + zeroPoint;
    codes[i] = static_cast<uint8_t>(std::clamp(code, least, greatest));
  }
}

} // namespace

std::optional<FixedPointScale> qlinalg::toFixedPoint(double scale) {
  if (!(scale >= 0 && scale < 0x1p30))
    return std::nullopt;
  int exponent;
  double fraction = std::frexp(scale, &exponent); // [0.5, 1)
  int64_t multiplier = std::llround(fraction * 0x1p31);
  if (multiplier == int64_t{1} << 31) {
    multiplier /= 2;
    ++exponent;
  }
  if (exponent < -31 || multiplier == 0)
    return FixedPointScale{};
  if (exponent > 30)
    return std::nullopt;
  return FixedPointScale{static_cast<int32_t>(multiplier), exponent};
}

int32_t qlinalg::requantizeExactly(int32_t sum, FixedPointScale scale, TieRounding ties) {
  switch (ties) {
  case TieRounding::Up:
    return roundedOnce<TieRounding::Up>(sum, scale);
  case TieRounding::Even:
    return roundedOnce<TieRounding::Even>(sum, scale);
  case TieRounding::Away:
    return roundedOnce<TieRounding::Away>(sum, scale);
  }
  return 0;
}

int32_t qlinalg::requantizeTwice(int32_t sum, FixedPointScale scale) {
  return roundedTwice(sum, scale);
}

QLINALG_CLONES void qlinalg::requantize(const Requantization &how, const int32_t *sums,
                                        int64_t count, const FixedPointScale *scales,
                                        bool scalePerElement, uint8_t *codes) {
  if (how.twice)
    return codesOf(how, sums, count, scales, scalePerElement, codes,
                   [](int32_t sum, FixedPointScale scale)
                       __attribute__((always_inline)) { return roundedTwice(sum, scale); });
  switch (how.ties) {
  case TieRounding::Up:
    return codesOf(how, sums, count, scales, scalePerElement, codes,
                   [](int32_t sum, FixedPointScale scale) __attribute__((always_inline)) {
                     return roundedOnce<TieRounding::Up>(sum, scale);
                   });
  case TieRounding::Even:
    return codesOf(how, sums, count, scales, scalePerElement, codes,
                   [](int32_t sum, FixedPointScale scale) __attribute__((always_inline)) {
                     return roundedOnce<TieRounding::Even>(sum, scale);
                   });
  case TieRounding::Away:
    return codesOf(how, sums, count, scales, scalePerElement, codes,
                   [](int32_t sum, FixedPointScale scale) __attribute__((always_inline)) {
                     return roundedOnce<TieRounding::Away>(sum, scale);
                   });
  }
}
