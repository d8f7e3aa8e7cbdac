//===- DotAlongK.h - Few rows times columns that lie along k ----*- C++ -*-===//
//
//   for each tile of rows and of columns: for vectors of k: sums += rows * columns
//   the lanes of each sum added up
//
// Nothing is transposed: the scores of attention for few queries, weights of floats as files hold
// them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_DOTALONGK_H
#define QLINALG_KERNELS_DOTALONGK_H

#include "QLinalg/Kernels/Contraction.h"
#include "QLinalg/Kernels/TargetTable.h"

namespace qlinalg::kernels {

/// Both sides are floats that lie side by side along k.
bool canDotAlongK(const Contraction &contraction);

/// All rows times the `lanes` columns (or as many as there are) from coordinates[n] on.
void dotAlongK(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction, const Target &target,
               llvm::ArrayRef<mlir::Value> sizes, const Coordinates &coordinates, int64_t lanes);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_DOTALONGK_H
