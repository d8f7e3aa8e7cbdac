//===- DynamicQuantizeOp.cpp - choose_params and quantize at once ---------===//

#include "QLinalg/ParamsMap.h"
#include "VerifyParams.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

/// All tensors with results of their types, or all memrefs without results (C2).
static LogicalResult verifySemantics(DynamicQuantizeOp op) {
  bool tensors = isa<RankedTensorType>(op.getInput().getType());
  for (Value init : op.getInits())
    if (isa<RankedTensorType>(init.getType()) != tensors)
      return op.emitOpError() << "(C2) expected operands that are all tensors or all memrefs, got "
                              << op.getInput().getType() << " and " << init.getType();
  TypeRange expected = tensors ? TypeRange(op.getInits().getTypes()) : TypeRange();
  if (op.getResultTypes() != expected)
    return op.emitOpError() << "(C2) expected "
                            << (tensors ? "results of the types of the outs"
                                        : "no results on memrefs");
  return success();
}

static LogicalResult verifyOut(DynamicQuantizeOp op, Value out, StringRef what,
                               ArrayRef<int64_t> shape, Type element) {
  auto type = cast<ShapedType>(out.getType());
  if (type.getElementType() == element && succeeded(verifyCompatibleShape(shape, type.getShape())))
    return success();
  return op.emitOpError() << "(C3) expected " << what << " of shape [" << shape << "] and "
                          << element << ", got " << type;
}

LogicalResult DynamicQuantizeOp::verify() {
  auto input = cast<ShapedType>(getInput().getType());
  Scheme scheme = getScheme().getValue();
  if (!getScheme().isInteger())
    return emitOpError() << "(C1) expected a scheme of integers, got " << getScheme();
  if (failed(verifyParamsMap(*this, getParamsMap(), input.getRank(), "C1")) ||
      failed(verifyGranularity(*this, scheme, getParamsMap(), "C1")) ||
      failed(verifySemantics(*this)))
    return failure();
  size_t count = storesZeroPoints(scheme) ? 3 : 2;
  if (getInits().size() != count)
    return emitOpError() << "(C3) expected " << count << " outs for scheme " << getScheme()
                         << ", got " << getInits().size();
  SmallVector<int64_t> params = getParamsShape(getParamsMap(), input.getShape());
  if (failed(verifyOut(*this, getCodes(), "codes", input.getShape(), getScheme().getCodeType())) ||
      failed(verifyOut(*this, getScales(), "scales", params, getScheme().getScaleType())))
    return failure();
  return count == 2 ? success()
                    : verifyOut(*this, getZeroPoints(), "zero points", params,
                                getScheme().getZeroPointType());
}

void DynamicQuantizeOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (hasPureTensorSemantics())
    return;
  for (OpOperand &operand : getOperation()->getOpOperands())
    if (isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
}

Speculation::Speculatability DynamicQuantizeOp::getSpeculatability() {
  return hasPureTensorSemantics() ? Speculation::Speculatable : Speculation::NotSpeculatable;
}

LogicalResult DynamicQuantizeOp::reifyResultShapes(OpBuilder &builder,
                                                   ReifiedRankedShapedTypeDims &dims) {
  for (Value init : getInits())
    dims.push_back(tensor::getMixedSizes(builder, getLoc(), init));
  return success();
}

} // namespace qlinalg
