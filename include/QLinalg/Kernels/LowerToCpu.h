//===- LowerToCpu.h - Code for processors -----------------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_LOWERTOCPU_H
#define QLINALG_KERNELS_LOWERTOCPU_H

#include "QLinalg/Kernels/TargetTable.h"

#include "mlir/Pass/Pass.h"

namespace mlir {
class RewriterBase;
} // namespace mlir

namespace qlinalg {

class DynamicQuantizeOp;
class MatmulOp;

/// Replaces a group of `qlinalg.matmul` on memrefs (MatmulGroup.h) by loops for `target`; with
/// `report`, a remark at the location of each says which.
void lowerMatmuls(mlir::RewriterBase &rewriter, llvm::ArrayRef<MatmulOp> group,
                  const Target &target, bool report = false);

/// Replaces a `qlinalg.dynamic_quantize` on memrefs by loops for `target`.
void lowerDynamicQuantize(mlir::RewriterBase &rewriter, DynamicQuantizeOp op, const Target &target);

/// Replaces each linalg op on memrefs (and each copy) under `root` by loops: ops that share rows in
/// one, the innermost in vectors, the outer ones parallel where there is enough to do and nothing
/// that may end the call (cf.assert).
mlir::LogicalResult lowerLinalgToLoops(mlir::RewriterBase &rewriter, mlir::Operation *root,
                                       const Target &target);

} // namespace qlinalg

#endif // QLINALG_KERNELS_LOWERTOCPU_H
