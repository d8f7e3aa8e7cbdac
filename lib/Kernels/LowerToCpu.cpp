//===- LowerToCpu.cpp - qlinalg and linalg on memrefs into loops ----------===//

#include "QLinalg/Kernels/LowerToCpu.h"

#include "QLinalg/Kernels/MatmulGroup.h"
#include "QLinalg/Passes.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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
    SmallVector<DynamicQuantizeOp> conversions;
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (!isa<MatmulOp, DynamicQuantizeOp>(op))
        return WalkResult::advance();
      if (op->getNumResults() != 0) {
        op->emitOpError() << "expected memrefs, got tensors; bufferize first";
        return WalkResult::interrupt();
      }
      if (auto conversion = dyn_cast<DynamicQuantizeOp>(op))
        conversions.push_back(conversion);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    // While what stands between them still says what it touches.
    for (ArrayRef<MatmulOp> group : kernels::groupMatmuls(getOperation()))
      lowerMatmuls(rewriter, group, *target, report);
    for (DynamicQuantizeOp conversion : conversions)
      lowerDynamicQuantize(rewriter, conversion, *target);
    if (failed(lowerLinalgToLoops(rewriter, getOperation(), *target)))
      signalPassFailure();
  }
};
} // namespace

} // namespace qlinalg
