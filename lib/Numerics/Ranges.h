//===- Ranges.h - One function a range method -------------------*- C++ -*-===//
//
// Each gives the range before it is cut to what was seen and widened to contain 0. The
// distribution has a finite value.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_RANGES_H
#define QLINALG_NUMERICS_RANGES_H

#include "HistogramBins.h"
#include "QLinalg/Numerics/RangeMethod.h"

namespace qlinalg {

/// Bounds in f64, rounded to f32 at the end.
struct Bounds {
  double least, greatest;
};

class ErrorModel;

Bounds minMaxRange(const Distribution &distribution);
Bounds averageRange(const Distribution &distribution);
Bounds percentileRange(const Scheme &scheme, const Distribution &distribution, double percentage);
Bounds deviationRange(const Distribution &distribution, double deviations);
Bounds entropyRange(const Scheme &scheme, const Distribution &distribution);
Bounds mseRange(const ErrorModel &model);

/// Any of them but `Auto`, cut and widened.
ValueRange rangeOf(const RangeMethod &method, const ErrorModel &model);

/// Cut to what was seen, widened to contain 0.
ValueRange withinSeen(const Distribution &distribution, Bounds bounds);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_RANGES_H
