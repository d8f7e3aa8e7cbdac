//===- Gptq.h - Codes whose errors cancel in the results --------*- C++ -*-===//
//
// GPTQ (Frantar et al., arXiv 2210.17323): columns are coded one after the other, and those to come
// make up for the errors of those before (ErrorFeedback.h). Scales and zero points are chosen
// before, from the weight as it is ("static groups"), so groups may have any length and columns any
// order. With second moments that are the identity it is rounding to nearest.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_GPTQ_H
#define QLINALG_NUMERICS_GPTQ_H

#include "QLinalg/Numerics/MomentFactor.h"
#include "QLinalg/Numerics/Quantize.h"

namespace qlinalg {

/// Codes of `matrix` [N, K] for the scales and zero points of `result`. For storages of at most 8
/// bits that have scales; values are finite. Gives what the codes cost under the damped moments:
/// tr(E H E^T).
double gptq(const Scheme &scheme, const MomentFactor &factor, MatrixView matrix,
            QuantizedView result, const ForEach &threads = {});

} // namespace qlinalg

#endif // QLINALG_NUMERICS_GPTQ_H
