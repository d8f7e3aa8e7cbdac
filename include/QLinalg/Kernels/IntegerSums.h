//===- IntegerSums.h - Runs of k that are summed in integers ----*- C++ -*-===//

#ifndef QLINALG_KERNELS_INTEGERSUMS_H
#define QLINALG_KERNELS_INTEGERSUMS_H

#include "QLinalg/Kernels/Contraction.h"

namespace qlinalg::kernels {

struct IntegerRuns {
  /// Elements of k from one possible end of a run to the next; 0: one run is all of k.
  int64_t step;
  /// Elements per group of each side, 0 for all of k.
  int64_t rowGroup, columnGroup;
  /// Bits of the sums: 32 where that is proved to be enough, else 64.
  unsigned width;

  /// Each step ends a run: the groups nest.
  bool isEvery() const;
};

IntegerRuns getIntegerRuns(const Contraction &contraction);

/// Whether `end` ends a run of a contraction over `size`.
mlir::Value isRunEnd(mlir::ImplicitLocOpBuilder &b, const IntegerRuns &runs, mlir::Value end,
                     mlir::Value size);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_INTEGERSUMS_H
