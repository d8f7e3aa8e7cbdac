//===- LowerToLinalg.cpp - The definition: qlinalg into linalg and arith --===//
//
// Every op becomes linalg on tensors whose bodies are the arithmetic of the op's description. Each
// op has one file; the arithmetic of schemes is in Codec.cpp.
//
//===----------------------------------------------------------------------===//

#include "LowerToLinalg.h"

#include "QLinalg/Passes.h"
#include "QLinalg/WeightFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

void populateLowerToLinalgPatterns(RewritePatternSet &patterns, bool includeKernels) {
  populateLowerConvertOpsPatterns(patterns);
  populateLowerChooseParamsPatterns(patterns);
  populateLowerLayoutsPatterns(patterns);
  populateLowerBitPlanesPatterns(patterns);
  populateLowerTrellisPatterns(patterns);
  populateLowerSumCodesPatterns(patterns);
  if (!includeKernels)
    return;
  populateLowerDynamicQuantizePatterns(patterns);
  populateLowerMatmulPatterns(patterns);
}

#define GEN_PASS_DEF_LOWERTOLINALG
#include "QLinalg/Passes.h.inc"

namespace {

struct LowerToLinalg : impl::LowerToLinalgBase<LowerToLinalg> {
  void runOnOperation() override {
    WalkResult onTensors = getOperation().walk([](DestinationStyleOpInterface op) {
      if (!isa<MatmulOp, DynamicQuantizeOp>(op.getOperation()) || op.hasPureTensorSemantics())
        return WalkResult::advance();
      op->emitOpError("expected tensors, got memrefs; run it before bufferization");
      return WalkResult::interrupt();
    });
    if (onTensors.wasInterrupted())
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    populateLowerToLinalgPatterns(patterns);
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    getOperation().walk([&](Operation *op) {
      // Nothing of the dialect is left, but records, which compute nothing.
      op->removeAttr(weightFactsAttrName);
      if (!isa_and_nonnull<QLinalgDialect>(op->getDialect()) || isa<RecordOp>(op))
        return;
      op->emitOpError("expected an op that linalg can express");
      signalPassFailure();
    });
  }
};

} // namespace

} // namespace qlinalg
