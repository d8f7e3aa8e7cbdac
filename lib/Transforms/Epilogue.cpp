//===- Epilogue.cpp - The epilogues of qlinalg.matmul, in arith -----------===//
//
//   relu       max(x, 0)
//   gelu       x / 2 * (1 + erf(x / sqrt(2)))
//   gelu_tanh  x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
//   silu       x / (1 + exp(-x))
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

#include <numbers>

using namespace mlir;

namespace qlinalg {

static Value createSplat(ImplicitLocOpBuilder &b, Type type, double value) {
  TypedAttr scalar = b.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<ShapedType>(type))
    return arith::ConstantOp::create(b, DenseElementsAttr::get(vector, Attribute(scalar)));
  return arith::ConstantOp::create(b, scalar);
}

/// x / 2 * (1 + y)
static Value halfTimesOnePlus(ImplicitLocOpBuilder &b, Value x, Value y) {
  Type type = x.getType();
  Value half = arith::MulFOp::create(b, x, createSplat(b, type, 0.5));
  return arith::MulFOp::create(b, half, arith::AddFOp::create(b, y, createSplat(b, type, 1)));
}

static Value createGelu(ImplicitLocOpBuilder &b, Value x) {
  Value scaled = arith::MulFOp::create(b, x, createSplat(b, x.getType(), std::numbers::sqrt2 / 2));
  return halfTimesOnePlus(b, x, math::ErfOp::create(b, scaled));
}

static Value createGeluTanh(ImplicitLocOpBuilder &b, Value x) {
  Type type = x.getType();
  Value cube = arith::MulFOp::create(b, arith::MulFOp::create(b, x, x), x);
  Value part = arith::MulFOp::create(b, cube, createSplat(b, type, 0.044715));
  // sqrt(2 / pi) = sqrt(2) / sqrt(pi)
  Value factor = createSplat(b, type, std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  Value scaled = arith::MulFOp::create(b, arith::AddFOp::create(b, x, part), factor);
  return halfTimesOnePlus(b, x, math::TanhOp::create(b, scaled));
}

static Value createSilu(ImplicitLocOpBuilder &b, Value x) {
  Value exponential = math::ExpOp::create(b, Value(arith::NegFOp::create(b, x)));
  Value divisor = arith::AddFOp::create(b, exponential, createSplat(b, x.getType(), 1));
  return arith::DivFOp::create(b, x, divisor);
}

Value createEpilogue(ImplicitLocOpBuilder &b, Epilogue epilogue, Value value) {
  switch (epilogue) {
  case Epilogue::None:
    return value;
  case Epilogue::Relu:
    return arith::MaximumFOp::create(b, value, createSplat(b, value.getType(), 0));
  case Epilogue::Gelu:
    return createGelu(b, value);
  case Epilogue::GeluTanh:
    return createGeluTanh(b, value);
  case Epilogue::Silu:
    return createSilu(b, value);
  }
  llvm_unreachable("an epilogue that has no case");
}

} // namespace qlinalg
