//===- ContractIntegers.cpp - Sums of products of integer codes -----------===//
//
// One generic with two results, the accumulator and the sum of the present run of k:
//
//   sum += (lhs - zero) * (rhs - zero); where the run that shares its scales ends,
//   accumulator += float(sum) * (lhs_scale * rhs_scale), and sum = 0
//
// Where sums stay integers there is one result, accumulator += (lhs - zero) * (rhs - zero).
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Generic.h"
#include "NarrowFloats.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;

namespace qlinalg {

/// 32 bits where no run of k can overflow them, 64 bits elsewhere.
static IntegerType getSumType(ImplicitLocOpBuilder &b, const Contraction &c) {
  if (AccumulatorAttr accumulator = c.op.getAccumulatorAttr())
    return b.getIntegerType(std::max(accumulator.getWidth(), 32u));
  int64_t run = c.op.getStaticLoopSizes()[c.op.getReductionDim()];
  for (const ContractionSide *side : {&c.lhs, &c.rhs})
    if (side->group && (ShapedType::isDynamic(run) || *side->group < run))
      run = *side->group;
  int64_t product =
      largestDifference(c.lhs.scheme.getValue()) * largestDifference(c.rhs.scheme.getValue());
  bool fits = !ShapedType::isDynamic(run) && run <= std::numeric_limits<int32_t>::max() / product;
  return b.getIntegerType(fits ? 32 : 64);
}

/// Whether the run that shares its scales ends with this k: the next one begins a group, or is
/// beyond `size`.
static Value isRunEnd(ImplicitLocOpBuilder &b, const Contraction &c, Value size) {
  Type index = b.getIndexType();
  Value k = linalg::IndexOp::create(b, c.op.getReductionDim());
  Value next = arith::AddIOp::create(b, k, createInteger(b, index, 1));
  Value isEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, next, size);
  for (const ContractionSide *side : {&c.lhs, &c.rhs}) {
    if (!side->group)
      continue;
    Value within = arith::RemUIOp::create(b, next, createInteger(b, index, *side->group));
    Value begins =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, within, createInteger(b, index, 0));
    isEnd = arith::OrIOp::create(b, isEnd, begins);
  }
  return isEnd;
}

Value contractIntegers(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  IntegerType sumType = getSumType(b, c);
  auto type = cast<RankedTensorType>(accumulator.getType());
  Value sums = createFilled(b, type.clone(sumType), c.sizes, createInteger(b, sumType, 0));
  // A packed side is static, hence unpacked by now.
  AffineMap lhsMap = c.lhs.maps.front();
  unsigned k = *lhsMap.getResultPosition(b.getAffineDimExpr(c.op.getReductionDim()));
  Value size = getValueOrCreateConstantIndexOp(
      b, b.getLoc(), tensor::getMixedSize(b, b.getLoc(), c.lhs.operands.front(), k));
  auto multiply = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    ValueRange lhs = c.lhsElements(elements), rhs = c.rhsElements(elements);
    Value partial = elements.drop_back().back(), sum = elements.back();
    Value product = arith::MulIOp::create(
        inner, c.lhs.codec->subtractZero(inner, lhs[0], lhs.drop_front(), sumType),
        c.rhs.codec->subtractZero(inner, rhs[0], rhs.drop_front(), sumType));
    sum = arith::AddIOp::create(inner, sum, product);
    Value scale = arith::MulFOp::create(inner, castFloat(inner, lhs[1], c.compute),
                                        castFloat(inner, rhs[1], c.compute));
    Value scaled =
        arith::MulFOp::create(inner, arith::SIToFPOp::create(inner, c.compute, sum), scale);
    Value isEnd = isRunEnd(inner, c, size);
    Value total = arith::AddFOp::create(inner, partial, scaled);
    return {arith::SelectOp::create(inner, isEnd, total, partial),
            arith::SelectOp::create(inner, isEnd, createInteger(inner, sumType, 0), sum)};
  };
  return createGeneric(b, c.inputs(), {accumulator, sums}, c.maps(2), c.reducedDims(), multiply)
      .getResult(0);
}

Value sumIntegers(ImplicitLocOpBuilder &b, const Contraction &c, Value accumulator) {
  auto subtractZero = [&](ImplicitLocOpBuilder &inner, const ContractionSide &side,
                          ValueRange elements) {
    // A zero point stands second, as it does after a scale: here the code is before it.
    return side.codec->subtractZero(inner, elements[0], elements, c.compute);
  };
  auto multiply = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value product =
        arith::MulIOp::create(inner, subtractZero(inner, c.lhs, c.lhsElements(elements)),
                              subtractZero(inner, c.rhs, c.rhsElements(elements)));
    return {arith::AddIOp::create(inner, elements.back(), product)};
  };
  return createGeneric(b, c.inputs(), accumulator, c.maps(1), c.reducedDims(), multiply)
      .getResult(0);
}

} // namespace qlinalg
