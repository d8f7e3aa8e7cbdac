//===- DotRows.h - Rows as a dot product takes them -------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_DOTROWS_H
#define QLINALG_KERNELS_DOTROWS_H

#include "QLinalg/Kernels/DotPlan.h"

namespace qlinalg::kernels {

/// The rows' codes and their sums, in the order of the rows' dimensions with k last.
struct DotRows {
  /// [.., k up to whole steps, and more] of signed numbers, 0 past the end of k; for AMX with m up
  /// to whole tiles, what follows being left as it is. For smmla [.., m / 2 rounded up, .., pairs
  /// of 8 elements of one row and the next]. Digits of numbers follow each other in a row: all
  /// lowest ones, `digitStride` elements, then the next
  mlir::Value numbers, digitStride;
  /// [.., runs * digits] of i32, a run's digits side by side: what is to be added for
  /// `columnOffset`, or, where the columns have zero points that are operands, the sums
  mlir::Value sums;
  /// [.., runs] of f32, where rows of floats became integers; else null
  mlir::Value scales;
  /// The loops of all three but the last.
  llvm::SmallVector<unsigned> dims;

  void free(mlir::ImplicitLocOpBuilder &b) const;
};

/// One pass over the rows.
DotRows prepareRows(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                    const DotPlan &plan, llvm::ArrayRef<mlir::Value> sizes, bool parallel);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_DOTROWS_H
