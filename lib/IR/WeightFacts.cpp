//===- WeightFacts.cpp - What is known of a frozen weight -----------------===//

#include "QLinalg/WeightFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Builders.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace mlir;

namespace qlinalg {

/// To as many digits as the printed form of an attribute has where it is legible.
static double legible(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.5e", value);
  return std::strtod(text, nullptr);
}

void setWeightFacts(Operation *holder, const WeightFacts &facts) {
  Builder builder(holder->getContext());
  holder->setAttr(
      weightFactsAttrName,
      builder.getDictionaryAttr(
          {builder.getNamedAttr("bytes", builder.getI64IntegerAttr(facts.bytes)),
           builder.getNamedAttr("energy", builder.getF64FloatAttr(legible(facts.error.energy))),
           builder.getNamedAttr("sqnr_db", builder.getF64FloatAttr(legible(facts.error.sqnr())))}));
}

std::optional<WeightFacts> getWeightFacts(Operation *holder) {
  auto facts = holder->getAttrOfType<DictionaryAttr>(weightFactsAttrName);
  if (!facts)
    return std::nullopt;
  auto number = [&](StringRef name) { return facts.getAs<FloatAttr>(name).getValueAsDouble(); };
  return WeightFacts{facts.getAs<IntegerAttr>("bytes").getInt(),
                     WeightError::fromSqnr(number("energy"), number("sqnr_db"))};
}

LogicalResult verifyWeightFacts(Operation *holder, Attribute value) {
  if (!isa<arith::ConstantOp, ml_program::GlobalOp>(holder))
    return holder->emitOpError() << "expected " << weightFactsAttrName
                                 << " on what holds codes: arith.constant or ml_program.global";
  auto facts = dyn_cast<DictionaryAttr>(value);
  auto bytes = facts ? facts.getAs<IntegerAttr>("bytes") : IntegerAttr();
  auto number = [&](StringRef name) {
    auto attr = facts ? facts.getAs<FloatAttr>(name) : FloatAttr();
    return attr && attr.getType().isF64() ? attr.getValueAsDouble() : std::nan("");
  };
  bool isWhole = bytes && bytes.getType().isInteger(64) && bytes.getInt() >= 0 &&
                 number("energy") >= 0 && !std::isnan(number("sqnr_db"));
  if (!isWhole)
    return holder->emitOpError()
           << "expected " << weightFactsAttrName
           << " = {bytes = n : i64, energy = e : f64, sqnr_db = q : f64}, got " << value;
  return success();
}

} // namespace qlinalg
