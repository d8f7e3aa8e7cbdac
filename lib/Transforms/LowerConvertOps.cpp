//===- LowerConvertOps.cpp - quantize, dequantize, fake_quantize, observe -===//
//
// Each of the first three becomes one elementwise generic whose body is the scheme's arithmetic;
// `observe` is the identity.
//
//===----------------------------------------------------------------------===//

#include "Codec.h"
#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {
namespace {

Value convert(QuantizeOp, const Codec &codec, ImplicitLocOpBuilder &b, Value number,
              ValueRange params) {
  return codec.encode(b, number, params);
}

Value convert(DequantizeOp op, const Codec &codec, ImplicitLocOpBuilder &b, Value code,
              ValueRange params) {
  return castFloat(b, codec.decode(b, code, params), op.getType().getElementType());
}

Value convert(FakeQuantizeOp op, const Codec &codec, ImplicitLocOpBuilder &b, Value number,
              ValueRange params) {
  Value code = codec.encode(b, number, params);
  return castFloat(b, codec.decode(b, code, params), op.getType().getElementType());
}

template <typename OpTy> struct LowerConvertOp : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Codec codec(b, op.getScheme());
    RankedTensorType type = op.getType();
    SmallVector<AffineMap> maps(op->getNumOperands(), op.getParamsMap());
    maps.front() = b.getMultiDimIdentityMap(type.getRank());
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, op.getLoc(), op.getInput());
    linalg::GenericOp generic = createElementwise(
        b, type, sizes, op->getOperands(), maps,
        [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
          // What remains between the input and the output are the parameters.
          ValueRange params = elements.drop_front().drop_back();
          return {convert(op, codec, inner, elements.front(), params)};
        });
    rewriter.replaceOp(op, generic);
    return success();
  }
};

struct LowerObserve : OpRewritePattern<ObserveOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ObserveOp op, PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

} // namespace

void populateLowerConvertOpsPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerConvertOp<QuantizeOp>, LowerConvertOp<DequantizeOp>,
               LowerConvertOp<FakeQuantizeOp>, LowerObserve>(patterns.getContext());
}

} // namespace qlinalg
