//===- AccumulatorProof.h - How wide integer sums become --------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_ACCUMULATORPROOF_H
#define QLINALG_TRANSFORMS_ACCUMULATORPROOF_H

#include "FrozenWeight.h"

#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

/// Sets the accumulator of each integer matmul that reads `op`'s result, whose codes and zero points `weight` holds.
void proveAccumulators(QuantizeOp op, const WeightRows &rows, QuantizedView weight);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_ACCUMULATORPROOF_H
