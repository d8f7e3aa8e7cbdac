//===- ConvertOps.cpp - choose_params, quantize, dequantize, … ------------===//

#include "QLinalg/ParamsMap.h"
#include "VerifyParams.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// What the ops share
//===----------------------------------------------------------------------===//

LogicalResult verifyParamsMap(Operation *op, AffineMap map, int64_t rank, StringRef number) {
  if (map.getNumDims() != rank || map.getNumSymbols() != 0)
    return op->emitOpError() << "(" << number << ") expected a params_map of " << rank
                             << " dimensions, the rank of the data, got "
                             << AffineMapAttr::get(map);
  if (!getParamsResults(map))
    return op->emitOpError() << "(" << number
                             << ") expected params_map results that are dimensions or 'dimension "
                                "floordiv constant', each dimension once at most, got "
                             << AffineMapAttr::get(map);
  return success();
}

LogicalResult verifyGranularity(Operation *op, Scheme scheme, AffineMap map, StringRef number) {
  SmallVector<int64_t> groups;
  std::optional<SmallVector<ParamsResult>> results = getParamsResults(map);
  for (ParamsResult result : *results)
    if (result.group != 1)
      groups.push_back(result.group);
  bool agrees = true;
  if (isDowncast(scheme.storage) || scheme.granularity == Granularity::Tensor)
    agrees = results->empty();
  else if (scheme.group > 1)
    agrees = groups == SmallVector<int64_t>{scheme.group};
  else
    agrees = groups.empty();
  if (agrees)
    return success();
  InFlightDiagnostic error = op->emitOpError()
                             << "(" << number << ") expected a params_map for granularity "
                             << StringRef(name(scheme.granularity));
  if (scheme.group)
    error << " = " << scheme.group;
  return error << ", got " << AffineMapAttr::get(map);
}

static LogicalResult verifyParam(Operation *op, Value param, StringRef what, AffineMap map,
                                 ArrayRef<int64_t> dataShape) {
  SmallVector<int64_t> expected = getParamsShape(map, dataShape);
  auto type = cast<RankedTensorType>(param.getType());
  if (succeeded(verifyCompatibleShape(expected, type.getShape())))
    return success();
  return op->emitOpError() << "(C5) expected " << what << " of shape [" << expected << "] for "
                           << AffineMapAttr::get(map) << ", got [" << type.getShape() << "]";
}

template <typename OpTy> static LogicalResult verifyConvert(OpTy op, Type code, Type floats) {
  auto dataType = cast<RankedTensorType>(op.getInput().getType());
  Scheme scheme = op.getScheme().getValue();
  AffineMap map = op.getParamsMap();
  if (failed(verifyParamsMap(op, map, dataType.getRank(), "C1")) ||
      failed(verifyGranularity(op, scheme, map, "C2")))
    return failure();
  if (static_cast<bool>(op.getScales()) == isDowncast(scheme.storage))
    return op.emitOpError() << "(C3) expected " << (op.getScales() ? "no " : "")
                            << "scales for storage " << StringRef(name(scheme.storage));
  if (static_cast<bool>(op.getZeroPoints()) != storesZeroPoints(scheme))
    return op.emitOpError() << "(C3) expected " << (op.getZeroPoints() ? "no " : "")
                            << "zero points for scheme " << op.getScheme();
  if (op.getScales()) {
    Type actual = getElementTypeOrSelf(op.getScales());
    if (actual != op.getScheme().getScaleType())
      return op.emitOpError() << "(C4) expected scales of " << op.getScheme().getScaleType()
                              << ", got " << actual;
    if (failed(verifyParam(op, op.getScales(), "scales", map, dataType.getShape())))
      return failure();
  }
  if (Value zeroPoints = op.getZeroPoints()) {
    Type expected = op.getScheme().getZeroPointType(), actual = getElementTypeOrSelf(zeroPoints);
    if (actual != expected)
      return op.emitOpError() << "(C4) expected zero points of " << expected << ", got " << actual;
    if (failed(verifyParam(op, zeroPoints, "zero points", map, dataType.getShape())))
      return failure();
  }
  auto codeType = cast<RankedTensorType>(code), floatType = cast<RankedTensorType>(floats);
  if (failed(verifyCompatibleShape(codeType.getShape(), floatType.getShape())))
    return op.emitOpError() << "(C6) expected codes and floats of one shape, got " << codeType
                            << " and " << floatType;
  return success();
}

static LogicalResult verifyCodeElement(Operation *op, SchemeAttr scheme, Type codes) {
  Type actual = getElementTypeOrSelf(codes);
  if (actual == scheme.getCodeType())
    return success();
  return op->emitOpError() << "(C6) expected codes of " << scheme.getCodeType() << " for storage "
                           << StringRef(name(scheme.getStorage())) << ", got " << actual;
}

/// Every dimension of the result is that of the first operand.
static LogicalResult reifyAsInput(OpBuilder &builder, Operation *op, Value input,
                                  ReifiedRankedShapedTypeDims &dims) {
  dims.push_back(tensor::getMixedSizes(builder, op->getLoc(), input));
  return success();
}

static bool compatible(TypeRange lhs, TypeRange rhs) { return lhs.size() == rhs.size(); }

//===----------------------------------------------------------------------===//
// choose_params
//===----------------------------------------------------------------------===//

LogicalResult ChooseParamsOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                               Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto input = dyn_cast<RankedTensorType>(adaptor.getInput().getType());
  AffineMap map = adaptor.getParamsMap();
  if (!input || map.getNumDims() != input.getRank() || !getParamsResults(map))
    return failure();
  SmallVector<int64_t> shape = getParamsShape(map, input.getShape());
  types.push_back(RankedTensorType::get(shape, adaptor.getScheme().getScaleType()));
  if (adaptor.getScheme().hasZeroPoints())
    types.push_back(RankedTensorType::get(shape, adaptor.getScheme().getZeroPointType()));
  return success();
}

bool ChooseParamsOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return compatible(lhs, rhs);
}

LogicalResult ChooseParamsOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  Scheme scheme = getScheme().getValue();
  if (isDowncast(scheme.storage))
    return emitOpError() << "(C1) expected a scheme with scales, got " << getScheme();
  if (failed(verifyParamsMap(*this, getParamsMap(), input.getRank(), "C2")) ||
      failed(verifyGranularity(*this, scheme, getParamsMap(), "C3")))
    return failure();
  SmallVector<int64_t> shape = getParamsShape(getParamsMap(), input.getShape());
  for (Value result : getResults())
    if (failed(verifyCompatibleShape(shape, cast<RankedTensorType>(result.getType()).getShape())))
      return emitOpError() << "expected parameters of shape [" << shape << "], got "
                           << result.getType();
  if (getElementTypeOrSelf(getScales()) != getScheme().getScaleType())
    return emitOpError() << "expected scales of " << getScheme().getScaleType() << ", got "
                         << getElementTypeOrSelf(getScales());
  if (static_cast<bool>(getZeroPoints()) != storesZeroPoints(scheme))
    return emitOpError() << "expected " << (getZeroPoints() ? "no " : "")
                         << "zero points for scheme " << getScheme();
  if (getZeroPoints() && getElementTypeOrSelf(getZeroPoints()) != getScheme().getZeroPointType())
    return emitOpError() << "expected zero points of " << getScheme().getZeroPointType() << ", got "
                         << getElementTypeOrSelf(getZeroPoints());
  return success();
}

LogicalResult ChooseParamsOp::reifyResultShapes(OpBuilder &builder,
                                                ReifiedRankedShapedTypeDims &dims) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, getLoc(), getInput());
  SmallVector<OpFoldResult> params;
  std::optional<SmallVector<ParamsResult>> results = getParamsResults(getParamsMap());
  for (ParamsResult result : *results) {
    AffineExpr size = builder.getAffineSymbolExpr(0);
    params.push_back(affine::makeComposedFoldedAffineApply(
        builder, getLoc(), size.ceilDiv(result.group), {sizes[result.dim]}));
  }
  dims.assign(getNumResults(), params);
  return success();
}

//===----------------------------------------------------------------------===//
// quantize, dequantize, fake_quantize
//===----------------------------------------------------------------------===//

LogicalResult QuantizeOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  auto input = dyn_cast<RankedTensorType>(adaptor.getInput().getType());
  if (!input)
    return failure();
  types.push_back(RankedTensorType::get(input.getShape(), adaptor.getScheme().getCodeType()));
  return success();
}

bool QuantizeOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return compatible(lhs, rhs);
}

LogicalResult QuantizeOp::verify() {
  if (failed(verifyCodeElement(*this, getScheme(), getType())))
    return failure();
  return verifyConvert(*this, getType(), getInput().getType());
}

LogicalResult QuantizeOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &dims) {
  return reifyAsInput(builder, *this, getInput(), dims);
}

LogicalResult DequantizeOp::verify() {
  if (failed(verifyCodeElement(*this, getScheme(), getInput().getType())))
    return failure();
  return verifyConvert(*this, getInput().getType(), getType());
}

LogicalResult DequantizeOp::reifyResultShapes(OpBuilder &builder,
                                              ReifiedRankedShapedTypeDims &dims) {
  return reifyAsInput(builder, *this, getInput(), dims);
}

LogicalResult FakeQuantizeOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                               Adaptor adaptor, SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getInput().getType());
  return success();
}

bool FakeQuantizeOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return compatible(lhs, rhs);
}

LogicalResult FakeQuantizeOp::verify() {
  if (getType() != getInput().getType())
    return emitOpError() << "(C6) expected a result of the input's type " << getInput().getType()
                         << ", got " << getType();
  return verifyConvert(*this, getInput().getType(), getType());
}

LogicalResult FakeQuantizeOp::reifyResultShapes(OpBuilder &builder,
                                                ReifiedRankedShapedTypeDims &dims) {
  return reifyAsInput(builder, *this, getInput(), dims);
}

} // namespace qlinalg
