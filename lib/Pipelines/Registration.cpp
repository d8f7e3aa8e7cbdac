//===- Registration.cpp - Dialects, passes and pipelines by name ----------===//

#include "QLinalg/BufferizableOpInterface.h"
#include "QLinalg/Gpu/Passes.h"
#include "QLinalg/Passes.h"
#include "QLinalg/Pipelines.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace qlinalg {

void registerPipelines() {
  PassPipelineRegistration<PtqPipelineOptions>(
      "qlinalg-ptq", "Linalg with float weights to frozen qlinalg ops", buildPtqPipeline);
  PassPipelineRegistration<CpuPipelineOptions>(
      "qlinalg-cpu", "Linalg and qlinalg to the LLVM dialect: packed, tiled, vectorized, parallel",
      buildCpuPipeline);
  PassPipelineRegistration<GpuPipelineOptions>(
      "qlinalg-gpu", "Linalg and qlinalg to a host program and NVVM kernels", buildGpuPipeline);
}

void registerAllPasses() {
  registerQLinalgPasses();
  registerQLinalgGpuPasses();
}

void registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<QLinalgDialect>();
  registerBufferizableOpInterfaceExternalModels(registry);
}

} // namespace qlinalg
