//===- LowerMatmul.cpp - qlinalg.matmul as linalg.generic -----------------===//
//
// A packed side is unpacked; init and bias become the accumulator; one generic with the op's maps
// contracts; an elementwise one applies the epilogue and casts. Floats: accumulator += decode(lhs)
// * decode(rhs), k ascending; integers: ContractIntegers.cpp.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"
#include "QLinalg/Epilogue.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {
namespace {

/// The map of an operand of the epilogue from the dimensions of the result, not of the loops. None
/// depends on k.
AffineMap getResultMap(ImplicitLocOpBuilder &b, const Contraction &c, AffineMap map) {
  SmallVector<AffineExpr> loops(c.op.getNumLoops(), b.getAffineConstantExpr(0));
  for (auto [i, expr] : llvm::enumerate(c.op.getInitMap().getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = b.getAffineDimExpr(i);
  return map.compose(AffineMap::get(c.op.getInitMap().getNumResults(), 0, loops, b.getContext()));
}

/// init + bias in the compute type.
Value createAccumulator(ImplicitLocOpBuilder &b, const Contraction &c) {
  auto type = cast<RankedTensorType>(c.op.getInit().getType());
  if (!c.op.getBias() && type.getElementType() == c.compute)
    return c.op.getInit();
  SmallVector<Value> inputs{c.op.getInit()};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(type.getRank())};
  if (c.op.getBias()) {
    inputs.push_back(c.op.getBias());
    maps.push_back(getResultMap(b, c, c.op.getBiasMap()));
  }
  auto add = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value init = castFloat(inner, elements[0], c.compute);
    if (inputs.size() == 1)
      return {init};
    return {arith::AddFOp::create(inner, init, castFloat(inner, elements[1], c.compute))};
  };
  return createElementwise(b, type.clone(c.compute), c.sizes, inputs, maps, add).getResult(0);
}

/// An element of a side as a float: decoded in f32, then in the compute type.
Value toCompute(ImplicitLocOpBuilder &b, const ContractionSide &side, ValueRange elements,
                Type compute) {
  Value number = elements.front();
  if (side.codec)
    number = side.codec->decode(b, number, elements.drop_front());
  return castFloat(b, number, compute);
}

Value contractFloats(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  auto multiply = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value lhs = toCompute(inner, c.lhs, c.lhsElements(elements), c.compute);
    Value rhs = toCompute(inner, c.rhs, c.rhsElements(elements), c.compute);
    Value product = arith::MulFOp::create(inner, lhs, rhs);
    return {arith::AddFOp::create(inner, elements.back(), product)};
  };
  return createGeneric(b, c.inputs(), accumulator, c.maps(1), c.reducedDims(), multiply)
      .getResult(0);
}

Value applyEpilogue(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  auto type = cast<RankedTensorType>(c.op.getInit().getType());
  if (c.op.getEpilogue() == Epilogue::None && !c.op.getMultiplier() &&
      type.getElementType() == c.compute)
    return accumulator;
  SmallVector<Value> inputs{accumulator};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(type.getRank())};
  if (c.op.getMultiplier()) {
    inputs.push_back(c.op.getMultiplier());
    maps.push_back(getResultMap(b, c, c.op.getMultiplierMap()));
  }
  auto finish = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value value = createEpilogue(inner, c.op.getEpilogue(), elements[0]);
    if (inputs.size() > 1)
      value = arith::MulFOp::create(inner, value, castFloat(inner, elements[1], c.compute));
    return {castFloat(inner, value, type.getElementType())};
  };
  return createElementwise(b, type, c.sizes, inputs, maps, finish).getResult(0);
}

struct LowerMatmul : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op, PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "expected tensors, got memrefs");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Contraction c(b, op);
    Value accumulator = createAccumulator(b, c);
    accumulator =
        op.isInteger() ? contractIntegers(b, c, accumulator) : contractFloats(b, c, accumulator);
    rewriter.replaceOp(op, applyEpilogue(b, c, accumulator));
    return success();
  }
};

} // namespace

void populateLowerMatmulPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerMatmul>(patterns.getContext());
}

} // namespace qlinalg
