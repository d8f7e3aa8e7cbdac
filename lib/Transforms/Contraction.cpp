//===- Contraction.cpp - A matmul that is being lowered -------------------===//

#include "Contraction.h"

#include "QLinalg/ParamsMap.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

/// An operand whose elements are of `type`, unpacked if it is packed.
static Value unpackOperand(ImplicitLocOpBuilder &b, MatmulOp op, OpOperand &operand, Type type) {
  LayoutAttr layout = op.getOperandLayout(operand.getOperandNumber());
  if (!layout)
    return operand.get();
  SmallVector<int64_t> shape =
      getParamsShape(op.getMap(operand.getOperandNumber()), op.getStaticLoopSizes());
  bool isCodes = operand.getOperandNumber() == op.getLhsMutable().getOperandNumber() ||
                 operand.getOperandNumber() == op.getRhsMutable().getOperandNumber();
  auto scheme = operand.getOperandNumber() == 0 ? op.getLhsSchemeAttr() : op.getRhsSchemeAttr();
  if (!isCodes || !isTrellis(scheme, layout))
    return UnpackOp::create(b, RankedTensorType::get(shape, type), operand.get(), layout);
  auto packed = cast<RankedTensorType>(operand.get().getType());
  auto code = RankedTensorType::get(shape, b.getIntegerType(getTrellisBits(packed)));
  return DecodeTrellisOp::create(b, UnpackOp::create(b, code, operand.get(), layout));
}

/// Scales that are codes, as floats.
static Value decodeScales(ImplicitLocOpBuilder &b, MatmulOp op, OpOperand &codes, OpOperand &scales,
                          SchemeAttr scheme) {
  Value unpacked = unpackOperand(b, op, codes, scheme.getCodeType());
  auto type = cast<RankedTensorType>(unpacked.getType());
  return DequantizeOp::create(
      b, type.clone(b.getF32Type()), unpacked,
      unpackOperand(b, op, scales, getElementTypeOrSelf(scales.get())), /*zero_points=*/Value(),
      scheme, AffineMapAttr::get(getParamsMap(scheme.getValue(), type.getRank(), b.getContext())));
}

static ContractionSide createSide(ImplicitLocOpBuilder &b, MatmulOp op, OpOperand &elements,
                                  MutableOperandRange scales, MutableOperandRange zeroPoints,
                                  SchemeAttr scheme, MutableOperandRange scaleScales,
                                  SchemeAttr scalesScheme) {
  ContractionSide side;
  side.scheme = scheme;
  Type code = scheme ? scheme.getCodeType() : getElementTypeOrSelf(elements.get());
  side.operands.push_back(unpackOperand(b, op, elements, code));
  side.maps.push_back(op.getMap(elements.getOperandNumber()));
  for (MutableOperandRange params : {scales, zeroPoints}) {
    if (params.empty())
      continue;
    bool isCoded = scalesScheme && params[0].get() == scales[0].get();
    side.operands.push_back(
        isCoded ? decodeScales(b, op, params[0], scaleScales[0], scalesScheme)
                : unpackOperand(b, op, params[0], getElementTypeOrSelf(params[0].get())));
    side.maps.push_back(op.getMap(params));
  }
  if (scheme)
    side.codec.emplace(b, scheme);
  if (scales.empty())
    return side;
  std::optional<SmallVector<ParamsResult>> params = getParamsResults(op.getMap(scales));
  for (auto [dim, group] : *params)
    if (dim == op.getReductionDim())
      side.group = group;
  return side;
}

Contraction::Contraction(ImplicitLocOpBuilder &b, MatmulOp op)
    : op(op), lhs(createSide(b, op, op.getLhsMutable(), op.getLhsScalesMutable(),
                             op.getLhsZeroPointsMutable(), op.getLhsSchemeAttr(),
                             op.getLhsScaleScalesMutable(), op.getLhsScalesSchemeAttr())),
      rhs(createSide(b, op, op.getRhsMutable(), op.getRhsScalesMutable(),
                     op.getRhsZeroPointsMutable(), op.getRhsSchemeAttr(),
                     op.getRhsScaleScalesMutable(), op.getRhsScalesSchemeAttr())),
      compute(op.keepsIntegers()                           ? Type(b.getI32Type())
              : getElementTypeOrSelf(op.getInit()).isF64() ? Type(b.getF64Type())
                                                           : Type(b.getF32Type())),
      sizes(tensor::getMixedSizes(b, op.getLoc(), op.getInit())) {}

AffineMap getResultMap(MatmulOp op, AffineMap map) {
  Builder b(op.getContext());
  SmallVector<AffineExpr> loops(op.getNumLoops(), b.getAffineConstantExpr(0));
  for (auto [i, expr] : llvm::enumerate(op.getInitMap().getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = b.getAffineDimExpr(i);
  return map.compose(AffineMap::get(op.getInitMap().getNumResults(), 0, loops, b.getContext()));
}

SmallVector<Value> Contraction::inputs() const {
  return llvm::to_vector(llvm::concat<const Value>(lhs.operands, rhs.operands));
}

SmallVector<AffineMap> Contraction::maps(unsigned results) const {
  auto maps = llvm::to_vector(llvm::concat<const AffineMap>(lhs.maps, rhs.maps));
  maps.append(results, op.getInitMap());
  return maps;
}

llvm::SmallBitVector Contraction::reducedDims() const {
  llvm::SmallBitVector reduced(op.getNumLoops());
  reduced.set(op.getReductionDim());
  return reduced;
}

ValueRange Contraction::lhsElements(ValueRange elements) const {
  return elements.take_front(lhs.operands.size());
}

ValueRange Contraction::rhsElements(ValueRange elements) const {
  return elements.slice(lhs.operands.size(), rhs.operands.size());
}

} // namespace qlinalg
