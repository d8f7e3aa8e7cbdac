//===- NearestLevels.h - Levels of many quotients ---------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_NEARESTLEVELS_H
#define QLINALG_NUMERICS_NEARESTLEVELS_H

#include "QLinalg/Numerics/Scheme.h"

#include <cstddef>
#include <cstdint>

namespace qlinalg {

/// What the codes nearest to `values[i] / scale` stand for before the scale: `code - zero`, or the
/// level. One scale and zero point for all.
void nearestLevels(const Scheme &scheme, const float *values, int64_t count, float scale,
                   int32_t zeroPoint, float *levels);

/// The same with a scale and a zero point for each value, the codes too (one byte each), and
/// decoded values `level * scale`. `decoded` may be `values`.
void nearestCodes(const Scheme &scheme, const float *values, int64_t count, const float *scales,
                  const int32_t *zeroPoints, std::byte *codes, float *decoded);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_NEARESTLEVELS_H
