//===- LowerDynamicQuantize.cpp - dynamic_quantize by its definition ------===//
//
// choose_params, and quantize with what it chose.
//
//===----------------------------------------------------------------------===//

#include "LowerToLinalg.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {
namespace {

struct LowerDynamicQuantize : OpRewritePattern<DynamicQuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DynamicQuantizeOp op, PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "on memrefs");
    Value input = op.getInput();
    auto choose =
        ChooseParamsOp::create(rewriter, op.getLoc(), TypeRange(op.getResultTypes()).drop_front(),
                               input, op.getScheme(), op.getParamsMap());
    auto codes = QuantizeOp::create(rewriter, op.getLoc(), op.getResultTypes().front(), input,
                                    choose.getScales(), choose.getZeroPoints(), op.getScheme(),
                                    op.getParamsMap());
    SmallVector<Value> results{codes};
    llvm::append_range(results, choose.getResults());
    rewriter.replaceOp(op, results);
    return success();
  }
};

} // namespace

void populateLowerDynamicQuantizePatterns(RewritePatternSet &patterns) {
  patterns.add<LowerDynamicQuantize>(patterns.getContext());
}

} // namespace qlinalg
