//===- Parts.h - What pipelines have in common ------------------*- C++ -*-===//

#ifndef QLINALG_LIB_PIPELINES_PARTS_H
#define QLINALG_LIB_PIPELINES_PARTS_H

#include "mlir/Pass/PassManager.h"

namespace qlinalg {

/// Contractions of tensors with what follows them, and those that exchange codes.
void addContractions(mlir::OpPassManager &manager);
/// What lies between them on tensors, each pass over memory one op.
void addElementwise(mlir::OpPassManager &manager);
/// Tensors to memrefs, with every allocation freed that is not returned.
void addBufferization(mlir::OpPassManager &manager);
/// Loops on memrefs to the LLVM dialect.
void addLLVM(mlir::OpPassManager &manager);

} // namespace qlinalg

#endif // QLINALG_LIB_PIPELINES_PARTS_H
