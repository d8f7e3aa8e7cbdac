//===- ReferenceWeights.h - What weights were before ------------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_REFERENCEWEIGHTS_H
#define QLINALG_TRANSFORMS_REFERENCEWEIGHTS_H

#include "QLinalg/Transforms/ModelReport.h"

namespace qlinalg {

/// Where a module is, and the safetensors file that its extern globals stand in; "" for none.
struct ModuleFiles {
  std::string module, parameters;
};

/// Sets what the layers of `report`, which are codes, take as floats in the module `reference`, and
/// what they cost them. Layers are found by name; `parameters` holds the codes of extern globals.
/// Errors are at `module`.
mlir::LogicalResult measureAgainst(const ModuleFiles &reference, mlir::ModuleOp module,
                                   llvm::StringRef parameters, ModelReport &report);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_REFERENCEWEIGHTS_H
