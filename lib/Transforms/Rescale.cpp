//===- Rescale.cpp - Integer sums to codes, in arith ----------------------===//
//
// With p = sum * multiplier and d = 31 - shift, in 64 bits, both below 2^62 in magnitude:
//
//   ties away  floor((p + half) / 2^d), one less under the half of a negative p
//   ties even  floor((p + half - 1) / 2^d), one more under it where floor(p / 2^d) is odd
//
// and half is 2^(d-1). Both round once.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Requantize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace qlinalg {

namespace {
/// Formulas on i64, scalars or vectors of one shape.
struct Integers {
  ImplicitLocOpBuilder &b;
  Type type;

  Value constant(int64_t value) const {
    TypedAttr number = b.getI64IntegerAttr(value);
    if (auto vector = dyn_cast<VectorType>(type))
      number = SplatElementsAttr::get(vector, Attribute(number));
    return arith::ConstantOp::create(b, number);
  }
  Value widen(Value value) const { return arith::ExtSIOp::create(b, type, value); }
  Value add(Value x, Value y) const { return arith::AddIOp::create(b, x, y); }
  Value subtract(Value x, Value y) const { return arith::SubIOp::create(b, x, y); }
  Value multiply(Value x, Value y) const { return arith::MulIOp::create(b, x, y); }
  Value both(Value x, Value y) const { return arith::AndIOp::create(b, x, y); }
  Value most(Value x, Value y) const { return arith::MaxSIOp::create(b, x, y); }
  Value least(Value x, Value y) const { return arith::MinSIOp::create(b, x, y); }
  Value shiftLeft(Value x, Value by) const { return arith::ShLIOp::create(b, x, by); }
  /// Rounds down.
  Value shiftRight(Value x, Value by) const { return arith::ShRSIOp::create(b, x, by); }
  /// -1 of a negative number, else 0.
  Value sign(Value x) const { return shiftRight(x, constant(63)); }

  Value roundOnce(Value sum, Value multiplier, Value shift, Rounding ties) const;
  Value roundTwice(Value sum, Value multiplier, Value shift) const;
};
} // namespace

Value Integers::roundOnce(Value sum, Value multiplier, Value shift, Rounding ties) const {
  Value product = multiply(sum, multiplier), down = subtract(constant(31), shift);
  Value half = shiftLeft(constant(1), subtract(down, constant(1)));
  if (ties == Rounding::Away)
    return shiftRight(add(add(product, half), sign(product)), down);
  Value isOdd = both(shiftRight(product, down), constant(1));
  return shiftRight(add(add(product, subtract(half, constant(1))), isOdd), down);
}

Value Integers::roundTwice(Value sum, Value multiplier, Value shift) const {
  Value zero = constant(0), left = most(shift, zero), right = most(subtract(zero, shift), zero);
  Value shifted = shiftLeft(sum, left);
  shifted = least(most(shifted, constant(std::numeric_limits<int32_t>::min())),
                  constant(std::numeric_limits<int32_t>::max()));
  Value high =
      shiftRight(add(multiply(shifted, multiplier), constant(int64_t(1) << 30)), constant(31));
  // 2^(right-1), or 0 where nothing is left to divide by.
  Value half = shiftRight(shiftLeft(constant(1), right), constant(1));
  Value down = both(sign(high), least(half, constant(1)));
  return shiftRight(subtract(add(high, half), down), right);
}

Value createRescale(ImplicitLocOpBuilder &b, RequantizeRule rule, Value sum, Value multiplier,
                    Value shift) {
  Type type = b.getI64Type();
  if (auto vector = dyn_cast<VectorType>(sum.getType()))
    type = vector.clone(type);
  Integers i{b, type};
  sum = i.widen(sum), multiplier = i.widen(multiplier), shift = i.widen(shift);
  return rule.requantize == Requantize::Twice ? i.roundTwice(sum, multiplier, shift)
                                              : i.roundOnce(sum, multiplier, shift, rule.ties);
}

Value createRequantizedCode(ImplicitLocOpBuilder &b, MatmulOp op, Value sum, Value multiplier,
                            Value shift, Value zero) {
  SchemeAttr scheme = *op.getResultScheme();
  Value rounded =
      createRescale(b, {*op.getRequantize(), scheme.getValue().rounding}, sum, multiplier, shift);
  Integers i{b, rounded.getType()}, one{b, b.getI64Type()};
  bool isZeroUnsigned = isUnsigned(scheme.getStorage());
  if (zero)
    zero = isZeroUnsigned ? Value(arith::ExtUIOp::create(b, one.type, zero)) : one.widen(zero);
  else
    zero = one.constant(impliedZeroPoint(scheme.getValue()));
  auto [leastCode, greatestCode] = op.getResultCodes();
  Value least = one.constant(leastCode), greatest = one.constant(greatestCode);
  if (op.getEpilogue() == Epilogue::Relu)
    least = one.least(one.most(least, zero), greatest);
  auto splat = [&](Value value) {
    return i.type == one.type ? value : Value(vector::BroadcastOp::create(b, i.type, value));
  };
  Value code = i.add(rounded, splat(zero));
  code = i.least(i.most(code, splat(least)), splat(greatest));
  Type result = b.getI8Type();
  if (auto vector = dyn_cast<VectorType>(i.type))
    result = vector.clone(result);
  return arith::TruncIOp::create(b, result, code);
}

} // namespace qlinalg
