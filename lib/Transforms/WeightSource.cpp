//===- WeightSource.cpp - The bytes of a weight ---------------------------===//

#include "WeightSource.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace qlinalg {

ElementsAttr getRootConstant(Value root) {
  if (auto constant = root.getDefiningOp<arith::ConstantOp>())
    return dyn_cast<ElementsAttr>(constant.getValue());
  auto load = root.getDefiningOp<ml_program::GlobalLoadConstOp>();
  auto global =
      SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(load, load.getGlobalAttr());
  return dyn_cast<ElementsAttr>(*global.getValue());
}

FailureOr<WeightSource> openWeight(Location loc, Value root, StringRef layer,
                                   ParameterFiles &files) {
  auto type = cast<RankedTensorType>(root.getType());
  WeightSource source{{nullptr, *floatTypeOf(type.getElementType())}, std::nullopt};
  if (ElementsAttr constant = getRootConstant(root)) {
    source.constant = getConstantBytes(constant);
    if (!source.constant)
      return emitError(loc) << "layer '" << layer
                            << "': expected a constant whose bytes are in the module, got an "
                               "elided or cut-off resource";
    source.floats.data = source.constant->data();
    return source;
  }
  FailureOr<const std::byte *> mapped = files.find(getWeightName(root), type);
  if (failed(mapped))
    return failure();
  source.floats.data = *mapped;
  return source;
}

} // namespace qlinalg
