//===- FuseDynamicQuantize.cpp - choose_params and quantize into one ------===//
//
// %s = qlinalg.choose_params %x
// %q = qlinalg.quantize %x scales %s
//   ->
// %q, %s = qlinalg.dynamic_quantize %x outs(tensor.empty, tensor.empty)
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "QLinalg/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_FUSEDYNAMICQUANTIZE
#include "QLinalg/Passes.h.inc"

/// `quantize` makes codes of the very value that `choose` looked at, with nothing but what it
/// chose.
static bool usesChosen(QuantizeOp quantize, ChooseParamsOp choose) {
  return quantize.getInput() == choose.getInput() && quantize.getScales() == choose.getScales() &&
         quantize.getZeroPoints() == choose.getZeroPoints() &&
         quantize.getScheme() == choose.getScheme() &&
         quantize.getParamsMap() == choose.getParamsMap();
}

/// A tensor without values for each result of `op`.
static void appendOuts(ImplicitLocOpBuilder &b, ReifyRankedShapedTypeOpInterface op,
                       SmallVector<Value> &outs) {
  ReifiedRankedShapedTypeDims shapes;
  if (failed(reifyResultShapes(b, op, shapes)))
    llvm_unreachable("shapes are those of the input");
  for (auto [result, shape] : llvm::zip_equal(op->getResults(), shapes))
    outs.push_back(createEmpty(b, cast<RankedTensorType>(result.getType()), shape));
}

namespace {
struct FuseChosen : OpRewritePattern<ChooseParamsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ChooseParamsOp choose, PatternRewriter &rewriter) const override {
    Storage storage = choose.getScheme().getStorage();
    if (!isInteger(storage) || bitWidth(storage) != 8)
      return rewriter.notifyMatchFailure(choose, "expected a scheme of integers of 8 bits");
    if (matchPattern(choose.getInput(), m_Constant()))
      return rewriter.notifyMatchFailure(choose, "expected a value that is not constant");
    SmallVector<QuantizeOp> quantizes;
    for (Operation *user : choose->getUsers())
      if (auto quantize = dyn_cast<QuantizeOp>(user);
          quantize && usesChosen(quantize, choose) && !llvm::is_contained(quantizes, quantize))
        quantizes.push_back(quantize);
    if (quantizes.empty())
      return rewriter.notifyMatchFailure(choose, "expected a quantize with what it chose");
    ImplicitLocOpBuilder b(choose.getLoc(), rewriter);
    SmallVector<Value> outs;
    appendOuts(b, quantizes.front(), outs);
    appendOuts(b, choose, outs);
    auto fused = DynamicQuantizeOp::create(b, TypeRange(ValueRange(outs)), choose.getInput(),
                                           choose.getScheme(), choose.getParamsMap(), outs);
    for (QuantizeOp quantize : quantizes)
      rewriter.replaceOp(quantize, fused.getResults().front());
    rewriter.replaceOp(choose, fused.getResults().drop_front());
    return success();
  }
};

struct FuseDynamicQuantizePass : impl::FuseDynamicQuantizeBase<FuseDynamicQuantizePass> {
  using FuseDynamicQuantizeBase::FuseDynamicQuantizeBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseChosen>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace qlinalg
