//===- SquaredError.h - What a scale costs a run ----------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_SQUAREDERROR_H
#define QLINALG_NUMERICS_SQUAREDERROR_H

#include "QLinalg/Numerics/Scheme.h"

#include <cstdint>

namespace qlinalg {

/// The sum in f64 of (decoded - value)^2 over one run, coded and decoded with these
/// parameters. A sum that reaches `bound` may be given up: some number not
/// below `bound` then.
double squaredError(const Scheme &scheme, const float *values, int64_t count, float scale,
                    int32_t zeroPoint, double bound);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_SQUAREDERROR_H
