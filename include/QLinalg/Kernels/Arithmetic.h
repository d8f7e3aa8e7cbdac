//===- Arithmetic.h - Formulas on floats, scalars or vectors ----*- C++ -*-===//

#ifndef QLINALG_KERNELS_ARITHMETIC_H
#define QLINALG_KERNELS_ARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg::kernels {

/// Writes formulas on values of `type`: f32, f64, or a vector of them.
struct Arithmetic {
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type type;

  using Value = mlir::Value;

  mlir::Type getIntegerType() const;
  Value number(double value) const;
  Value integer(int64_t value) const;

  Value add(Value lhs, Value rhs) const;
  Value sub(Value lhs, Value rhs) const;
  Value mul(Value lhs, Value rhs) const;
  Value div(Value lhs, Value rhs) const;
  Value negate(Value value) const;
  /// `x * y + z`, rounded once or twice as the processor likes it.
  Value mulAdd(Value x, Value y, Value z) const;
  /// c[0] + x * (c[1] + x * (c[2] + ..)).
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients) const;

  Value compare(mlir::arith::CmpFPredicate predicate, Value lhs, Value rhs) const;
  Value select(Value condition, Value yes, Value no) const;
  Value isNaN(Value x) const;
  Value abs(Value x) const;
  /// The magnitude of `x` with the sign of `sign`.
  Value copySign(Value x, Value sign) const;
  /// A NaN stays.
  Value atMost(Value x, double limit) const;
  Value atLeast(Value x, double limit) const;

  /// The bits of a float as an integer, and back.
  Value toBits(Value x) const;
  Value fromBits(Value bits) const;
  Value addBits(Value lhs, Value rhs) const;
  Value subBits(Value lhs, Value rhs) const;
  Value shiftLeft(Value bits, int64_t by) const;
  /// Keeps the sign.
  Value shiftRight(Value bits, int64_t by) const;

  /// The integer nearest to x * y, as a float and as an integer; |x * y| is below 2^22 (f32) or
  /// 2^51 (f64), else both are anything.
  std::pair<Value, Value> roundProduct(Value x, Value y) const;
  /// 2^n of integers for which that is a normal number.
  Value powerOfTwo(Value n) const;
  /// Splits x > 0, not subnormal, into 2^n * m with m in [sqrt(1/2), sqrt(2)): m, and n as an
  /// integer.
  std::pair<Value, Value> splitExponent(Value x) const;
  Value toFloat(Value integers) const;

  unsigned getMantissaBits() const;
  unsigned getBias() const;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_ARITHMETIC_H
