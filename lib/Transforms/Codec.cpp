//===- Codec.cpp - The arithmetic of a scheme, in arith -------------------===//

#include "Codec.h"

#include "NarrowFloats.h"
#include "QLinalg/Numerics/Codebook.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;

namespace qlinalg {

Codec::Codec(ImplicitLocOpBuilder &b, SchemeAttr scheme) : scheme(scheme) {
  if (!isCodebook(scheme.getStorage()))
    return;
  std::span<const float> levels = codebook(scheme.getStorage());
  auto type = RankedTensorType::get(levels.size(), b.getF32Type());
  table = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, ArrayRef<float>(levels.data(), levels.size())));
}

/// An integer of 16 bits or less, signed or not, in a wider one.
static Value extend(ImplicitLocOpBuilder &b, Value integer, Type type, bool isUnsigned) {
  if (isUnsigned)
    return arith::ExtUIOp::create(b, type, integer);
  return arith::ExtSIOp::create(b, type, integer);
}

Value clampToInteger(ImplicitLocOpBuilder &b, Value number, double least, double greatest,
                     Type type) {
  Type f32 = b.getF32Type();
  Value clamped =
      arith::MinimumFOp::create(b, arith::MaximumFOp::create(b, number, createFloat(b, f32, least)),
                                createFloat(b, f32, greatest));
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, number, number);
  Value safe = arith::SelectOp::create(b, isNaN, createFloat(b, f32, 0), clamped);
  // Codes of uint8 and uint16 go beyond what their signed type holds: through i32.
  Value wide = arith::FPToSIOp::create(b, b.getI32Type(), safe);
  return arith::TruncIOp::create(b, type, wide);
}

Value Codec::divide(ImplicitLocOpBuilder &b, Value number, Value scale) const {
  Value quotient = arith::DivFOp::create(b, number, scale);
  if (scheme.getValue().division == Division::Divide)
    return quotient;
  Type f32 = b.getF32Type();
  Value reciprocal = arith::DivFOp::create(b, createFloat(b, f32, 1), scale);
  // The reciprocal of a denormal may be infinite, and 0 times that NaN: those are divided.
  Value isFinite = arith::CmpFOp::create(
      b, arith::CmpFPredicate::OLT, Value(math::AbsFOp::create(b, reciprocal)),
      createFloat(b, f32, std::numeric_limits<double>::infinity()));
  Value product = arith::MulFOp::create(b, number, reciprocal);
  return arith::SelectOp::create(b, isFinite, product, quotient);
}

Value Codec::round(ImplicitLocOpBuilder &b, Value number) const {
  if (scheme.getValue().rounding == Rounding::Even)
    return math::RoundEvenOp::create(b, number);
  return math::RoundOp::create(b, number);
}

//===----------------------------------------------------------------------===//
// Floats to codes
//===----------------------------------------------------------------------===//

Value Codec::encode(ImplicitLocOpBuilder &b, Value number, ValueRange params,
                    std::pair<int64_t, int64_t> range) const {
  Storage storage = scheme.getStorage();
  Value code = round(b, divide(b, castToF32(b, number), castToF32(b, params[0])));
  if (scheme.hasZeroPoints()) {
    Value zero = extend(b, params[1], b.getI32Type(), isUnsigned(storage));
    code = arith::AddFOp::create(b, code, arith::SIToFPOp::create(b, b.getF32Type(), zero));
  } else if (int64_t zero = impliedZeroPoint(scheme.getValue())) {
    code = arith::AddFOp::create(b, code, createFloat(b, b.getF32Type(), zero));
  }
  return clampToInteger(b, code, range.first, range.second, scheme.getCodeType());
}

/// How many steps from one of the ascending `levels` to the next `number` lies beyond. The
/// midpoints are exact in f64; a tie goes to the even index. A NaN is beyond none.
static Value nearestLevel(ImplicitLocOpBuilder &b, Value number, std::span<const float> levels) {
  Type f64 = b.getF64Type(), i32 = b.getI32Type();
  Value wide = arith::ExtFOp::create(b, f64, number);
  Value index = createInteger(b, i32, 0);
  for (size_t i = 0; i + 1 < levels.size(); ++i) {
    double midpoint = (static_cast<double>(levels[i]) + levels[i + 1]) / 2;
    auto beyond = i % 2 == 0 ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OGE;
    Value step = arith::CmpFOp::create(b, beyond, wide, createFloat(b, f64, midpoint));
    index = arith::AddIOp::create(b, index, arith::ExtUIOp::create(b, i32, step));
  }
  return index;
}

Value Codec::encodeLevel(ImplicitLocOpBuilder &b, Value quotient) const {
  Type i32 = b.getI32Type();
  std::span<const float> levels = codebook(scheme.getStorage());
  Value index;
  if (scheme.getStorage() == Storage::NF4) {
    index = nearestLevel(b, quotient, levels);
  } else {
    // fp4: code 8 + i is minus level i, and -0 is never written.
    Value magnitude = math::AbsFOp::create(b, quotient);
    index = nearestLevel(b, magnitude, levels.first(levels.size() / 2));
    Value isNegative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, quotient,
                                             createFloat(b, b.getF32Type(), 0));
    Value isNotZero =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, index, createInteger(b, i32, 0));
    Value negative = arith::AddIOp::create(b, index, createInteger(b, i32, levels.size() / 2));
    index = arith::SelectOp::create(b, arith::AndIOp::create(b, isNegative, isNotZero), negative,
                                    index);
  }
  return arith::TruncIOp::create(b, scheme.getCodeType(), index);
}

Value Codec::encode(ImplicitLocOpBuilder &b, Value number, ValueRange params) const {
  if (scheme.isDowncast())
    return castFloat(b, castToF32(b, number), scheme.getCodeType());
  if (scheme.isInteger())
    return encode(b, number, params, {minCode(scheme.getStorage()), maxCode(scheme.getStorage())});
  Value quotient = divide(b, castToF32(b, number), castToF32(b, params[0]));
  if (isCodebook(scheme.getStorage()))
    return encodeLevel(b, quotient);
  return castToF8(b, quotient);
}

//===----------------------------------------------------------------------===//
// Codes to floats
//===----------------------------------------------------------------------===//

Value Codec::subtractZero(ImplicitLocOpBuilder &b, Value code, ValueRange params, Type type) const {
  Storage storage = scheme.getStorage();
  Value wide = extend(b, code, type, isUnsigned(storage));
  if (scheme.hasZeroPoints())
    return arith::SubIOp::create(b, wide, extend(b, params[1], type, isUnsigned(storage)));
  if (int64_t zero = impliedZeroPoint(scheme.getValue()))
    return arith::SubIOp::create(b, wide, createInteger(b, type, zero));
  return wide;
}

Value Codec::decode(ImplicitLocOpBuilder &b, Value code, ValueRange params) const {
  if (scheme.isDowncast())
    return castToF32(b, code);
  Value level;
  if (scheme.isInteger()) {
    Value difference = subtractZero(b, code, params, b.getI32Type());
    level = arith::SIToFPOp::create(b, b.getF32Type(), difference);
  } else if (isCodebook(scheme.getStorage())) {
    Value index = arith::IndexCastUIOp::create(b, b.getIndexType(), code);
    level = tensor::ExtractOp::create(b, table, index);
  } else {
    level = castFromF8(b, code);
  }
  return arith::MulFOp::create(b, level, castToF32(b, params[0]));
}

} // namespace qlinalg
