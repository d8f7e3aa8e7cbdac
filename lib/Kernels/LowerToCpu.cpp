//===- LowerToCpu.cpp - qlinalg and linalg on memrefs into loops ----------===//

#include "QLinalg/Kernels/LowerToCpu.h"

#include "QLinalg/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERTOCPU
#include "QLinalg/Passes.h.inc"

namespace {
struct LowerToCpuPass : impl::LowerToCpuBase<LowerToCpuPass> {
  using LowerToCpuBase::LowerToCpuBase;

  void runOnOperation() override {
    std::optional<Target> target = lookupTarget(cpu);
    if (!target) {
      getOperation()->emitError() << "expected the name of a processor in cpu=, got '" << cpu
                                  << "'";
      return signalPassFailure();
    }
    IRRewriter rewriter(&getContext());
    SmallVector<MatmulOp> matmuls;
    WalkResult result = getOperation()->walk([&](MatmulOp op) {
      if (op.getResult()) {
        op.emitOpError() << "expected memrefs, got tensors; bufferize first";
        return WalkResult::interrupt();
      }
      matmuls.push_back(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (MatmulOp op : matmuls)
      lowerMatmul(rewriter, op, *target);
    if (failed(lowerLinalgToLoops(rewriter, getOperation())))
      signalPassFailure();
  }
};
} // namespace

} // namespace qlinalg
