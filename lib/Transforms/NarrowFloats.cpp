//===- NarrowFloats.cpp - Casts between floats, in arith ------------------===//
//
// bf16 is the upper half of an f32. f8E4M3FN: OCP 8-bit Floating Point Specification 1.0.
//
//===----------------------------------------------------------------------===//

#include "NarrowFloats.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;

namespace qlinalg {

Value createInteger(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
}

Value createFloat(ImplicitLocOpBuilder &b, Type type, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

/// `bits`, of an f32, less `dropped` mantissa bits: rounded to nearest even and shifted down.
static Value roundBits(ImplicitLocOpBuilder &b, Value bits, int dropped) {
  Type i32 = b.getI32Type();
  Value shift = createInteger(b, i32, dropped);
  Value last =
      arith::AndIOp::create(b, arith::ShRUIOp::create(b, bits, shift), createInteger(b, i32, 1));
  Value belowHalf = createInteger(b, i32, (int64_t(1) << (dropped - 1)) - 1);
  Value rounded = arith::AddIOp::create(b, arith::AddIOp::create(b, bits, belowHalf), last);
  return arith::ShRUIOp::create(b, rounded, shift);
}

static Value isNaN(ImplicitLocOpBuilder &b, Value number) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, number, number);
}

static Value castToBF16(ImplicitLocOpBuilder &b, Value number) {
  Type i32 = b.getI32Type();
  Value bits = arith::BitcastOp::create(b, i32, number);
  Value upper = arith::ShRUIOp::create(b, bits, createInteger(b, i32, 16));
  // Rounding could carry a NaN into infinity; bit 6 makes it quiet.
  Value quiet = arith::OrIOp::create(b, upper, createInteger(b, i32, 0x40));
  Value half = arith::SelectOp::create(b, isNaN(b, number), quiet, roundBits(b, bits, 16));
  return arith::BitcastOp::create(b, b.getBF16Type(),
                                  arith::TruncIOp::create(b, b.getI16Type(), half));
}

Value castFloat(ImplicitLocOpBuilder &b, Value number, Type type) {
  Type from = number.getType();
  if (from == type)
    return number;
  unsigned fromBits = from.getIntOrFloatBitWidth(), toBits = type.getIntOrFloatBitWidth();
  if (fromBits > 32 && toBits < 32)
    return castFloat(b, castToF32(b, number), type);
  if (fromBits == 16 && toBits == 16)
    return castFloat(b, castToF32(b, number), type);
  if (fromBits < toBits)
    return arith::ExtFOp::create(b, type, number);
  if (type.isBF16())
    return castToBF16(b, number);
  return arith::TruncFOp::create(b, type, number);
}

Value castToF32(ImplicitLocOpBuilder &b, Value number) {
  return castFloat(b, number, b.getF32Type());
}

Value castToF8(ImplicitLocOpBuilder &b, Value number) {
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  Value bits = arith::BitcastOp::create(b, i32, number);
  Value magnitude = math::AbsFOp::create(b, number);
  // From 2^-6 on: three mantissa bits stay, the exponent's bias goes from 127 to 7.
  Value magnitudeBits = arith::BitcastOp::create(b, i32, magnitude);
  Value normal = arith::SubIOp::create(b, roundBits(b, magnitudeBits, 20),
                                       createInteger(b, i32, (127 - 7) << 3));
  // Below: a multiple of 2^-9.
  Value steps = arith::MulFOp::create(b, magnitude, createFloat(b, f32, 512));
  Value isSmall =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, magnitude, createFloat(b, f32, 1.0 / 64));
  Value zero = createFloat(b, f32, 0);
  Value smallSteps = arith::SelectOp::create(b, isSmall, steps, zero);
  Value denormal = arith::FPToSIOp::create(b, i32, Value(math::RoundEvenOp::create(b, smallSteps)));
  Value code = arith::SelectOp::create(b, isSmall, denormal, normal);
  Value isLarge =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, magnitude, createFloat(b, f32, 448));
  code = arith::SelectOp::create(b, isLarge, createInteger(b, i32, 0x7E), code);
  code = arith::SelectOp::create(b, isNaN(b, number), createInteger(b, i32, 0x7F), code);
  Value sign = arith::AndIOp::create(b, arith::ShRUIOp::create(b, bits, createInteger(b, i32, 24)),
                                     createInteger(b, i32, 0x80));
  Value byte = arith::TruncIOp::create(b, b.getI8Type(), arith::OrIOp::create(b, code, sign));
  return arith::BitcastOp::create(b, Float8E4M3FNType::get(b.getContext()), byte);
}

Value castFromF8(ImplicitLocOpBuilder &b, Value number) {
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  Value byte = arith::BitcastOp::create(b, b.getI8Type(), number);
  Value bits = arith::ExtUIOp::create(b, i32, byte);
  Value magnitude = arith::AndIOp::create(b, bits, createInteger(b, i32, 0x7F));
  Value sign = arith::AndIOp::create(b, bits, createInteger(b, i32, 0x80));
  // With exponent and mantissa in place only the bias is wrong: 127 for 7, denormals too.
  Value wide =
      arith::OrIOp::create(b, arith::ShLIOp::create(b, magnitude, createInteger(b, i32, 20)),
                           arith::ShLIOp::create(b, sign, createInteger(b, i32, 24)));
  Value value = arith::MulFOp::create(b, arith::BitcastOp::create(b, f32, wide),
                                      createFloat(b, f32, 0x1p120));
  Value isNaNCode =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, magnitude, createInteger(b, i32, 0x7F));
  return arith::SelectOp::create(
      b, isNaNCode, createFloat(b, f32, std::numeric_limits<double>::quiet_NaN()), value);
}

} // namespace qlinalg
