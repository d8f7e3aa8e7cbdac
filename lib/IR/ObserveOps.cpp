//===- ObserveOps.cpp - observe, record -----------------------------------===//

#include "QLinalg/QLinalgDialect.h"

#include "llvm/ADT/SmallSet.h"

using namespace mlir;

namespace qlinalg {

static LogicalResult verifyChannels(Operation *op, ArrayRef<int64_t> channels, ShapedType input) {
  llvm::SmallSet<int64_t, 4> seen;
  for (int64_t dim : channels) {
    if (dim < 0 || dim >= input.getRank() || !seen.insert(dim).second)
      return op->emitOpError() << "(C2) expected channels that are dimensions of " << input
                               << ", each once at most, got [" << channels << "]";
    if (input.isDynamicDim(dim) || input.getDimSize(dim) == 0)
      return op->emitOpError() << "(C3) expected channels that are static and not 0, got dimension "
                               << dim << " of " << input;
  }
  return success();
}

LogicalResult ObserveOp::verify() {
  if (getSite().empty())
    return emitOpError() << "(C1) expected a site name, got an empty one";
  return verifyChannels(*this, getChannels(), cast<ShapedType>(getInput().getType()));
}

LogicalResult RecordOp::verify() {
  if (int64_t observer = getObserverAttr().getInt(); observer < 0)
    return emitOpError() << "(C1) expected the number of an observer, 0 or more, got " << observer;
  return verifyChannels(*this, getChannels(), cast<ShapedType>(getInput().getType()));
}

/// What is recorded lies outside of the program's memory, and the order of records does not matter;
/// but each is counted.
void RecordOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (isa<MemRefType>(getInput().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &getInputMutable());
  effects.emplace_back(MemoryEffects::Write::get());
}

} // namespace qlinalg
