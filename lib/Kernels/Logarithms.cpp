//===- Logarithms.cpp - log, and pow, which is made of it -----------------===//
//
//   log(x) = n * ln 2 + log(1 + f)     x = 2^n * (1 + f), 1 + f in [sqrt(1/2), sqrt(2))
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/MathFunctions.h"

#include "QLinalg/Kernels/Codes.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>
#include <numbers>

using namespace mlir;

namespace qlinalg::kernels {

using Predicate = arith::CmpFPredicate;

static constexpr double infinity = std::numeric_limits<double>::infinity();

struct Parts {
  /// log(x) = n * ln 2 + f + rest, the rest being much smaller than f.
  Value n, f, rest;
};

static Parts split(const Arithmetic &a, Value x) {
  // (log(1 + f) - f + f^2 / 2) / f^3, to 2^-30
  static constexpr double p[] = {0x1.555548p-2,  -0x1.000008p-2, 0x1.99a478p-3,
                                 -0x1.555b90p-3, 0x1.233afap-3,  -0x1.fc3d60p-4,
                                 0x1.e6dbe2p-4,  -0x1.dd9ee4p-4, 0x1.13c8bcp-4};
  Value isSubnormal = a.compare(Predicate::OLT, x, a.number(std::numeric_limits<float>::min()));
  Value scaled = a.select(isSubnormal, a.mul(x, a.number(0x1p23)), x);
  auto [m, exponent] = a.splitExponent(scaled);
  Value n = a.add(a.toFloat(exponent), a.select(isSubnormal, a.number(-23), a.number(0)));
  Value f = a.sub(m, a.number(1)), square = a.mul(f, f);
  Value rest = a.mul(a.mul(f, square), a.polynomial(f, p));
  return {n, f, a.mulAdd(square, a.number(-0.5), rest)};
}

/// The logarithm of what is not positive or not finite.
static Value orSpecial(const Arithmetic &a, Value x, Value result) {
  result = a.select(a.compare(Predicate::OEQ, x, a.number(infinity)), x, result);
  result = a.select(a.compare(Predicate::ULT, x, a.number(0)),
                    a.number(std::numeric_limits<double>::quiet_NaN()), result);
  return a.select(a.compare(Predicate::OEQ, x, a.number(0)), a.number(-infinity), result);
}

Value createLog(const Arithmetic &a, Value x) {
  // 9 bits, so that products with n are exact
  static constexpr double high = 0.693359375, low = std::numbers::ln2 - high;
  Parts parts = split(a, x);
  Value rest = a.mulAdd(parts.n, a.number(low), parts.rest);
  return orSpecial(a, x, a.mulAdd(parts.n, a.number(high), a.add(parts.f, rest)));
}

Value createLog2(const Arithmetic &a, Value x) {
  static constexpr double more = std::numbers::log2e - 1;
  Parts parts = split(a, x);
  // (f + rest) * (1 + more), small terms first
  Value sum = a.mulAdd(parts.rest, a.number(more), a.mul(parts.f, a.number(more)));
  sum = a.add(a.add(sum, parts.rest), parts.f);
  return orSpecial(a, x, a.add(sum, parts.n));
}

Value createLog10(const Arithmetic &a, Value x) {
  return a.mul(createLog(a, x), a.number(std::numbers::log10e));
}

Value createLog1p(const Arithmetic &a, Value x) {
  // log(u) * x / (u - 1) undoes the rounding of u = 1 + x (Kahan).
  Value u = a.add(x, a.number(1)), step = a.sub(u, a.number(1));
  Value result = a.mul(createLog(a, u), a.div(x, step));
  Value isItself = arith::OrIOp::create(a.b, a.compare(Predicate::OEQ, step, a.number(0)),
                                        a.compare(Predicate::OEQ, x, a.number(infinity)));
  return a.select(isItself, x, result);
}

//===----------------------------------------------------------------------===//
// pow
//===----------------------------------------------------------------------===//

/// log2 of an f64 that is not negative, to 2^-38 of itself.
static Value createLog2Double(const Arithmetic &a, Value x) {
  auto [m, n] = a.splitExponent(x);
  // log(m) = 2 * artanh(s), whose series ends early: |s| <= 0.172
  Value s = a.div(a.sub(m, a.number(1)), a.add(m, a.number(1)));
  static constexpr double series[] = {1, 1. / 3, 1. / 5, 1. / 7, 1. / 9, 1. / 11, 1. / 13};
  Value sum = a.mul(a.polynomial(a.mul(s, s), series), a.mul(s, a.number(2 * std::numbers::log2e)));
  Value result = a.add(a.toFloat(n), sum);
  result = a.select(a.compare(Predicate::OEQ, x, a.number(0)), a.number(-infinity), result);
  Value isSpecial = a.compare(Predicate::UEQ, x, a.number(infinity));
  return a.select(isSpecial, x, result);
}

/// 2^x of an f64 between -1000 and 1000, to 2^-40.
static Value createExp2Double(const Arithmetic &a, Value x) {
  auto [whole, n] = a.roundProduct(x, a.number(1));
  Value r = a.mul(a.sub(x, whole), a.number(std::numbers::ln2));
  // the series of e^r ends early: |r| <= 0.347
  static constexpr double series[] = {1,          1,           1. / 2,      1. / 6,
                                      1. / 24,    1. / 120,    1. / 720,    1. / 5040,
                                      1. / 40320, 1. / 362880, 1. / 3628800};
  return a.mul(a.polynomial(r, series), a.powerOfTwo(n));
}

Value createPow(const Arithmetic &a, Value x, Value y) {
  ImplicitLocOpBuilder &b = a.b;
  Arithmetic wide{b, getTypeLike(b.getF64Type(), a.type)};
  Value size = a.abs(x), one = a.number(1), zero = a.number(0);
  Value log = createLog2Double(wide, arith::ExtFOp::create(b, wide.type, size));
  Value exponent = wide.mul(log, arith::ExtFOp::create(b, wide.type, y));
  Value power = createExp2Double(wide, wide.atLeast(wide.atMost(exponent, 200), -200));
  Value result = arith::TruncFOp::create(b, a.type, power);
  // A NaN went the way of the integers above.
  Value isNaN = a.compare(Predicate::UNO, x, y);
  result = a.select(isNaN, a.add(x, y), result);

  auto isWhole = [&](Value value) {
    return a.compare(Predicate::OEQ, math::FloorOp::create(b, value), value);
  };
  Value isInteger = isWhole(y);
  Value isHalfInteger = isWhole(a.mul(y, a.number(0.5)));
  Value isOdd = arith::AndIOp::create(
      b, isInteger, arith::XOrIOp::create(b, isHalfInteger, a.compare(Predicate::OEQ, one, one)));
  Value isBelowZero = a.compare(Predicate::OLT, x, zero);
  Value noRoot = arith::AndIOp::create(
      b, arith::AndIOp::create(b, isBelowZero, a.compare(Predicate::UNE, size, a.number(infinity))),
      arith::XOrIOp::create(b, isInteger, a.compare(Predicate::OEQ, one, one)));
  result = a.select(noRoot, a.number(std::numeric_limits<double>::quiet_NaN()), result);
  result = a.select(isOdd, a.copySign(result, x), result);

  // 1 whatever the other is, also where |x| is 1 and y is infinite
  Value isPlusOne = a.compare(Predicate::OEQ, x, one);
  Value isUnitToInfinity =
      arith::AndIOp::create(b, a.compare(Predicate::OEQ, size, one),
                            a.compare(Predicate::OEQ, a.abs(y), a.number(infinity)));
  Value isOne = arith::OrIOp::create(b, arith::OrIOp::create(b, isPlusOne, isUnitToInfinity),
                                     a.compare(Predicate::OEQ, y, zero));
  return a.select(isOne, one, result);
}

} // namespace qlinalg::kernels
