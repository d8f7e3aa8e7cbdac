//===- WideTrigonometry.cpp - sin and cos of f64 in kernels ---------------===//
//
//   x = n * pi/2 + r, n mod 4 says which of +-sin(r), +-cos(r) it is
//
// pi/2 is the sum of two f64, and each step is one fma: the first cancels all but the last bits of
// x without an error, whatever n below 2^51.
//
//===----------------------------------------------------------------------===//

#include "WideTrigonometry.h"

#include "QLinalg/Kernels/Arithmetic.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>
#include <numbers>

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

static constexpr double greatest = 0x1p50;
static constexpr double high = 0x1.921fb54442d18p+0, low = 0x1.1a62633145c07p-54;

Value createWideSine(ImplicitLocOpBuilder &b, Value x, bool isCosine) {
  // Taylor's coefficients of (sin(r) - r) / r^3 and (cos(r) - 1) / r^2 in r^2: for |r| <= pi/4 the
  // next term is below 1e-13.
  static constexpr double s[] = {-1.0 / 6,     1.0 / 120,       -1.0 / 5040,
                                 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800};
  static constexpr double c[] = {-1.0 / 2,       1.0 / 24,        -1.0 / 720,        1.0 / 40320,
                                 -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200};
  Arithmetic a{b, b.getF64Type()};
  auto [whole, n] = a.roundProduct(x, a.number(2 * std::numbers::inv_pi));
  Value r = math::FmaOp::create(b, whole, a.number(-high), x);
  r = math::FmaOp::create(b, whole, a.number(-low), r);
  Value square = a.mul(r, r);
  Value sine = a.mulAdd(a.mul(r, square), a.polynomial(square, s), r);
  Value cosine = a.mulAdd(square, a.polynomial(square, c), a.number(1));
  Value quadrant = a.addBits(n, a.integer(isCosine ? 1 : 0));
  auto hasBit = [&](int64_t bit) -> Value {
    Value masked = arith::AndIOp::create(b, quadrant, a.integer(bit));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, masked, a.integer(0));
  };
  Value result = a.select(hasBit(1), cosine, sine);
  result = a.select(hasBit(2), a.negate(result), result);
  Value isKnown = a.compare(arith::CmpFPredicate::OLT, a.abs(x), a.number(greatest));
  return a.select(isKnown, result, a.number(std::numeric_limits<double>::quiet_NaN()));
}

} // namespace qlinalg::gpu
