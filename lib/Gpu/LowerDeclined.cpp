//===- LowerDeclined.cpp - What no GPU kernel takes by its definition -----===//

#include "LowerToGpu.h"

#include "QLinalg/Gpu/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERDECLINED
#include "QLinalg/Gpu/Passes.h.inc"

namespace {
struct LowerDeclinedPass : impl::LowerDeclinedBase<LowerDeclinedPass> {
  using LowerDeclinedBase::LowerDeclinedBase;

  /// Packed codes that a matmul reads by way of an unpack are read as they are.
  void foldUnpacks() {
    getOperation()->walk([&](MatmulOp op) {
      if (op.isInteger())
        return;
      auto rows = LayoutAttr::getRows(&getContext());
      auto lhs = op.getLhs().getDefiningOp<UnpackOp>(), rhs = op.getRhs().getDefiningOp<UnpackOp>();
      if (lhs && op.getLhsScheme() && !op.getLhsLayout() && lhs.getLayout() == rows) {
        op.getLhsMutable().assign(lhs.getSource());
        op.setLhsLayoutAttr(rows);
      }
      if (rhs && op.getRhsScheme() && !op.getRhsLayout() && rhs.getLayout() == rows) {
        op.getRhsMutable().assign(rhs.getSource());
        op.setRhsLayoutAttr(rows);
      }
    });
  }

  void runOnOperation() override {
    foldUnpacks();
    SmallVector<Operation *> declined;
    getOperation()->walk([&](Operation *op) {
      StringRef reason;
      if (auto matmul = dyn_cast<MatmulOp>(op))
        reason = gpu::whyNoKernel(matmul);
      else if (auto conversion = dyn_cast<DynamicQuantizeOp>(op))
        reason = gpu::whyNoKernel(conversion);
      if (reason.empty())
        return;
      if (report)
        op->emitRemark() << "a thread for each result: " << reason;
      declined.push_back(op);
    });
    RewritePatternSet patterns(&getContext());
    populateLowerToLinalgPatterns(patterns);
    GreedyRewriteConfig config;
    // Others keep their kernels.
    config.setStrictness(GreedyRewriteStrictness::ExistingOps);
    if (failed(applyOpPatternsGreedily(declined, std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace

} // namespace qlinalg
