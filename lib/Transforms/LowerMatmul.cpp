//===- LowerMatmul.cpp - qlinalg.matmul as linalg.generic -----------------===//
//
// A packed side is unpacked; init and bias become the accumulator; one generic with the op's maps
// contracts; an elementwise one applies the epilogue and casts, or makes codes. Floats: accumulator
// += decode(lhs) * decode(rhs), k ascending; integers: ContractIntegers.cpp.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"
#include "QLinalg/Epilogue.h"
#include "QLinalg/Requantize.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {
namespace {

/// A float or an i32 in the compute type.
Value toComputeType(ImplicitLocOpBuilder &b, const Contraction &c, Value number) {
  return c.compute.isInteger() ? number : castFloat(b, number, c.compute);
}

/// Codes do not add to what outs held: zeros of the compute type, else the init.
Value createStart(ImplicitLocOpBuilder &b, const Contraction &c) {
  if (!c.op.givesCodes())
    return c.op.getInit();
  auto type = cast<RankedTensorType>(c.op.getInit().getType()).clone(c.compute);
  Value zero =
      c.compute.isInteger() ? createInteger(b, c.compute, 0) : createFloat(b, c.compute, 0);
  return createFilled(b, type, c.sizes, zero);
}

/// init + bias in the compute type.
Value createAccumulator(ImplicitLocOpBuilder &b, const Contraction &c) {
  Value start = createStart(b, c);
  auto type = cast<RankedTensorType>(start.getType());
  if (!c.op.getBias() && type.getElementType() == c.compute)
    return start;
  SmallVector<Value> inputs{start};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(type.getRank())};
  if (c.op.getBias()) {
    inputs.push_back(c.op.getBias());
    maps.push_back(getResultMap(c.op, c.op.getBiasMap()));
  }
  auto add = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value init = toComputeType(inner, c, elements[0]);
    if (inputs.size() == 1)
      return {init};
    Value bias = toComputeType(inner, c, elements[1]);
    if (c.compute.isInteger())
      return {arith::AddIOp::create(inner, init, bias)};
    return {arith::AddFOp::create(inner, init, bias)};
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

/// What stands beside the accumulator in the epilogue: tensors, each with its map.
struct EpilogueOperands {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;

  EpilogueOperands(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator)
      : inputs{accumulator}, maps{b.getMultiDimIdentityMap(c.sizes.size())} {}

  void add(const Contraction &c, MutableOperandRange operand) {
    if (operand.empty())
      return;
    inputs.push_back(operand[0].get());
    maps.push_back(getResultMap(c.op, c.op.getMap(operand)));
  }
};

/// epilogue(accumulator) * multiplier, in the compute type.
Value finish(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator, Value multiplier) {
  Value value = createEpilogue(b, c.op.getEpilogue(), accumulator);
  if (multiplier)
    value = arith::MulFOp::create(b, value, castFloat(b, multiplier, c.compute));
  return value;
}

Value applyEpilogue(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  auto type = cast<RankedTensorType>(c.op.getInit().getType());
  if (c.op.getEpilogue() == Epilogue::None && !c.op.getMultiplier() &&
      type.getElementType() == c.compute)
    return accumulator;
  EpilogueOperands operands(b, c, accumulator);
  operands.add(c, c.op.getMultiplierMutable());
  auto cast = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value multiplier = c.op.getMultiplier() ? elements[1] : Value();
    return {castFloat(inner, finish(inner, c, elements[0], multiplier), type.getElementType())};
  };
  return createElementwise(b, type, c.sizes, operands.inputs, operands.maps, cast).getResult(0);
}

/// What `quantize` makes of the float result.
Value quantizeResult(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  Codec codec(b, *c.op.getResultScheme());
  EpilogueOperands operands(b, c, accumulator);
  for (MutableOperandRange operand : {c.op.getMultiplierMutable(), c.op.getResultScalesMutable(),
                                      c.op.getResultZeroPointsMutable()})
    operands.add(c, operand);
  auto encode = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    unsigned params = c.op.getMultiplier() ? 2 : 1;
    Value value = finish(inner, c, elements[0], params == 2 ? elements[1] : Value());
    return {
        codec.encode(inner, value, elements.drop_back().drop_front(params), c.op.getResultCodes())};
  };
  return createElementwise(b, cast<RankedTensorType>(c.op.getInit().getType()), c.sizes,
                           operands.inputs, operands.maps, encode)
      .getResult(0);
}

/// The codes of integer sums.
Value requantizeResult(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  EpilogueOperands operands(b, c, accumulator);
  for (MutableOperandRange operand :
       {c.op.getResultMultipliersMutable(), c.op.getResultShiftsMutable(),
        c.op.getResultZeroPointsMutable()})
    operands.add(c, operand);
  auto requantize = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value zero = c.op.getResultZeroPoints() ? elements[3] : Value();
    return {createRequantizedCode(inner, c.op, elements[0], elements[1], elements[2], zero)};
  };
  return createElementwise(b, cast<RankedTensorType>(c.op.getInit().getType()), c.sizes,
                           operands.inputs, operands.maps, requantize)
      .getResult(0);
}

Value contract(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  if (c.op.keepsIntegers())
    return sumIntegers(b, c, accumulator);
  return c.op.isInteger() ? contractIntegers(b, c, accumulator) : contractFloats(b, c, accumulator);
}

struct LowerMatmul : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op, PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "expected tensors, got memrefs");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Contraction c(b, op);
    Value accumulator = contract(b, c, createAccumulator(b, c));
    rewriter.replaceOp(op, !op.givesCodes()     ? applyEpilogue(b, c, accumulator)
                           : op.getRequantize() ? requantizeResult(b, c, accumulator)
                                                : quantizeResult(b, c, accumulator));
    return success();
  }
};

} // namespace

void populateLowerMatmulPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerMatmul>(patterns.getContext());
}

} // namespace qlinalg
