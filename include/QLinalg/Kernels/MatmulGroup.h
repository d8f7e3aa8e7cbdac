//===- MatmulGroup.h - Matmuls of one input -------------------*- C++ -*-===//
//
//   q = x Wq;  k = x Wk;  v = x Wv   ->   one preparation of x, one parallel loop over all panels
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_MATMULGROUP_H
#define QLINALG_KERNELS_MATMULGROUP_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace qlinalg::kernels {

using MatmulGroup = llvm::SmallVector<MatmulOp, 1>;

/// All matmuls on memrefs under `root`, in their order: those that stand in one block, read one
/// operand and may all run where the last of them stands make one group.
llvm::SmallVector<MatmulGroup> groupMatmuls(mlir::Operation *root);

/// Makes one loop of loops over one index each, in one block in this order, where the last of them
/// stands. What lies between may not read what they write; what is freed there is freed after.
void mergeParallelLoops(mlir::RewriterBase &rewriter, llvm::ArrayRef<mlir::scf::ParallelOp> loops);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_MATMULGROUP_H
