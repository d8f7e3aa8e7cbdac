//===- SumCodesOp.cpp - sum_codes -----------------------------------------===//

#include "QLinalg/Constants.h"
#include "QLinalg/Numerics/SumCodes.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace qlinalg {

/// The codes' shape with the groups of K for its last dimension.
static SmallVector<int64_t> getSumsShape(const Scheme &scheme, ArrayRef<int64_t> codes) {
  SmallVector<int64_t> shape(codes);
  shape.back() = groupsPerRow(scheme, codes.back());
  return shape;
}

LogicalResult SumCodesOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                                           Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto codes = dyn_cast<RankedTensorType>(adaptor.getCodes().getType());
  if (!codes || codes.getRank() == 0 || !codes.hasStaticShape())
    return failure();
  types.push_back(
      RankedTensorType::get(getSumsShape(adaptor.getScheme().getValue(), codes.getShape()),
                            IntegerType::get(context, 32)));
  return success();
}

bool SumCodesOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) { return lhs == rhs; }

LogicalResult SumCodesOp::verify() {
  RankedTensorType codes = getCodes().getType();
  if (!getScheme().isInteger() || codes.getElementType() != getScheme().getCodeType() ||
      codes.getRank() == 0 || !codes.hasStaticShape())
    return emitOpError() << "(C1) expected static codes of an integer scheme, of rank 1 or more, "
                            "got "
                         << codes << " and " << getScheme();
  const Scheme &scheme = getScheme().getValue();
  if (static_cast<bool>(getZeroPoints()) != storesZeroPoints(scheme))
    return emitOpError() << "(C2) expected " << (getZeroPoints() ? "no " : "")
                         << "zero points for scheme " << getScheme();
  if (!getZeroPoints())
    return success();
  if (getZeroPoints().getType().getElementType() != getScheme().getZeroPointType())
    return emitOpError() << "(C2) expected zero points of " << getScheme().getZeroPointType()
                         << ", got " << getZeroPoints().getType().getElementType();
  SmallVector<int64_t> expected = getSumsShape(scheme, codes.getShape());
  if (scheme.granularity == Granularity::Tensor)
    expected.clear();
  else if (!scheme.group)
    expected.pop_back();
  ArrayRef<int64_t> actual = getZeroPoints().getType().getShape();
  if (actual != ArrayRef<int64_t>(expected))
    return emitOpError() << "(C2) expected zero points of shape [" << expected << "], got ["
                         << actual << "]";
  return success();
}

/// The bytes of a constant in whole bytes, or of that which codes below 8 bits are unpacked from.
static std::optional<ConstantBytes> getBytes(Value value, std::string &name) {
  if (auto unpack = value.getDefiningOp<UnpackOp>(); unpack && unpack.getLayout().isRows())
    value = unpack.getSource();
  ElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return std::nullopt;
  name = getConstantName(constant);
  return getConstantBytes(constant);
}

OpFoldResult SumCodesOp::fold(FoldAdaptor) {
  std::string name, zeroPointsName;
  std::optional<ConstantBytes> codes = getBytes(getCodes(), name), zeroPoints;
  if (!codes)
    return {};
  if (getZeroPoints() && !(zeroPoints = getBytes(getZeroPoints(), zeroPointsName)))
    return {};
  int64_t columns = getCodes().getType().getShape().back();
  int64_t rows = 1;
  for (int64_t size : getCodes().getType().getShape().drop_back())
    rows *= size;
  return createResource(getType(), name.empty() ? "sums" : name + ".sums", [&](std::byte *data) {
    sumCodes(getScheme().getValue(), rows, columns, codes->data(),
             zeroPoints ? zeroPoints->data() : nullptr, reinterpret_cast<int32_t *>(data));
  });
}

} // namespace qlinalg
