//===- Arithmetic.cpp - Formulas on floats, scalars or vectors ------------===//

#include "QLinalg/Kernels/Arithmetic.h"

#include "QLinalg/Kernels/Codes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;

namespace qlinalg::kernels {

static bool isDouble(const Arithmetic &a) { return getElementTypeOrSelf(a.type).isF64(); }

unsigned Arithmetic::getMantissaBits() const { return isDouble(*this) ? 52 : 23; }
unsigned Arithmetic::getBias() const { return isDouble(*this) ? 1023 : 127; }

Type Arithmetic::getIntegerType() const {
  return getTypeLike(b.getIntegerType(isDouble(*this) ? 64 : 32), type);
}

Value Arithmetic::number(double value) const {
  TypedAttr attr = b.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = SplatElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, attr);
}

Value Arithmetic::integer(int64_t value) const {
  TypedAttr attr = b.getIntegerAttr(getElementTypeOrSelf(getIntegerType()), value);
  if (auto vector = dyn_cast<VectorType>(getIntegerType()))
    attr = SplatElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, attr);
}

Value Arithmetic::add(Value lhs, Value rhs) const { return arith::AddFOp::create(b, lhs, rhs); }
Value Arithmetic::sub(Value lhs, Value rhs) const { return arith::SubFOp::create(b, lhs, rhs); }
Value Arithmetic::mul(Value lhs, Value rhs) const { return arith::MulFOp::create(b, lhs, rhs); }
Value Arithmetic::div(Value lhs, Value rhs) const { return arith::DivFOp::create(b, lhs, rhs); }
Value Arithmetic::negate(Value value) const { return arith::NegFOp::create(b, value); }

Value Arithmetic::mulAdd(Value x, Value y, Value z) const {
  return LLVM::FMulAddOp::create(b, type, x, y, z);
}

Value Arithmetic::polynomial(Value x, ArrayRef<double> coefficients) const {
  Value sum = number(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = mulAdd(sum, x, number(coefficient));
  return sum;
}

Value Arithmetic::compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) const {
  return arith::CmpFOp::create(b, predicate, lhs, rhs);
}
Value Arithmetic::select(Value condition, Value yes, Value no) const {
  return arith::SelectOp::create(b, condition, yes, no);
}
Value Arithmetic::isNaN(Value x) const { return compare(arith::CmpFPredicate::UNO, x, x); }
Value Arithmetic::abs(Value x) const { return math::AbsFOp::create(b, x); }
Value Arithmetic::copySign(Value x, Value sign) const {
  return math::CopySignOp::create(b, x, sign);
}
Value Arithmetic::atMost(Value x, double limit) const {
  Value most = number(limit);
  return select(compare(arith::CmpFPredicate::OGT, x, most), most, x);
}
Value Arithmetic::atLeast(Value x, double limit) const {
  Value least = number(limit);
  return select(compare(arith::CmpFPredicate::OLT, x, least), least, x);
}

Value Arithmetic::toBits(Value x) const { return arith::BitcastOp::create(b, getIntegerType(), x); }
Value Arithmetic::fromBits(Value bits) const { return arith::BitcastOp::create(b, type, bits); }
Value Arithmetic::addBits(Value lhs, Value rhs) const { return arith::AddIOp::create(b, lhs, rhs); }
Value Arithmetic::subBits(Value lhs, Value rhs) const { return arith::SubIOp::create(b, lhs, rhs); }
Value Arithmetic::shiftLeft(Value bits, int64_t by) const {
  return arith::ShLIOp::create(b, bits, integer(by));
}
Value Arithmetic::shiftRight(Value bits, int64_t by) const {
  return arith::ShRSIOp::create(b, bits, integer(by));
}

std::pair<Value, Value> Arithmetic::roundProduct(Value x, Value y) const {
  // From 1.5 * 2^mantissa on, numbers are one apart, and the lowest bits count them.
  Value shift = number(std::ldexp(1.5, static_cast<int>(getMantissaBits())));
  Value shifted = mulAdd(x, y, shift);
  return {sub(shifted, shift), subBits(toBits(shifted), toBits(shift))};
}

Value Arithmetic::powerOfTwo(Value n) const {
  return fromBits(shiftLeft(addBits(n, integer(getBias())), getMantissaBits()));
}

std::pair<Value, Value> Arithmetic::splitExponent(Value x) const {
  Value bits = toBits(x), least = toBits(number(std::sqrt(0.5)));
  Value n = shiftRight(subBits(bits, least), getMantissaBits());
  return {fromBits(subBits(bits, shiftLeft(n, getMantissaBits()))), n};
}

Value Arithmetic::toFloat(Value integers) const {
  return arith::SIToFPOp::create(b, type, integers);
}

} // namespace qlinalg::kernels
