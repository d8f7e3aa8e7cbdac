//===- LowerToGpu.h - The kernels of --qlinalg-lower-to-gpu -----*- C++ -*-===//

#ifndef QLINALG_LIB_GPU_LOWERTOGPU_H
#define QLINALG_LIB_GPU_LOWERTOGPU_H

#include "QLinalg/Kernels/GpuTarget.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/PatternMatch.h"

namespace qlinalg::gpu {

/// Empty where there is a kernel for `op`, on tensors or memrefs; else why there is none.
llvm::StringRef whyNoKernel(MatmulOp op);
llvm::StringRef whyNoKernel(DynamicQuantizeOp op);

/// `op` on memrefs, for which there is a kernel, into a launch.
void lowerMatmul(mlir::RewriterBase &rewriter, MatmulOp op, const GpuTarget &target, bool report);
void lowerDynamicQuantize(mlir::RewriterBase &rewriter, DynamicQuantizeOp op);

/// linalg and copies on memrefs below `root`, outside of launches.
mlir::LogicalResult lowerLoops(mlir::RewriterBase &rewriter, mlir::Operation *root);

} // namespace qlinalg::gpu

#endif // QLINALG_LIB_GPU_LOWERTOGPU_H
