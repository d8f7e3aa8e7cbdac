//===- ScaledRows.cpp - A weight times a constant vector ------------------===//

#include "ScaledRows.h"

#include "Generic.h"
#include "NarrowFloats.h"
#include "QLinalg/Constants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cstring>

using namespace mlir;

namespace qlinalg {

Value scaleRows(OpBuilder &builder, Location loc, Value rows, unsigned dim, TypedAttr factors) {
  ImplicitLocOpBuilder b(loc, builder);
  auto type = cast<RankedTensorType>(rows.getType());
  unsigned rank = type.getRank();
  Value vector = arith::ConstantOp::create(b, factors);
  AffineMap map = AffineMap::get(rank, 0, b.getAffineDimExpr(dim));
  return createElementwise(
             b, type.clone(b.getF32Type()), tensor::getMixedSizes(b, loc, rows), {rows, vector},
             {b.getMultiDimIdentityMap(rank), map},
             [](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
               Value number = castToF32(inner, elements[0]);
               return {arith::MulFOp::create(inner, number, elements[1])};
             })
      .getResult(0);
}

/// The dimension along which `op` multiplies rows, its first operand, with a vector.
static std::optional<unsigned> matchScaling(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || op->getNumResults() != 1 ||
      op.getNumReductionLoops() != 0 || !op.hasPureTensorSemantics())
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!maps[0].isIdentity() || !maps[2].isIdentity() || maps[1].getNumResults() != 1 ||
      !isa<AffineDimExpr>(maps[1].getResult(0)))
    return std::nullopt;
  Block &body = *op.getBody();
  auto product = body.getTerminator()->getOperand(0).getDefiningOp<arith::MulFOp>();
  if (!product || !product.getType().isF32())
    return std::nullopt;
  Value number = product.getLhs(), factor = product.getRhs();
  if (factor != body.getArgument(1))
    std::swap(number, factor);
  if (Operation *cast = number.getDefiningOp();
      isa_and_nonnull<arith::ExtFOp, arith::TruncFOp>(cast))
    number = cast->getOperand(0);
  if (number != body.getArgument(0) || factor != body.getArgument(1))
    return std::nullopt;
  return maps[1].getDimPosition(0);
}

/// The elements of a constant vector of f32.
static std::optional<std::vector<float>> getFactors(Value vector, ElementsAttr &constant) {
  auto op = vector.getDefiningOp<arith::ConstantOp>();
  constant = op ? dyn_cast<ElementsAttr>(op.getValue()) : ElementsAttr();
  std::optional<ConstantBytes> bytes = constant ? getConstantBytes(constant) : std::nullopt;
  if (!bytes)
    return std::nullopt;
  std::vector<float> factors(bytes->size() / sizeof(float));
  std::memcpy(factors.data(), bytes->data(), bytes->size());
  return factors;
}

ScaledRows peelScalings(Value value) {
  ScaledRows result{value, {}, {}};
  while (auto generic = result.rows.getDefiningOp<linalg::GenericOp>()) {
    std::optional<unsigned> dim = matchScaling(generic);
    ElementsAttr constant;
    std::optional<std::vector<float>> factors;
    if (dim)
      factors = getFactors(generic.getDpsInputOperand(1)->get(), constant);
    if (!factors)
      break;
    result.scalings.insert(result.scalings.begin(), RowScaling{*dim, std::move(*factors)});
    Builder builder(value.getContext());
    result.identity.append({builder.getI64IntegerAttr(*dim), constant});
    result.rows = generic.getDpsInputOperand(0)->get();
  }
  return result;
}

} // namespace qlinalg
