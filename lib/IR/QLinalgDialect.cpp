//===- QLinalgDialect.cpp - The dialect -----------------------------------===//

#include "QLinalg/QLinalgDialect.h"

#include "QLinalg/TrellisOps.h"
#include "QLinalg/WeightFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "QLinalg/QLinalgDialect.cpp.inc"
#include "QLinalg/QLinalgEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "QLinalg/QLinalgAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "QLinalg/QLinalgOps.cpp.inc"

namespace qlinalg {

namespace {
/// Ops of ours mean the same in any function.
struct InlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const override { return true; }
};
} // namespace

void QLinalgDialect::initialize() {
  addInterfaces<InlinerInterface>();
  addOperations<
#define GET_OP_LIST
#include "QLinalg/QLinalgOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "QLinalg/TrellisOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "QLinalg/QLinalgAttrs.cpp.inc"
      >();
}

LogicalResult QLinalgDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() == weightFactsAttrName)
    return verifyWeightFacts(op, attribute.getValue());
  return success();
}

Operation *QLinalgDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                               Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

} // namespace qlinalg
