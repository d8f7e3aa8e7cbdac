//===- Parameters.h - Scales and zero points --------------------*- C++ -*-===//
//
// Inside the library scales are f32, already rounded to the type in which
// they are stored; zero points are int32, in the domain of the codes.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_PARAMETERS_H
#define QLINALG_NUMERICS_PARAMETERS_H

#include "QLinalg/Numerics/Quantize.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace qlinalg {

/// Scales of runs whose magnitudes (symmetric) or widths (affine) are `widths`:
/// divided by `divisor`, rounded to `type`. A width of 0 gives 1, any other that
/// would give 0 the least positive number of `type`; one beyond `type` gives infinity.
void chooseScales(FloatType type, float divisor, const float *widths, int64_t count, float *scales);

/// Zero points of affine integers for ranges that begin at `least`. A run that is all
/// zero has the unsigned zero point 0, hence -2^(b-1) for `int*`: its codes equal its
/// zero point, so it decodes to exactly 0.
void chooseZeroPoints(const Scheme &scheme, const float *least, const float *scales, int64_t count,
                      int32_t *zeroPoints);

/// What the width of a run is divided by: 2^b - 1 for affine and positive integers, else
/// `largestLevel`.
float scaleDivisor(const Scheme &scheme);

/// `1 / scale` where the scheme multiplies by the reciprocal, else 0: divide. A scale so
/// small that its reciprocal overflows is divided by in any case; 0 would become NaN.
inline float reciprocalOr0(Division division, float scale) {
  float reciprocal = 1.0f / scale;
  return division == Division::Reciprocal && std::isfinite(reciprocal) ? reciprocal : 0;
}

/// Zero point `i` of those stored, or that of the symmetric scheme.
int32_t zeroPointAt(const Scheme &scheme, const std::byte *stored, int64_t i);

/// Scales and zero points of one or more runs.
struct Parameters {
  std::vector<float> scales;
  std::vector<int32_t> zeroPoints;

  /// `count` runs; the zero points are those of the symmetric scheme until chosen.
  Parameters(const Scheme &scheme, int64_t count)
      : scales(count), zeroPoints(count, static_cast<int32_t>(impliedZeroPoint(scheme))) {}

  /// From and to what is stored, beginning at run `first` of the caller's arrays.
  void load(const Scheme &scheme, int64_t first, const std::byte *storedScales,
            const std::byte *storedZeroPoints);
  void store(const Scheme &scheme, int64_t first, std::byte *storedScales,
             std::byte *storedZeroPoints) const;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_PARAMETERS_H
