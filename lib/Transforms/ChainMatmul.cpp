//===- ChainMatmul.cpp - A matmul with codes or sums for a result ---------===//

#include "ChainMatmul.h"

#include "Contraction.h"
#include "Generic.h"
#include "NarrowFloats.h"
#include "QLinalg/Constants.h"
#include "QLinalg/Requantize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace qlinalg {

Value repeatBefore(ImplicitLocOpBuilder &b, Value known) {
  Operation *op = known.getDefiningOp();
  bool isBefore =
      op->getBlock() == b.getInsertionBlock() && (b.getInsertionPoint() == op->getBlock()->end() ||
                                                  op->isBeforeInBlock(&*b.getInsertionPoint()));
  return isBefore ? known : b.clone(*op)->getResult(0);
}

namespace {
/// What a matmul has that differs from the one that it takes the place of.
struct Parts {
  /// The sides keep their scales.
  bool isScaled;
  Value bias;
  AffineMap biasMap;
  Type element;
  /// Of codes.
  SchemeAttr scheme;
  RequantizeAttr requantize;
  DenseI64ArrayAttr range;
  Value scales, multipliers, shifts, zeroPoints;
  AffineMap multipliersMap;
};
} // namespace

static SmallVector<OpFoldResult> getSizes(ImplicitLocOpBuilder &b, MatmulOp op) {
  return tensor::getMixedSizes(b, b.getLoc(), op.getInit());
}

/// Codes are written to a tensor without values, sums are added to zeros.
static Value createOuts(ImplicitLocOpBuilder &b, MatmulOp op, const Parts &parts) {
  auto type = cast<RankedTensorType>(op.getInit().getType()).clone(parts.element);
  if (parts.scheme)
    return createEmpty(b, type, getSizes(b, op));
  return createFilled(b, type, getSizes(b, op), createInteger(b, parts.element, 0));
}

static Value createMatmul(ImplicitLocOpBuilder &b, MatmulOp op, const Parts &parts) {
  SmallVector<AffineMap> maps;
  AffineMap one = AffineMap::get(op.getNumLoops(), 0, b.getContext());
  auto add = [&](Value value, AffineMap map) {
    if (value)
      maps.push_back(map);
    return value;
  };
  auto addOld = [&](MutableOperandRange operand) {
    return operand.empty() ? Value() : add(operand[0].get(), op.getMap(operand));
  };
  auto addScales = [&](MutableOperandRange operand) {
    return parts.isScaled ? addOld(operand) : Value();
  };
  Value lhs = addOld(op.getLhsMutable()), lhsScales = addScales(op.getLhsScalesMutable()),
        lhsZeros = addOld(op.getLhsZeroPointsMutable());
  Value rhs = addOld(op.getRhsMutable()), rhsScales = addScales(op.getRhsScalesMutable()),
        rhsZeros = addOld(op.getRhsZeroPointsMutable());
  Value bias = add(parts.bias, parts.biasMap), factor = addOld(op.getMultiplierMutable());
  Value outs = add(createOuts(b, op, parts), op.getInitMap());
  Value scales = add(parts.scales, one), multipliers = add(parts.multipliers, parts.multipliersMap),
        shifts = add(parts.shifts, parts.multipliersMap), zeroPoints = add(parts.zeroPoints, one);
  auto matmul = MatmulOp::create(
      b, TypeRange{outs.getType()}, lhs, lhsScales, lhsZeros, rhs, rhsScales, rhsZeros, bias,
      factor, outs, scales, multipliers, shifts, zeroPoints, /*sums=*/Value(),
      /*lhs_scale_scales=*/Value(), /*rhs_scale_scales=*/Value(), b.getAffineMapArrayAttr(maps),
      op.getLhsSchemeAttr(), op.getRhsSchemeAttr(), /*lhs_scales_scheme=*/SchemeAttr(),
      /*rhs_scales_scheme=*/SchemeAttr(), op.getLhsLayoutAttr(), op.getRhsLayoutAttr(),
      op.getEpilogue(), parts.scheme, parts.requantize, parts.range, op.getAccumulatorAttr(),
      op.getSiteAttr());
  matmul->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return matmul.getResult();
}

//===----------------------------------------------------------------------===//
// By a scale
//===----------------------------------------------------------------------===//

Value createByScale(ImplicitLocOpBuilder &b, MatmulOp op, const CodesForm &codes, bool addsToOuts) {
  QuantizeOp quantize = codes.quantize;
  Parts parts{};
  parts.isScaled = true;
  parts.bias = addsToOuts ? op.getInit() : op.getBias();
  parts.biasMap = addsToOuts ? op.getInitMap() : op.getBiasMap();
  parts.scheme = quantize.getScheme();
  parts.element = parts.scheme.getCodeType();
  parts.range = codes.range;
  parts.scales = repeatBefore(b, quantize.getScales());
  if (Value zeroPoints = quantize.getZeroPoints())
    parts.zeroPoints = repeatBefore(b, zeroPoints);
  return createMatmul(b, op, parts);
}

//===----------------------------------------------------------------------===//
// In integers
//===----------------------------------------------------------------------===//

/// `values` as a constant of `shape`, named after the matmul.
static Value createNumbers(ImplicitLocOpBuilder &b, MatmulOp op, StringRef name,
                           ArrayRef<int32_t> values, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, b.getI32Type());
  if (shape.empty())
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, values));
  std::string key = (op.getSite() ? op.getSite()->str() : "matmul") + "." + name.str();
  return arith::ConstantOp::create(b, createResource(type, key, [&](std::byte *data) {
                                     llvm::copy(values, reinterpret_cast<int32_t *>(data));
                                   }));
}

namespace {
struct FixedPointTensors {
  Value multipliers, shifts;
};
} // namespace

static FixedPointTensors createScales(ImplicitLocOpBuilder &b, MatmulOp op, StringRef prefix,
                                      const MappedNumbers<FixedPointScale> &scales) {
  auto create = [&](StringRef name, int32_t FixedPointScale::*part) {
    auto values = llvm::map_to_vector(scales.values, [&](FixedPointScale s) { return s.*part; });
    return createNumbers(b, op, (prefix + name).str(), values, scales.shape);
  };
  return {create("multipliers", &FixedPointScale::multiplier),
          create("shifts", &FixedPointScale::shift)};
}

static Value createBias(ImplicitLocOpBuilder &b, MatmulOp op, const IntegerForm &form) {
  if (form.bias.values.empty())
    return nullptr;
  return createNumbers(b, op, "bias", form.bias.values, form.bias.shape);
}

/// bias + rescaled (residual - zero), for each result: an i32 in the scale of the sums.
static Value addResidual(ImplicitLocOpBuilder &b, MatmulOp op, RequantizeRule rule,
                         const IntegerForm &form, Value residual,
                         const ResidualForm &residualForm) {
  auto type = cast<RankedTensorType>(op.getInit().getType()).clone(b.getI32Type());
  FixedPointTensors scales = createScales(b, op, "residual.", residualForm.scales);
  AffineMap scalesMap = getResultMap(op, residualForm.scales.map);
  SmallVector<Value> inputs{residual, scales.multipliers, scales.shifts};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(type.getRank()), scalesMap, scalesMap};
  if (Value bias = createBias(b, op, form)) {
    inputs.push_back(bias);
    maps.push_back(getResultMap(op, form.bias.map));
  }
  bool hasCodes = residualForm.quantize != nullptr;
  bool codesAreUnsigned =
      hasCodes && isUnsigned(QuantizeOp(residualForm.quantize).getScheme().getStorage());
  auto rescale = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
    Type i32 = inner.getI32Type();
    Value number = elements[0];
    if (hasCodes) {
      number = codesAreUnsigned ? Value(arith::ExtUIOp::create(inner, i32, number))
                                : arith::ExtSIOp::create(inner, i32, number);
      Value zero = createInteger(inner, i32, *residualForm.zeroPoint);
      number = arith::SubIOp::create(inner, number, zero);
    }
    Value wide = createRescale(inner, rule, number, elements[1], elements[2]);
    Value sum = arith::TruncIOp::create(inner, i32, wide);
    if (inputs.size() > 3)
      sum = arith::AddIOp::create(inner, sum, elements[3]);
    return {sum};
  };
  return createElementwise(b, type, getSizes(b, op), inputs, maps, rescale).getResult(0);
}

Value createByMultiplier(ImplicitLocOpBuilder &b, MatmulOp op, const CodesForm &codes,
                         Requantize rule, const IntegerForm &form,
                         const MappedNumbers<FixedPointScale> &codeScales, Value residual,
                         const ResidualForm &residualForm) {
  QuantizeOp quantize = codes.quantize;
  Parts parts{};
  parts.scheme = quantize.getScheme();
  parts.element = parts.scheme.getCodeType();
  parts.requantize = RequantizeAttr::get(b.getContext(), rule);
  parts.range = codes.range;
  parts.bias = residual ? addResidual(b, op, {rule, parts.scheme.getValue().rounding}, form,
                                      residual, residualForm)
                        : createBias(b, op, form);
  parts.biasMap = residual ? op.getInitMap() : form.bias.map;
  FixedPointTensors scales = createScales(b, op, "", codeScales);
  parts.multipliers = scales.multipliers;
  parts.shifts = scales.shifts;
  parts.multipliersMap = codeScales.map;
  if (Value zeroPoints = quantize.getZeroPoints())
    parts.zeroPoints = repeatBefore(b, zeroPoints);
  return createMatmul(b, op, parts);
}

Value createSums(ImplicitLocOpBuilder &b, MatmulOp op, const IntegerForm &form) {
  Parts parts{};
  parts.element = b.getI32Type();
  parts.bias = createBias(b, op, form);
  parts.biasMap = form.bias.map;
  return createMatmul(b, op, parts);
}

} // namespace qlinalg
