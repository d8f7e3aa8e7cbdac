//===- Elements.cpp - One element of a side -------------------------------===//

#include "Elements.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelLayout.h"
#include "QLinalg/Kernels/PanelUnpack.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

/// The indices of a parameter; packed ones lie in panels of as many rows as the codes.
static SmallVector<Value> getParamIndices(ImplicitLocOpBuilder &b, const Side &side, Value params,
                                          AffineMap map, const Coordinates &coordinates) {
  SmallVector<Value> indices = applyMap(b, map, coordinates);
  if (!side.isPackedParam(params, map))
    return indices;
  Value group = indices.pop_back_val(), n = indices.pop_back_val();
  int64_t panel = side.layout.getPanel();
  indices.append({divide(b, n, panel), group, remainder(b, n, panel)});
  return indices;
}

Value loadScale(ImplicitLocOpBuilder &b, const Side &side, const Coordinates &coordinates) {
  if (side.scalesScheme) {
    Side own = side.getScales();
    Value code = loadCode(b, own, coordinates);
    Value zero = constantLike(b, code.getType(), impliedZeroPoint(own.scheme.getValue()));
    Value number = arith::SIToFPOp::create(b, b.getF32Type(),
                                           arith::SubIOp::create(b, code, zero).getResult());
    return arith::MulFOp::create(b, number, loadScale(b, own, coordinates));
  }
  Value scale = memref::LoadOp::create(
      b, side.scales, getParamIndices(b, side, side.scales, side.scalesMap, coordinates));
  return convertFloat(b, scale, b.getF32Type());
}

Value loadZeroPoint(ImplicitLocOpBuilder &b, const Side &side, const Coordinates &coordinates) {
  Value zero = memref::LoadOp::create(
      b, side.zeroPoints,
      getParamIndices(b, side, side.zeroPoints, side.zeroPointsMap, coordinates));
  return widenZeroPoint(b, side, zero);
}

Value widenZeroPoint(ImplicitLocOpBuilder &b, const Side &side, Value zero) {
  Type type = getTypeLike(b.getI32Type(), zero.getType());
  return isUnsigned(side.scheme.getStorage()) ? Value(arith::ExtUIOp::create(b, type, zero))
                                              : Value(arith::ExtSIOp::create(b, type, zero));
}

bool cutsBytes(const Side &side) {
  if (!side.layout)
    return false;
  int bits = bitWidth(side.scheme.getStorage());
  return bits < 8 && 8 % bits != 0;
}

int64_t getCodesPerElement(const Side &side) {
  int bits = side.layout ? bitWidth(side.scheme.getStorage()) : 8;
  return bits < 8 ? 8 / bits : 1;
}

bool isInWords(const Side &side) {
  return side.layout && side.layout.getStep() == laneBytes && side.layout.getBlock() &&
         side.getGroup() % side.layout.getBlock() == 0;
}

BlockCodes getBlockCodes(const Side &side) {
  return BlockCodes(bitWidth(side.scheme.getStorage()), side.layout.getBlock());
}

Value toWords(ImplicitLocOpBuilder &b, Value bytes) {
  auto type = cast<VectorType>(bytes.getType());
  if (!type.getElementType().isInteger())
    bytes = arith::BitcastOp::create(b, type.clone(b.getI8Type()), bytes);
  auto words = VectorType::get(type.getNumElements() / laneBytes, b.getI32Type());
  return vector::BitCastOp::create(b, words, bytes);
}

Value concatenate(ImplicitLocOpBuilder &b, ArrayRef<Value> vectors) {
  if (vectors.size() == 1)
    return vectors.front();
  size_t half = vectors.size() / 2;
  Value first = concatenate(b, vectors.take_front(half));
  Value second = concatenate(b, vectors.drop_front(half));
  int64_t lanes = cast<VectorType>(first.getType()).getNumElements();
  return vector::ShuffleOp::create(b, first, second, llvm::to_vector(llvm::seq(2 * lanes)));
}

Value getFirstLanes(ImplicitLocOpBuilder &b, int64_t lanes, Value left) {
  auto type = VectorType::get(lanes, b.getI32Type());
  SmallVector<int32_t> indices = llvm::to_vector(llvm::seq<int32_t>(lanes));
  Value numbers = arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(indices)));
  Value count =
      vector::BroadcastOp::create(b, type, arith::IndexCastOp::create(b, b.getI32Type(), left));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, numbers, count);
}

static constexpr int64_t cacheLine = 64;

void prefetchAhead(ImplicitLocOpBuilder &b, Value memref, SmallVector<Value> indices,
                   VectorType type, int64_t distance) {
  int64_t elementBytes = type.getElementTypeBitWidth() / 8;
  int64_t bytes = type.getNumElements() * elementBytes;
  Value &row = indices[indices.size() - 2];
  row = add(b, row, std::max<int64_t>(1, distance / bytes));
  for (int64_t byte = 0; byte < bytes; byte += cacheLine) {
    indices.back() = indexConstant(b, byte / elementBytes);
    memref::PrefetchOp::create(b, memref, indices, /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
  }
}

/// Replaces k, the last of `indices`, by the indices of the packed element that holds its code, and
/// gives the number of the code in it.
static Value toPackedIndices(ImplicitLocOpBuilder &b, const Side &side,
                             SmallVector<Value> &indices) {
  int64_t codes = getCodesPerElement(side);
  Value k = indices.pop_back_val();
  if (side.layout.isRows()) {
    indices.push_back(divide(b, k, codes));
    return remainder(b, k, codes);
  }
  int64_t panel = side.layout.getPanel(), step = side.layout.getStep();
  int64_t block = side.layout.getBlock() ? side.layout.getBlock() : codes;
  int64_t bytes = block / codes;
  Value inBlock = remainder(b, k, block), n = indices.pop_back_val();
  // Without blocks the codes of a byte follow one another; in blocks those are as many apart as
  // there are bytes. One code a byte is the same either way.
  Value byte = remainder(b, inBlock, bytes), position = divide(b, inBlock, bytes);
  Value row = add(b, multiply(b, divide(b, k, block), bytes / step), divide(b, byte, step));
  Value lane = add(b, multiply(b, remainder(b, n, panel), step), remainder(b, byte, step));
  indices.append({divide(b, n, panel), row, lane});
  return position;
}

/// Byte `byte` of the row that `indices` end in, as i32.
static Value loadByte(ImplicitLocOpBuilder &b, const Side &side, SmallVector<Value> indices,
                      Value byte) {
  if (!side.layout.isRows()) {
    int64_t panel = side.layout.getPanel(), step = side.layout.getStep();
    Value n = indices.pop_back_val();
    indices.append({divide(b, n, panel), divide(b, byte, step)});
    byte = add(b, multiply(b, remainder(b, n, panel), step), remainder(b, byte, step));
  }
  indices.push_back(byte);
  return arith::ExtUIOp::create(b, b.getI32Type(), memref::LoadOp::create(b, side.data, indices));
}

/// Code `k` (the last of `indices`) of a stream of bits, or of planes.
static Value loadCutCode(ImplicitLocOpBuilder &b, const Side &side, SmallVector<Value> indices) {
  Storage storage = side.scheme.getStorage();
  int64_t bits = bitWidth(storage), block = side.layout.getBlock();
  Value k = indices.pop_back_val();
  auto toI32 = [&](Value index) {
    return Value(arith::IndexCastOp::create(b, b.getI32Type(), index));
  };
  auto shift = [&](Value word, int64_t by) {
    return Value(arith::ShLIOp::create(b, word, constantLike(b, word.getType(), by)));
  };
  if (!block) {
    // The byte of its last bit is that of its first, or the next.
    Value place = multiply(b, k, bits);
    Value low = loadByte(b, side, indices, divide(b, place, 8));
    Value high = loadByte(b, side, indices, divide(b, add(b, place, bits - 1), 8));
    return extractFromWord(b, storage, arith::OrIOp::create(b, low, shift(high, 8)),
                           toI32(remainder(b, place, 8)), /*excess=*/false);
  }
  Value inBlock = remainder(b, k, block);
  Value first = multiply(b, divide(b, k, block), block * bits / 8), code;
  int64_t start = 0;
  for (BitPlane plane : bitPlanes(bits)) {
    int64_t bytes = block * plane.width / 8;
    Value byte =
        loadByte(b, side, indices, add(b, first, add(b, remainder(b, inBlock, bytes), start)));
    Value place = toI32(multiply(b, divide(b, inBlock, bytes), plane.width));
    Value mask = constantLike(b, byte.getType(), (1 << plane.width) - 1);
    Value own = arith::AndIOp::create(b, Value(arith::ShRUIOp::create(b, byte, place)), mask);
    code = code ? Value(arith::OrIOp::create(b, code, shift(own, plane.shift))) : own;
    start += bytes;
  }
  return extractFromWord(b, storage, code, int64_t(0), side.layout.getExcess());
}

Value loadCode(ImplicitLocOpBuilder &b, const Side &side, const Coordinates &coordinates) {
  SmallVector<Value> indices = applyMap(b, side.map, coordinates);
  if (cutsBytes(side))
    return loadCutCode(b, side, indices);
  Value position = side.layout ? toPackedIndices(b, side, indices) : Value();
  Value stored = memref::LoadOp::create(b, side.data, indices);
  if (!side.scheme || side.scheme.isDowncast())
    return stored;
  bool excess = side.layout && side.layout.getExcess();
  Storage storage = side.scheme.getStorage();
  if (getCodesPerElement(side) == 1)
    return widenCode(b, storage, stored, excess);
  return extractCode(b, storage, stored,
                     Value(arith::IndexCastOp::create(b, b.getI32Type(), position)), excess);
}

Value getNumber(ImplicitLocOpBuilder &b, const Contraction &c, const Side &side, Value code,
                Value scale, Value zeroPoint) {
  if (!side.scheme || side.scheme.isDowncast())
    return convertFloat(b, code, c.computeType);
  Storage storage = side.scheme.getStorage();
  if (side.isInteger() && !zeroPoint)
    if (int64_t zero = impliedZeroPoint(side.scheme.getValue()))
      zeroPoint = constantLike(b, code.getType(), zero);
  if (zeroPoint)
    code = arith::SubIOp::create(b, code, zeroPoint);
  if (c.integer) {
    Type type = getTypeLike(getNumberType(c), code.getType());
    return type == code.getType() ? code : Value(arith::TruncIOp::create(b, type, code));
  }
  Value number =
      side.isInteger()
          ? Value(arith::SIToFPOp::create(b, getTypeLike(b.getF32Type(), code.getType()), code))
          : getLevel(b, storage, code);
  return convertFloat(b, arith::MulFOp::create(b, number, scale), c.computeType);
}

Type getNumberType(const Contraction &c) {
  if (!c.integer)
    return c.computeType;
  bool isWide =
      bitWidth(c.rows.scheme.getStorage()) == 16 || bitWidth(c.columns.scheme.getStorage()) == 16;
  return IntegerType::get(c.computeType.getContext(), isWide ? 32 : 16);
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
