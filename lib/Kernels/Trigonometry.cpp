//===- Trigonometry.cpp - sin and cos -------------------------------------===//
//
//   x = n * pi/2 + r      in f64, for |x| up to 2^24; n mod 4 says which of +-sin(r), +-cos(r) it
//   is
//
// Greater numbers are rare (positions of tokens are not): where a vector holds one, it takes the
// library's f64 function.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/MathFunctions.h"

#include "QLinalg/Kernels/Codes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numbers>

using namespace mlir;

namespace qlinalg::kernels {

static constexpr double greatest = 0x1p24;
/// pi / 2 = its first 29 bits, so that products with n are exact, and the rest.
static constexpr double high = 0x1.921fb54p+0, low = 0x1.10b4611a62633p-30;

/// sin(r), or cos(r) where the lowest bit of `quadrant` is set, with the sign that the next one
/// says.
static Value createQuadrant(const Arithmetic &a, Value r, Value quadrant) {
  // (sin(r) - r) / r^3 and (cos(r) - 1 + r^2 / 2) / r^4 in r^2 for |r| <= pi/4, to 2^-28
  static constexpr double s[] = {-0x1.555546p-3, 0x1.11077ep-7, -0x1.9956b0p-13};
  static constexpr double c[] = {0x1.55554ap-5, -0x1.6c0c2ep-10, 0x1.99eacep-16};
  Value square = a.mul(r, r);
  Value sine = a.mulAdd(a.mul(r, square), a.polynomial(square, s), r);
  Value cosine = a.mulAdd(a.mul(square, square), a.polynomial(square, c),
                          a.mulAdd(square, a.number(-0.5), a.number(1)));
  Value isCosine =
      arith::CmpIOp::create(a.b, arith::CmpIPredicate::ne,
                            arith::AndIOp::create(a.b, quadrant, a.integer(1)), a.integer(0));
  Value result = a.select(isCosine, cosine, sine);
  Value sign = a.shiftLeft(arith::AndIOp::create(a.b, quadrant, a.integer(2)), 30);
  return a.fromBits(arith::XOrIOp::create(a.b, a.toBits(result), sign));
}

template <typename Op> static Value callLibrary(const Arithmetic &a, Value x) {
  ImplicitLocOpBuilder &b = a.b;
  auto call = [&](Value scalar) -> Value {
    Value wide = arith::ExtFOp::create(b, b.getF64Type(), scalar);
    return arith::TruncFOp::create(b, b.getF32Type(), Op::create(b, wide));
  };
  auto vector = dyn_cast<VectorType>(a.type);
  if (!vector)
    return call(x);
  SmallVector<Value> lanes;
  for (int64_t lane = 0; lane < vector.getNumElements(); ++lane)
    lanes.push_back(call(vector::ExtractOp::create(b, x, ArrayRef<int64_t>{lane})));
  return vector::FromElementsOp::create(b, vector, lanes);
}

/// `ahead`: quadrants by which the function is ahead of the sine.
template <typename Op> static Value create(const Arithmetic &a, Value x, int64_t ahead) {
  ImplicitLocOpBuilder &b = a.b;
  Arithmetic wide{b, getTypeLike(b.getF64Type(), a.type)};
  Value wideX = arith::ExtFOp::create(b, wide.type, x);
  auto [whole, n] = wide.roundProduct(wideX, wide.number(2 * std::numbers::inv_pi));
  Value r = wide.mulAdd(whole, wide.number(-high), wideX);
  r = wide.mulAdd(whole, wide.number(-low), r);
  Value quadrant = arith::TruncIOp::create(b, a.getIntegerType(), n);
  Value result = createQuadrant(a, arith::TruncFOp::create(b, a.type, r),
                                a.addBits(quadrant, a.integer(ahead)));

  Value isGreat = a.compare(arith::CmpFPredicate::OGT, a.abs(x), a.number(greatest));
  Value any = isGreat;
  if (isa<VectorType>(isGreat.getType()))
    any = vector::ReductionOp::create(b, vector::CombiningKind::OR, isGreat);
  auto branch = scf::IfOp::create(b, TypeRange{a.type}, any, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, a.select(isGreat, callLibrary<Op>(a, x), result));
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, result);
  return branch.getResult(0);
}

Value createSin(const Arithmetic &a, Value x) {
  // -0 is its own sine; r would be +0.
  Value isZero = a.compare(arith::CmpFPredicate::OEQ, x, a.number(0));
  return a.select(isZero, x, create<math::SinOp>(a, x, 0));
}
Value createCos(const Arithmetic &a, Value x) { return create<math::CosOp>(a, x, 1); }

} // namespace qlinalg::kernels
