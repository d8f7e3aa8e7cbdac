//===- Kernels.h - The kernels of a module as files -------------*- C++ -*-===//

#ifndef QLINALG_DRIVER_KERNELS_H
#define QLINALG_DRIVER_KERNELS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>

namespace qlinalg {

/// Nothing wrong with the name of a GPU.
llvm::Error checkChip(llvm::StringRef chip);

/// The PTX of all kernels of a copy of `module`. With `report` a remark at each matmul says what it
/// is lowered to.
llvm::Expected<std::string> generatePtx(mlir::ModuleOp module, llvm::StringRef chip, bool report);

/// Writes them to `output`, NAME.ptx, or NAME.cubin by `ptxas`, which must be on the path. On
/// failure there is no file.
llvm::Error writeKernels(mlir::ModuleOp module, llvm::StringRef chip, llvm::StringRef output,
                         bool report);

} // namespace qlinalg

#endif // QLINALG_DRIVER_KERNELS_H
