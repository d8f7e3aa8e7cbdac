//===- QLinalgDialect.h - The dialect, its attributes and ops ---*- C++ -*-===//

#ifndef QLINALG_DIALECT_H
#define QLINALG_DIALECT_H

#include "QLinalg/Numerics/Scheme.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "llvm/ADT/Hashing.h"

namespace qlinalg {
/// For the uniquing of `#qlinalg.scheme`.
inline llvm::hash_code hash_value(const Scheme &scheme) {
  return llvm::hash_combine(scheme.storage, scheme.granularity, scheme.group, scheme.symmetric,
                            scheme.positive, scheme.scales, scheme.rounding, scheme.division);
}
} // namespace qlinalg

#include "QLinalg/QLinalgDialect.h.inc"
#include "QLinalg/QLinalgEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "QLinalg/QLinalgAttrs.h.inc"

#define GET_OP_CLASSES
#include "QLinalg/QLinalgOps.h.inc"

#endif // QLINALG_DIALECT_H
