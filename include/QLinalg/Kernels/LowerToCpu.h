//===- LowerToCpu.h - Code for processors -----------------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_LOWERTOCPU_H
#define QLINALG_KERNELS_LOWERTOCPU_H

#include "QLinalg/Kernels/TargetTable.h"

#include "mlir/Pass/Pass.h"

namespace mlir {
class RewriterBase;
} // namespace mlir

namespace qlinalg {

class MatmulOp;

/// Replaces a `qlinalg.matmul` on memrefs by loops for `target`.
void lowerMatmul(mlir::RewriterBase &rewriter, MatmulOp op, const Target &target);

/// Replaces each linalg op on memrefs under `root` by loops, the outermost one parallel where there
/// is enough to do and nothing that may end the call (cf.assert).
mlir::LogicalResult lowerLinalgToLoops(mlir::RewriterBase &rewriter, mlir::Operation *root);

} // namespace qlinalg

#endif // QLINALG_KERNELS_LOWERTOCPU_H
