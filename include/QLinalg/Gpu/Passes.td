//===- Passes.td - The passes to GPUs -----------------------*- tablegen -*-===//

#ifndef QLINALG_GPU_PASSES
#define QLINALG_GPU_PASSES

include "mlir/Pass/PassBase.td"

def LowerDeclined : Pass<"qlinalg-lower-declined", "::mlir::func::FuncOp"> {
  let summary = "what no GPU kernel takes by its definition";
  let description = [{
    `qlinalg.matmul` and `qlinalg.dynamic_quantize` for which `--qlinalg-lower-to-gpu` has no kernel become linalg, as
    `--qlinalg-lower-to-linalg` makes them. A matmul has a kernel where both sides are integers of 8 bits with k last in
    memory, and scales of its rows and columns, not of groups, or where one side is codes of at most 8 bits and the other floats. Codes that
    are read through `qlinalg.unpack` are then read packed. A conversion where it is of rows.

    Example: test/Gpu/lower-declined.mlir.
  }];
  let options = [Option<"report", "report", "bool", "false", "a remark at each matmul: why it has no kernel">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def LowerToGpu : Pass<"qlinalg-lower-to-gpu", "::mlir::func::FuncOp"> {
  let summary = "qlinalg and linalg on memrefs into gpu.launch";
  let description = [{
    Each `qlinalg.matmul` becomes one launch: tiles of rows and columns in blocks of warps that multiply by `mma.sync`, or for
    few rows (and chips without it) a warp for each column, by `dp4a`; beside floats, a warp for each column in f32. Each `qlinalg.dynamic_quantize` becomes one block for each row. Other linalg
    and each copy becomes a thread for each result, its reductions one after the other.

    Example: test/Gpu/lower-to-gpu.mlir.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_80\"", "the GPU: sm_75 to sm_120">,
    Option<"report", "report", "bool", "false", "a remark at each matmul: instruction, tile, shared memory">];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::affine::AffineDialect", "::mlir::gpu::GPUDialect", "::mlir::linalg::LinalgDialect"];
}

def PlaceOnDevice : Pass<"qlinalg-place-on-device", "::mlir::ModuleOp"> {
  let summary = "memory that kernels can read";
  let description = [{
    Memory of the program is taken where host and GPU both reach it. What comes from elsewhere is copied there: arguments of public functions in each
    call, constants and parameters once (`qlinalg_rt_cuda_resident`). Before the host reads or writes memory, and
    before a function returns, it waits for the kernels (`qlinalg_rt_cuda_wait`).

    Example: test/Gpu/place-on-device.mlir.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect"];
}

def LowerKernelMath : Pass<"qlinalg-lower-kernel-math", "::mlir::gpu::GPUModuleOp"> {
  let summary = "roundings, roots and signs in kernels into instructions";
  let description = [{
    `math.absf`, `copysign`, `floor`, `ceil`, `trunc`, `round`, `roundeven`, `sqrt` and `fma` become intrinsics of LLVM, `sin` and `cos` of f64 (what those of f32 take for large numbers)
    polynomials. Upstream's lowering would call
    libdevice, which is a part of NVIDIA's toolkit. What only libdevice has (other functions of f64, for example) is an error.

    Example: test/Gpu/lower-kernel-math.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"];
}

def LowerLaunches : Pass<"qlinalg-lower-launches", "::mlir::ModuleOp"> {
  let summary = "gpu.launch_func into calls of the run time";
  let description = [{
    Each `gpu.binary` becomes a constant with its code and a place for the loaded module, each `gpu.launch_func` (with operands of the
    LLVM dialect) a call of `qlinalg_rt_cuda_launch`.

    Example: test/Gpu/lower-launches.mlir.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QLINALG_GPU_PASSES
