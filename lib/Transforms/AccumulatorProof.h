//===- AccumulatorProof.h - How wide integer sums become --------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_ACCUMULATORPROOF_H
#define QLINALG_TRANSFORMS_ACCUMULATORPROOF_H

#include "FrozenWeight.h"

#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

/// The bounds of the integer matmuls that read one frozen weight.
class AccumulatorProof {
public:
  AccumulatorProof(Scheme scheme, int64_t columns) : scheme(scheme), columns(columns) {}

  /// The matmuls that sum over whole rows of what `op` writes.
  void addMatmulsOf(QuantizeOp op);
  /// Some rows of the weight; all must be seen before `apply`.
  void addRows(const FrozenRows &rows);
  /// Says on each matmul how wide its sums can become.
  void apply();

private:
  struct Bound {
    MatmulOp op;
    /// Columns that share their scales on both sides, at most; 0 for all.
    int64_t run;
    /// The greatest |code - zero| of the other side.
    int64_t other;
    /// The greatest sum of |code - zero| over a run of the weight so far.
    int64_t sum = 0;
  };
  Scheme scheme;
  int64_t columns;
  /// Of two neighbours; int8 without zero points only.
  int64_t largestPair = 0;
  llvm::SmallVector<Bound> bounds;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_ACCUMULATORPROOF_H
