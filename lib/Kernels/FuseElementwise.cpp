//===- FuseElementwise.cpp - Elementwise linalg into its one reader -------===//
//
// Chains of elementwise ops in one loop instead of one pass over memory each. Not where a reader
// would compute an element more than once, and not where a body may end the call (cf.assert), which
// keeps loops from being parallel.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "QLinalg/Passes.h.inc"

static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto reader = cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !operand->get().hasOneUse())
    return false;
  for (Operation &op : producer.getBody()->without_terminator())
    if (!isPure(&op))
      return false;
  // A body that only yields costs nothing to repeat.
  bool onlyMoves = llvm::hasSingleElement(*producer.getBody());
  return onlyMoves || reader.getMatchingIndexingMap(operand).isPermutation();
}

namespace {
struct FuseElementwisePass : impl::FuseElementwiseBase<FuseElementwisePass> {
  using FuseElementwiseBase::FuseElementwiseBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    // Operands that the fused body does not read go.
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace qlinalg
