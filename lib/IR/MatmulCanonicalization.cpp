//===- MatmulCanonicalization.cpp - Patterns of qlinalg.matmul ------------===//

#include "QLinalg/ParamsMap.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {
namespace {

/// matmul(dequantize(codes)) -> matmul(codes): the float weight never comes to be.
struct AbsorbDequantize : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op, PatternRewriter &rewriter) const override {
    for (bool lhs : {true, false})
      if (succeeded(absorb(op, lhs, rewriter)))
        return success();
    return rewriter.notifyMatchFailure(op,
                                       "expected a dequantized f32 side whose groups lie along k");
  }

private:
  LogicalResult absorb(MatmulOp op, bool lhs, PatternRewriter &rewriter) const {
    auto dequantize = (lhs ? op.getLhs() : op.getRhs()).getDefiningOp<DequantizeOp>();
    // A narrower result has been rounded, which codes in the matmul are not.
    if (!dequantize || !getElementTypeOrSelf(dequantize.getType()).isF32())
      return failure();
    // Two integer sides are summed in integers: another result than the floats'.
    std::optional<SchemeAttr> other = lhs ? op.getRhsScheme() : op.getLhsScheme();
    if (other && other->isInteger() && dequantize.getScheme().isInteger())
      return failure();
    AffineMap sideMap = lhs ? op.getLhsMap() : op.getRhsMap();
    std::optional<SmallVector<ParamsResult>> results = getParamsResults(dequantize.getParamsMap());
    int64_t group = dequantize.getScheme().getValue().group;
    bool dividesK = false;
    for (ParamsResult result : *results) {
      bool isK = sideMap.getDimPosition(result.dim) == op.getReductionDim();
      if (isK ? result.group != group : result.group != 1)
        return failure();
      dividesK |= isK;
    }
    // Groups of 1 need not lie along k: no map says where they do.
    if (dividesK != (group > 0))
      return failure();
    rebuild(op, lhs, dequantize, dequantize.getParamsMap().compose(sideMap), rewriter);
    return success();
  }

  static void rebuild(MatmulOp op, bool lhs, DequantizeOp dequantize, AffineMap paramsMap,
                      PatternRewriter &rewriter) {
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    unsigned index = lhs ? 0 : op.getODSOperandIndexAndLength(3).first;
    unsigned params = (dequantize.getScales() ? 1 : 0) + (dequantize.getZeroPoints() ? 1 : 0);
    maps.insert(maps.begin() + index + 1, params, AffineMapAttr::get(paramsMap));
    rewriter.modifyOpInPlace(op, [&] {
      if (lhs) {
        op.getLhsMutable().assign(dequantize.getInput());
        if (dequantize.getScales())
          op.getLhsScalesMutable().assign(dequantize.getScales());
        if (dequantize.getZeroPoints())
          op.getLhsZeroPointsMutable().assign(dequantize.getZeroPoints());
        op.setLhsSchemeAttr(dequantize.getScheme());
      } else {
        op.getRhsMutable().assign(dequantize.getInput());
        if (dequantize.getScales())
          op.getRhsScalesMutable().assign(dequantize.getScales());
        if (dequantize.getZeroPoints())
          op.getRhsZeroPointsMutable().assign(dequantize.getZeroPoints());
        op.setRhsSchemeAttr(dequantize.getScheme());
      }
      op.setIndexingMapsAttr(rewriter.getArrayAttr(maps));
    });
  }
};

/// matmul(tensor.cast(x)) -> matmul(x) where x knows more of its shape.
struct AbsorbCast : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op, PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      auto cast = operand.get().getDefiningOp<tensor::CastOp>();
      if (op.isDpsInit(&operand) || !tensor::canFoldIntoConsumerOp(cast))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(cast.getSource()); });
      return success();
    }
    return rewriter.notifyMatchFailure(op,
                                       "expected an operand that is a cast to a less static type");
  }
};

} // namespace

void MatmulOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<AbsorbDequantize, AbsorbCast>(context);
}

} // namespace qlinalg
