//===- Requantize.h - Accumulators to codes in integers ---------*- C++ -*-===//
//
// A sum of products of codes stands for sum * (sx * sw); as a code of scale sy it is
// sum * M with M = sx * sw / sy. M is written m * 2^(shift - 31) with an integer m in [2^30, 2^31),
// which keeps 31 bits of it: off by at most 2^-31 of itself, so by at most a quarter of a code
// where |sum * M| is at most 2^29. Then
//
//   sum * M = p / 2^d,  p = sum * m,  d = 31 - shift
//
// and p is below 2^62 in magnitude: it fits 64 bits together with half of 2^d for d up to 62.
//
// single rounding   round(p / 2^d) with floor((p + 2^(d-1)) / 2^d), which rounds ties up; for ties
//                   to even or away from zero the last step of a tie is taken back where the result
//                   is odd or negative. Exact: the one rounding is that of the true quotient.
// double rounding   of gemmlowp and TFLite (B. Jacob et al., arXiv 1712.05877, section 2.4):
//                   h = round(sum * 2^left * m / 2^31), what NEON's sqrdmulh gives, ties up, then
//                   round(h / 2^right), ties away from zero; one of left and right is 0. A number
//                   just below half a code can be rounded up to a tie and then once more, so
//                   that the result is now and then one beside that of a single rounding.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_REQUANTIZE_H
#define QLINALG_NUMERICS_REQUANTIZE_H

#include <cstdint>
#include <optional>

namespace qlinalg {

/// m * 2^(shift - 31). 0 has the multiplier 0; else the multiplier lies in [2^30, 2^31) and
/// the shift in [-31, 30].
struct FixedPointScale {
  int32_t multiplier = 0;
  int32_t shift = 0;

  bool operator==(const FixedPointScale &) const = default;
};

/// The nearest, ties away from 0. Below 2^-32, where every result rounds to 0, it is 0. Nothing for
/// a scale that is negative, NaN or 2^30 and more.
std::optional<FixedPointScale> toFixedPoint(double scale);

/// What becomes of a result that lies half way between two integers.
enum class TieRounding { Up, Even, Away };

/// round(sum * scale), rounded once and saturated to int32.
int32_t requantizeExactly(int32_t sum, FixedPointScale scale, TieRounding ties);

/// The two roundings of gemmlowp and TFLite. TFLite has no result where sum * 2^left overflows
/// int32; here it saturates.
int32_t requantizeTwice(int32_t sum, FixedPointScale scale);

/// How a whole row is requantized: to codes in [least, greatest] around a zero point.
struct Requantization {
  bool twice = false;
  /// Unless `twice`.
  TieRounding ties = TieRounding::Even;
  int32_t zeroPoint = 0;
  int32_t least = -128, greatest = 127;
};

/// clamp(requantize(sums[i], scales[i or 0]) + zero point), one scale for all or one each. Codes
/// are the low 8 bits: int8 or uint8 as the bounds say.
void requantize(const Requantization &how, const int32_t *sums, int64_t count,
                const FixedPointScale *scales, bool scalePerElement, uint8_t *codes);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_REQUANTIZE_H
