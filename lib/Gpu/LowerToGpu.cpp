//===- LowerToGpu.cpp - qlinalg and linalg on memrefs into gpu.launch -----===//

#include "LowerToGpu.h"

#include "Launch.h"
#include "QLinalg/Gpu/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERTOGPU
#include "QLinalg/Gpu/Passes.h.inc"

namespace {
struct LowerToGpuPass : impl::LowerToGpuBase<LowerToGpuPass> {
  using LowerToGpuBase::LowerToGpuBase;

  void runOnOperation() override {
    std::optional<GpuTarget> target = lookupGpuTarget(chip);
    if (!target) {
      getOperation()->emitError() << "expected " << gpuTargetNames << " in chip=, got '" << chip
                                  << "'";
      return signalPassFailure();
    }
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> ops;
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (!isa<MatmulOp, DynamicQuantizeOp>(op))
        return WalkResult::advance();
      auto matmul = dyn_cast<MatmulOp>(op);
      StringRef reason =
          matmul ? gpu::whyNoKernel(matmul) : gpu::whyNoKernel(cast<DynamicQuantizeOp>(op));
      if (op->getNumResults() != 0)
        reason = "expected memrefs, got tensors; bufferize first";
      if (!reason.empty()) {
        op->emitOpError() << reason;
        return WalkResult::interrupt();
      }
      ops.push_back(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (Operation *op : ops) {
      if (auto matmul = dyn_cast<MatmulOp>(op))
        gpu::lowerMatmul(rewriter, matmul, *target, report);
      else
        gpu::lowerDynamicQuantize(rewriter, cast<DynamicQuantizeOp>(op));
    }
    if (failed(gpu::lowerLoops(rewriter, getOperation())))
      return signalPassFailure();
    gpu::nameKernels(getOperation(), getOperation().getName());
  }
};
} // namespace

} // namespace qlinalg
