//===- Codes.cpp - One code to one number ---------------------------------===//

#include "QLinalg/Kernels/Codes.h"

#include "QLinalg/Numerics/Codebook.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace qlinalg::kernels {

Type getTypeLike(Type scalar, Type like) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? Type(vector.clone(scalar)) : scalar;
}

Value constantLike(ImplicitLocOpBuilder &b, Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr attr =
      isa<mlir::FloatType>(element)
          ? TypedAttr(b.getFloatAttr(element, value))
          : TypedAttr(b.getIntegerAttr(element, APInt(element.getIntOrFloatBitWidth(),
                                                      static_cast<int64_t>(value),
                                                      /*isSigned=*/true, /*implicitTrunc=*/true)));
  if (auto vector = dyn_cast<VectorType>(type))
    attr = SplatElementsAttr::get(vector, attr);
  return arith::ConstantOp::create(b, attr);
}

Value convertFloat(ImplicitLocOpBuilder &b, Value value, Type element) {
  Type type = getTypeLike(element, value.getType());
  unsigned from = getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
  unsigned to = element.getIntOrFloatBitWidth();
  if (type == value.getType())
    return value;
  if (from < to)
    return arith::ExtFOp::create(b, type, value);
  if (from > to)
    return arith::TruncFOp::create(b, type, value);
  // bf16 and f16 meet in f32
  return convertFloat(b, convertFloat(b, value, b.getF32Type()), element);
}

Value splat(ImplicitLocOpBuilder &b, Value value, Type like) {
  Type type = getTypeLike(value.getType(), like);
  return type == value.getType() ? value : vector::BroadcastOp::create(b, type, value);
}

Value divideByScale(ImplicitLocOpBuilder &b, SchemeAttr scheme, Value number, Value scale,
                    bool isNormal) {
  Type type = number.getType();
  if (scheme.getValue().division == Division::Divide)
    return arith::DivFOp::create(b, number, splat(b, scale, type));
  Value reciprocal = arith::DivFOp::create(b, constantLike(b, scale.getType(), 1), scale);
  Value product = arith::MulFOp::create(b, number, splat(b, reciprocal, type));
  if (isNormal)
    return product;
  // That of a denormal may be infinite: such are divided.
  Value isFinite = arith::CmpFOp::create(
      b, arith::CmpFPredicate::OLT, Value(math::AbsFOp::create(b, reciprocal)),
      constantLike(b, scale.getType(), std::numeric_limits<double>::infinity()));
  Value quotient = arith::DivFOp::create(b, number, splat(b, scale, type));
  return arith::SelectOp::create(b, splat(b, isFinite, type), product, quotient);
}

static bool isSignExtended(Storage storage) { return isInteger(storage) && !isUnsigned(storage); }

/// The highest bits of `value` (an i32) that are a code of `storage`, moved down.
static Value moveDown(ImplicitLocOpBuilder &b, Storage storage, Value value, bool excess) {
  Value shift = constantLike(b, value.getType(), 32 - bitWidth(storage));
  if (excess)
    value = arith::XOrIOp::create(b, value, constantLike(b, value.getType(), INT32_MIN));
  return isSignExtended(storage) ? Value(arith::ShRSIOp::create(b, value, shift))
                                 : Value(arith::ShRUIOp::create(b, value, shift));
}

Value extractCode(ImplicitLocOpBuilder &b, Storage storage, Value byte, int64_t position,
                  bool excess) {
  int bits = bitWidth(storage);
  if (bits >= 8)
    return widenCode(b, storage, byte, excess);
  Value wide = arith::ExtUIOp::create(b, getTypeLike(b.getI32Type(), byte.getType()), byte);
  return extractFromWord(b, storage, wide, bits * position, excess);
}

Value extractFromWord(ImplicitLocOpBuilder &b, Storage storage, Value word, int64_t bit,
                      bool excess) {
  Value shift = constantLike(b, word.getType(), 32 - bit - bitWidth(storage));
  return moveDown(b, storage, arith::ShLIOp::create(b, word, shift), excess);
}

Value extractCode(ImplicitLocOpBuilder &b, Storage storage, Value byte, Value position,
                  bool excess) {
  int bits = bitWidth(storage);
  if (bits >= 8)
    return widenCode(b, storage, byte, excess);
  Value wide = arith::ExtUIOp::create(b, b.getI32Type(), byte);
  Value offset = arith::MulIOp::create(b, position, constantLike(b, wide.getType(), bits));
  return extractFromWord(b, storage, wide, offset, excess);
}

Value extractFromWord(ImplicitLocOpBuilder &b, Storage storage, Value word, Value bit,
                      bool excess) {
  Value top = constantLike(b, word.getType(), 32 - bitWidth(storage));
  Value shift = arith::SubIOp::create(b, top, bit);
  return moveDown(b, storage, arith::ShLIOp::create(b, word, shift), excess);
}

Value widenCode(ImplicitLocOpBuilder &b, Storage storage, Value code, bool excess) {
  Type element = getElementTypeOrSelf(code.getType());
  if (isa<mlir::FloatType>(element))
    code = arith::BitcastOp::create(b, getTypeLike(b.getI8Type(), code.getType()), code);
  if (excess) {
    int64_t highest =
        int64_t(1) << (getElementTypeOrSelf(code.getType()).getIntOrFloatBitWidth() - 1);
    code = arith::XOrIOp::create(b, code, constantLike(b, code.getType(), highest));
  }
  Type wide = getTypeLike(b.getI32Type(), code.getType());
  return isSignExtended(storage) ? Value(arith::ExtSIOp::create(b, wide, code))
                                 : Value(arith::ExtUIOp::create(b, wide, code));
}

/// A binary float of a sign, `exponentBits` and `mantissaBits`, by its bits: the magnitude moved to
/// where f32 has it is the number times 2^(bias - 127), denormals too, so that one exact
/// multiplication is all.
static Value getMinifloat(ImplicitLocOpBuilder &b, Value code, int exponentBits, int mantissaBits) {
  Type integer = code.getType(), real = getTypeLike(b.getF32Type(), integer);
  int magnitudeBits = exponentBits + mantissaBits, bias = (1 << (exponentBits - 1)) - 1;
  Value magnitude =
      arith::AndIOp::create(b, code, constantLike(b, integer, (1 << magnitudeBits) - 1));
  Value bits = arith::ShLIOp::create(b, magnitude, constantLike(b, integer, 23 - mantissaBits));
  Value scaled = arith::MulFOp::create(b, arith::BitcastOp::create(b, real, bits),
                                       constantLike(b, real, std::ldexp(1.0, 127 - bias)));
  Value sign = arith::ShLIOp::create(
      b, arith::ShRUIOp::create(b, code, constantLike(b, integer, magnitudeBits)),
      constantLike(b, integer, 31));
  Value number = arith::OrIOp::create(b, arith::BitcastOp::create(b, integer, scaled), sign);
  return arith::BitcastOp::create(b, real, number);
}

static Value getF8(ImplicitLocOpBuilder &b, Value code) {
  Type integer = code.getType();
  Value number = getMinifloat(b, code, 4, 3);
  Value magnitude = arith::AndIOp::create(b, code, constantLike(b, integer, 0x7f));
  Value isNaN =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, magnitude, constantLike(b, integer, 0x7f));
  Value nan = constantLike(b, number.getType(), std::numeric_limits<double>::quiet_NaN());
  return arith::SelectOp::create(b, isNaN, nan, number);
}

/// Chooses among levels by the bits of the code, the lowest first: 15 selects that stay in
/// registers.
static Value getTableLevel(ImplicitLocOpBuilder &b, Storage storage, Value code) {
  Type integer = code.getType(), real = getTypeLike(b.getF32Type(), integer);
  SmallVector<Value> levels;
  for (float level : codebook(storage))
    levels.push_back(constantLike(b, real, level));
  for (int bit = 0; levels.size() > 1; ++bit) {
    Value masked = arith::AndIOp::create(b, code, constantLike(b, integer, 1 << bit));
    Value isSet =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, masked, constantLike(b, integer, 0));
    SmallVector<Value> next;
    for (size_t i = 0; i < levels.size(); i += 2)
      next.push_back(arith::SelectOp::create(b, isSet, levels[i + 1], levels[i]));
    levels = next;
  }
  return levels.front();
}

Value getLevel(ImplicitLocOpBuilder &b, Storage storage, Value code) {
  switch (storage) {
  case Storage::FP4:
    return getMinifloat(b, code, 2, 1);
  case Storage::F8E4M3FN:
    return getF8(b, code);
  default:
    return getTableLevel(b, storage, code);
  }
}

} // namespace qlinalg::kernels
