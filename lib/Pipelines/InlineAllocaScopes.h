//===- InlineAllocaScopes.h - Scopes around nothing -------------*- C++ -*-===//

#ifndef QLINALG_LIB_PIPELINES_INLINEALLOCASCOPES_H
#define QLINALG_LIB_PIPELINES_INLINEALLOCASCOPES_H

#include "mlir/Pass/Pass.h"

namespace qlinalg {

/// Scopes of allocas that hold none give way to their body. scf-to-openmp wraps every parallel body
/// in one, a scope holds one block only, and the canonicalizer keeps scopes around ops whose
/// effects it does not know.
std::unique_ptr<mlir::Pass> createInlineAllocaScopes();

} // namespace qlinalg

#endif // QLINALG_LIB_PIPELINES_INLINEALLOCASCOPES_H
