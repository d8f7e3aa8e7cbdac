//===- Exponentials.cpp - exp and what is made of it ----------------------===//
//
//   exp(x) = 2^n * e^r     n = round(x / ln 2), r = x - n * ln 2, in two parts (Cody and Waite)
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/MathFunctions.h"

#include <numbers>

using namespace mlir;

namespace qlinalg::kernels {

/// ln 2 = its first 9 bits, so that products with n are exact, and the rest.
static constexpr double ln2High = 0.693359375, ln2Low = std::numbers::ln2 - ln2High;

/// e^r - 1 for |r| <= ln(2) / 2: r + r^2 * q(r), q to 2^-28.
static Value createSmallExpM1(const Arithmetic &a, Value r) {
  static constexpr double q[] = {0x1.fffffcp-2, 0x1.555492p-3, 0x1.5558aap-5, 0x1.12398cp-7,
                                 0x1.6a5428p-10};
  return a.mulAdd(a.mul(r, r), a.polynomial(r, q), r);
}

struct Reduced {
  /// x = n * ln 2 + r.
  Value n, r;
};

static Reduced reduce(const Arithmetic &a, Value x) {
  auto [whole, n] = a.roundProduct(x, a.number(std::numbers::log2e));
  Value r = a.mulAdd(whole, a.number(-ln2High), x);
  return {n, a.mulAdd(whole, a.number(-ln2Low), r)};
}

/// x * 2^n in two steps, so that results may be subnormal, zero or infinite.
static Value scale(const Arithmetic &a, Value x, Value n) {
  Value half = a.shiftRight(n, 1);
  return a.mul(a.mul(x, a.powerOfTwo(half)), a.powerOfTwo(a.subBits(n, half)));
}

Value createExp(const Arithmetic &a, Value x) {
  // Beyond, the result is 0 or infinity anyway.
  Reduced reduced = reduce(a, a.atLeast(a.atMost(x, 90), -104));
  Value power = a.add(createSmallExpM1(a, reduced.r), a.number(1));
  return scale(a, power, reduced.n);
}

Value createExp2(const Arithmetic &a, Value x) {
  Value clamped = a.atLeast(a.atMost(x, 130), -151);
  auto [whole, n] = a.roundProduct(clamped, a.number(1));
  Value r = a.mul(a.sub(clamped, whole), a.number(std::numbers::ln2));
  return scale(a, a.add(createSmallExpM1(a, r), a.number(1)), n);
}

/// e^x for x in [-87, 87], where 2^n is a normal number.
static Value createModerateExp(const Arithmetic &a, Value x) {
  Reduced reduced = reduce(a, x);
  Value power = a.add(createSmallExpM1(a, reduced.r), a.number(1));
  return a.mul(power, a.powerOfTwo(reduced.n));
}

Value createExpM1(const Arithmetic &a, Value x) {
  // 2 * (2^(n-1) * (e^r - 1) + (2^(n-1) - 1/2)); below -18 the result is -1.
  Reduced reduced = reduce(a, a.atLeast(a.atMost(x, 89), -18));
  Value half = a.powerOfTwo(a.subBits(reduced.n, a.integer(1)));
  Value sum = a.mulAdd(half, createSmallExpM1(a, reduced.r), a.sub(half, a.number(0.5)));
  Value result = a.add(sum, sum);
  // x^2 / 2 is nothing beside x; halves of subnormal numbers would be rounded.
  Value isTiny = a.compare(arith::CmpFPredicate::OLT, a.abs(x), a.number(0x1p-26));
  return a.select(isTiny, x, result);
}

Value createTanh(const Arithmetic &a, Value x) {
  // (tanh(s) - s) / s^3 in s^2 for s <= 5/8, to 2^-27.
  static constexpr double p[] = {-0x1.555532p-2, 0x1.1106fcp-3, -0x1.b836e8p-5, 0x1.52034ep-6,
                                 -0x1.75438cp-8};
  Value size = a.abs(x), square = a.mul(x, x);
  Value small = a.mulAdd(a.mul(x, square), a.polynomial(square, p), x);
  // 1 - 2 / (e^2s + 1), which is 1 from 9.02 on
  Value power = createModerateExp(a, a.atMost(a.add(size, size), 20));
  Value large = a.sub(a.number(1), a.div(a.number(2), a.add(power, a.number(1))));
  Value isSmall = a.compare(arith::CmpFPredicate::OLT, size, a.number(0.625));
  return a.select(isSmall, small, a.copySign(large, x));
}

Value createErf(const Arithmetic &a, Value x) {
  static constexpr double limit = 0.921875;
  // erf(s) / s - 1 in s^2 for s <= limit, to 2^-30
  static constexpr double p[] = {0x1.06eba8p-3, -0x1.812742p-2,  0x1.ce2df0p-4, -0x1.b80d70p-6,
                                 0x1.54c2b4p-8, -0x1.aa326ap-11, 0x1.5cfc22p-14};
  // -ln(1 - erf(s)) for s up to 3.93, from where on erf is 1, to 2^-29
  static constexpr double g[] = {0x1.a06192p-13, 0x1.20ae92p+0, 0x1.463f62p-1,  0x1.a9a1aep-4,
                                 -0x1.6c06cap-6, 0x1.8e99ecp-9, -0x1.9a749ep-13};
  Value size = a.abs(x);
  Value small = a.mulAdd(x, a.polynomial(a.mul(x, x), p), x);
  Value exponent = a.polynomial(a.atMost(size, 3.93), g);
  Value large = a.sub(a.number(1), createModerateExp(a, a.negate(exponent)));
  Value isSmall = a.compare(arith::CmpFPredicate::OLT, size, a.number(limit));
  return a.select(isSmall, small, a.copySign(large, x));
}

} // namespace qlinalg::kernels
