//===- Elements.cpp - One element of a side -------------------------------===//

#include "Elements.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelUnpack.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace qlinalg::kernels {

Value loadScale(ImplicitLocOpBuilder &b, const Side &side, const Coordinates &coordinates) {
  Value scale = memref::LoadOp::create(b, side.scales, applyMap(b, side.scalesMap, coordinates));
  return convertFloat(b, scale, b.getF32Type());
}

Value loadZeroPoint(ImplicitLocOpBuilder &b, const Side &side, const Coordinates &coordinates) {
  Value zero =
      memref::LoadOp::create(b, side.zeroPoints, applyMap(b, side.zeroPointsMap, coordinates));
  return isUnsigned(side.scheme.getStorage())
             ? Value(arith::ExtUIOp::create(b, b.getI32Type(), zero))
             : Value(arith::ExtSIOp::create(b, b.getI32Type(), zero));
}

int64_t getCodesPerElement(const Side &side) {
  int bits = side.layout ? bitWidth(side.scheme.getStorage()) : 8;
  return bits < 8 ? 8 / bits : 1;
}

Value loadCode(ImplicitLocOpBuilder &b, const Side &side, const Coordinates &coordinates) {
  SmallVector<Value> indices = applyMap(b, side.map, coordinates);
  Value k;
  if (side.layout) {
    k = indices.pop_back_val();
    Value element = divide(b, k, getCodesPerElement(side));
    if (side.layout.isRows()) {
      indices.push_back(element);
    } else {
      Value n = indices.pop_back_val();
      int64_t panel = side.layout.getPanel();
      indices.append({divide(b, n, panel), element, remainder(b, n, panel)});
    }
  }
  Value stored = memref::LoadOp::create(b, side.data, indices);
  if (!side.scheme || side.scheme.isDowncast())
    return stored;
  Storage storage = side.scheme.getStorage();
  if (getCodesPerElement(side) == 1)
    return widenCode(b, storage, stored);
  Value position = remainder(b, k, getCodesPerElement(side));
  return extractCode(b, storage, stored,
                     Value(arith::IndexCastOp::create(b, b.getI32Type(), position)));
}

Value getNumber(ImplicitLocOpBuilder &b, const Contraction &c, const Side &side, Value code,
                Value scale, Value zeroPoint) {
  if (!side.scheme || side.scheme.isDowncast())
    return convertFloat(b, code, c.computeType);
  Storage storage = side.scheme.getStorage();
  if (side.isInteger() && !zeroPoint)
    if (int64_t zero = symmetricZeroPoint(storage))
      zeroPoint = constantLike(b, code.getType(), zero);
  if (zeroPoint)
    code = arith::SubIOp::create(b, code, zeroPoint);
  if (c.integer)
    return arith::TruncIOp::create(b, getTypeLike(b.getI16Type(), code.getType()), code);
  Value number =
      side.isInteger()
          ? Value(arith::SIToFPOp::create(b, getTypeLike(b.getF32Type(), code.getType()), code))
          : getLevel(b, storage, code);
  return convertFloat(b, arith::MulFOp::create(b, number, scale), c.computeType);
}

Type getNumberType(const Contraction &c) {
  return c.integer ? Type(IntegerType::get(c.computeType.getContext(), 16)) : Type(c.computeType);
}

Value allocate(ImplicitLocOpBuilder &b, ArrayRef<Value> sizes, Type element) {
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamicSizes;
  for (Value size : sizes) {
    std::optional<int64_t> constant = getConstantIntValue(size);
    shape.push_back(constant.value_or(ShapedType::kDynamic));
    if (!constant)
      dynamicSizes.push_back(size);
  }
  return memref::AllocOp::create(b, MemRefType::get(shape, element), dynamicSizes,
                                 b.getI64IntegerAttr(64));
}

Value getGroupCount(ImplicitLocOpBuilder &b, const Side &side, Value k) {
  return side.getGroup() ? divideUp(b, k, side.getGroup()) : indexConstant(b, 1);
}
std::pair<Value, Value> getGroupBounds(ImplicitLocOpBuilder &b, const Side &side, Value group,
                                       Value k) {
  if (!side.getGroup())
    return {indexConstant(b, 0), k};
  Value begin = multiply(b, group, side.getGroup());
  return {begin, minimum(b, add(b, begin, side.getGroup()), k)};
}

} // namespace qlinalg::kernels
