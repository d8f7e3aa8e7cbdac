//===- quant-opt.cpp - mlir-opt with qlinalg ------------------------------===//
//
// Everything mlir-opt has, and the dialect, passes and pipelines of this project.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Pipelines.h"

#include "mlir/InitAllPasses.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  qlinalg::registerAllPasses();
  qlinalg::registerPipelines();

  mlir::DialectRegistry registry;
  qlinalg::registerAllDialects(registry);
  // Passes that go as far as binaries of a GPU translate to LLVM IR themselves.
  mlir::registerAllGPUToLLVMIRTranslations(registry);

  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "qlinalg: quantization for MLIR\n", registry));
}
