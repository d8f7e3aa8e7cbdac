//===- DecodeTrellisOp.cpp - decode_trellis -------------------------------===//

#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "QLinalg/TrellisOps.cpp.inc"

namespace qlinalg {

LogicalResult DecodeTrellisOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                                                Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto codes = dyn_cast<RankedTensorType>(adaptor.getCodes().getType());
  if (!codes)
    return failure();
  types.push_back(codes.clone(IntegerType::get(context, 16)));
  return success();
}

bool DecodeTrellisOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return lhs.size() == rhs.size();
}

LogicalResult DecodeTrellisOp::verify() {
  RankedTensorType codes = getCodes().getType();
  if (codes.getRank() < 2)
    return emitOpError() << "(C1) expected codes of rank 2 or more, got " << codes;
  if (getType().getShape() != codes.getShape())
    return emitOpError() << "(C2) expected " << codes.clone(getType().getElementType())
                         << " for codes " << codes << ", got " << getType();
  return success();
}

LogicalResult DecodeTrellisOp::reifyResultShapes(OpBuilder &builder,
                                                 ReifiedRankedShapedTypeDims &dims) {
  dims.push_back(tensor::getMixedSizes(builder, getLoc(), getCodes()));
  return success();
}

} // namespace qlinalg
