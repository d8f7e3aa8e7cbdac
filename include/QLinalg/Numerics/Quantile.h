//===- Quantile.h - Below what a part of all values lies --------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_QUANTILE_H
#define QLINALG_NUMERICS_QUANTILE_H

#include "QLinalg/Numerics/Distribution.h"

namespace qlinalg {

/// What `fraction` (0 to 1) of the finite values do not exceed, within 1/64 of it; 0 without
/// values.
double quantile(const Distribution &distribution, double fraction);
/// The same of magnitudes.
double quantileOfMagnitude(const Distribution &distribution, double fraction);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_QUANTILE_H
