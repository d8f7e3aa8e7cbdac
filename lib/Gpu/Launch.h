//===- Launch.h - Kernels as gpu.launch -------------------------*- C++ -*-===//

#ifndef QLINALG_LIB_GPU_LAUNCH_H
#define QLINALG_LIB_GPU_LAUNCH_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg::gpu {

/// `body` in blocks of `threads` threads, x only; sizes of the grid are indices of at least 1.
/// `kind` is for the kernel's name. The builder stands behind the launch afterwards.
mlir::gpu::LaunchOp launchBlocks(mlir::ImplicitLocOpBuilder &b, llvm::StringRef kind,
                                 std::array<mlir::Value, 3> grid, int64_t threads,
                                 llvm::function_ref<void(mlir::gpu::LaunchOp)> body);

/// `body` for each index below `count`, a thread for each.
void launchEach(mlir::ImplicitLocOpBuilder &b, mlir::Value count,
                llvm::function_ref<void(mlir::Value)> body);

/// Kernels of `root`, a function called `name`, get names of their own, and are put into one
/// module.
void nameKernels(mlir::Operation *root, llvm::StringRef name);

} // namespace qlinalg::gpu

#endif // QLINALG_LIB_GPU_LAUNCH_H
