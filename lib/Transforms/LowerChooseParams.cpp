//===- LowerChooseParams.cpp - Scales and zero points from a range --------===//
//
// A reduction gives the absolute maximum of each set (affine: minimum and maximum, widened to
// contain 0), in f32; an elementwise generic makes scales and zero points of them.
//
//===----------------------------------------------------------------------===//

#include "Codec.h"
#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"
#include "QLinalg/ChooseParams.h"
#include "QLinalg/Numerics/Codebook.h"
#include "QLinalg/Numerics/Float.h"
#include "QLinalg/ParamsMap.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

#include <limits>

using namespace mlir;

namespace qlinalg {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The sizes of the parameters: those of the input, divided by groups and rounded up.
SmallVector<OpFoldResult> getParamsSizes(ImplicitLocOpBuilder &b, ChooseParamsOp op) {
  Value input = op.getInput();
  SmallVector<OpFoldResult> sizes;
  std::optional<SmallVector<ParamsResult>> params = getParamsResults(op.getParamsMap());
  for (auto [dim, group] : *params) {
    OpFoldResult size = tensor::getMixedSize(b, op.getLoc(), input, dim);
    if (group == 1) {
      sizes.push_back(size);
    } else if (std::optional<int64_t> constant = getConstantIntValue(size)) {
      sizes.push_back(b.getIndexAttr(llvm::divideCeil(*constant, group)));
    } else {
      Value padded = arith::AddIOp::create(b, cast<Value>(size),
                                           createInteger(b, b.getIndexType(), group - 1));
      Value groups = arith::DivUIOp::create(b, padded, createInteger(b, b.getIndexType(), group));
      sizes.push_back(groups);
    }
  }
  return sizes;
}

/// What a scale is made of, in f32: `max` alone is the absolute maximum.
struct Range {
  Value min, max;
  /// Neither NaN nor infinite.
  Value isFinite;
};

/// One f32 tensor of absolute maxima, or (affine) minima and maxima. Each starts at 0, and NaN
/// stays.
SmallVector<Value> reduceRange(ImplicitLocOpBuilder &b, ChooseParamsOp op, Sizes sizes) {
  bool affine = op.getScheme().hasZeroPoints();
  Type f32 = b.getF32Type();
  AffineMap map = op.getParamsMap();
  llvm::SmallBitVector reduced(map.getNumDims(), true);
  std::optional<SmallVector<ParamsResult>> params = getParamsResults(map);
  for (auto [dim, group] : *params)
    if (group == 1)
      reduced.reset(dim);
  auto type = cast<RankedTensorType>(op.getScales().getType()).clone(f32);
  SmallVector<Value> initial(affine ? 2 : 1, createFilled(b, type, sizes, createFloat(b, f32, 0)));
  SmallVector<AffineMap> maps(initial.size() + 1, map);
  maps.front() = b.getMultiDimIdentityMap(map.getNumDims());
  auto extend = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Value x = castToF32(inner, elements[0]);
    if (!affine)
      return {arith::MaximumFOp::create(inner, elements[1], Value(math::AbsFOp::create(inner, x)))};
    return {arith::MinimumFOp::create(inner, elements[1], x),
            arith::MaximumFOp::create(inner, elements[2], x)};
  };
  return createGeneric(b, op.getInput(), initial, maps, reduced, extend).getResults();
}

Value isLess(ImplicitLocOpBuilder &b, Value number, double bound) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, number,
                               createFloat(b, number.getType(), bound));
}

/// From what the reduction gave: the absolute maximum, or minimum and maximum.
Range createRange(ImplicitLocOpBuilder &b, ValueRange extremes) {
  Value max = extremes.back();
  Value isFinite = isLess(b, max, infinity);
  if (extremes.size() == 1)
    return {nullptr, max, isFinite};
  Value min = extremes.front();
  Value isMinFinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, min,
                                            createFloat(b, b.getF32Type(), -infinity));
  return {min, max, arith::AndIOp::create(b, isFinite, isMinFinite)};
}

Value isZero(ImplicitLocOpBuilder &b, Value number) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, number,
                               createFloat(b, number.getType(), 0));
}

/// The scale in the scheme's scale type.
Value chooseScale(ImplicitLocOpBuilder &b, SchemeAttr scheme, Range range) {
  Storage storage = scheme.getStorage();
  Type f32 = b.getF32Type(), type = scheme.getScaleType();
  Value width = range.max;
  double divisor = scheme.getValue().positive ? maxCode(storage) : largestLevel(storage);
  if (range.min) {
    width = arith::SubFOp::create(b, range.max, range.min);
    divisor = maxCode(storage) - minCode(storage);
  }
  Value scale = castFloat(b, arith::DivFOp::create(b, width, createFloat(b, f32, divisor)), type);
  // What follows is chosen as f32: processors with bf16 conversions choose between numbers of
  // bf16 as f32, and convert denormals back to 0.
  scale = castToF32(b, scale);
  Value least = createFloat(b, f32, smallestPositive(scheme.getValue().scales));
  scale = arith::SelectOp::create(b, isZero(b, scale), least, scale);
  scale = arith::SelectOp::create(b, isZero(b, width), createFloat(b, f32, 1), scale);
  scale = arith::SelectOp::create(b, range.isFinite, scale, createFloat(b, f32, nan));
  return castFloat(b, scale, type);
}

/// `clamp(round(-min / scale), 0, 2^b - 1)`, less 2^(b-1) for `int*`; bits 0 where the scale is
/// NaN.
Value chooseZeroPoint(ImplicitLocOpBuilder &b, SchemeAttr scheme, Range range, Value scale) {
  Storage storage = scheme.getStorage();
  Codec codec(b, scheme);
  Value negated = arith::NegFOp::create(b, range.min);
  Value quotient = codec.divide(b, negated, castToF32(b, scale));
  Type type = scheme.getZeroPointType();
  Value zero =
      clampToInteger(b, codec.round(b, quotient), 0, maxCode(storage) - minCode(storage), type);
  // The least code is 0 for `uint*`; the sum wraps around as it must.
  if (minCode(storage) != 0)
    zero = arith::AddIOp::create(b, zero, createInteger(b, type, minCode(storage)));
  return arith::SelectOp::create(b, range.isFinite, zero, createInteger(b, type, 0));
}

} // namespace

SmallVector<Value> chooseParams(ImplicitLocOpBuilder &b, SchemeAttr scheme, ValueRange extremes) {
  Range range = createRange(b, extremes);
  Value scale = chooseScale(b, scheme, range);
  if (!scheme.hasZeroPoints())
    return {scale};
  return {scale, chooseZeroPoint(b, scheme, range, scale)};
}

namespace {

struct LowerChooseParams : OpRewritePattern<ChooseParamsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ChooseParamsOp op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SchemeAttr scheme = op.getScheme();
    SmallVector<OpFoldResult> sizes = getParamsSizes(b, op);
    SmallVector<Value> ranges = reduceRange(b, op, sizes);
    SmallVector<RankedTensorType> types;
    for (Type type : op->getResultTypes())
      types.push_back(cast<RankedTensorType>(type));
    SmallVector<AffineMap> maps(ranges.size(), b.getMultiDimIdentityMap(sizes.size()));
    auto choose = [&](ImplicitLocOpBuilder &inner, ValueRange elements) {
      return chooseParams(inner, scheme, elements.take_front(ranges.size()));
    };
    rewriter.replaceOp(op, createElementwise(b, types, sizes, ranges, maps, choose));
    return success();
  }
};

} // namespace

void populateLowerChooseParamsPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerChooseParams>(patterns.getContext());
}

} // namespace qlinalg
