//===- GpuPipeline.cpp - Linalg and qlinalg to a host program and kernels -===//

#include "Parts.h"
#include "QLinalg/Gpu/Passes.h"
#include "QLinalg/Kernels/GpuTarget.h"
#include "QLinalg/Pipelines.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace qlinalg {

/// On tensors, as for processors: what a matmul takes with it, and what gets a kernel of its own.
static void addFusion(OpPassManager &manager, const GpuPipelineOptions &options) {
  manager.addPass(createRemoveObservers());
  addContractions(manager);
  manager.addPass(createLowerParameters());
  manager.addNestedPass<func::FuncOp>(createFuseDynamicQuantize());
  LowerDeclinedOptions declined;
  declined.report = options.report;
  manager.addNestedPass<func::FuncOp>(createLowerDeclined(declined));
  addElementwise(manager);
}

/// Kernels on memrefs to NVVM.
static void addNVVM(OpPassManager &manager) {
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
  arith::ArithExpandOpsPassOptions arith;
  // Before sm_90 LLVM rounds to bf16 by a sequence of its own; this one is exact and known.
  arith.includeBf16 = true;
  manager.addPass(arith::createArithExpandOpsPass(arith));
  math::MathExpandOpsPassOptions expand;
  expand.opMnemonics = {"rsqrt"};
  manager.addPass(math::createMathExpandOpsPass(expand));
  manager.addPass(createLowerKernelMath());
  manager.addPass(createConvertGpuOpsToNVVMOps());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
}

void buildGpuPipeline(OpPassManager &manager, const GpuPipelineOptions &options) {
  addFusion(manager, options);
  addBufferization(manager);
  manager.addPass(createLowerRecords());
  LowerToGpuOptions lower;
  lower.chip = options.chip;
  lower.report = options.report;
  manager.addNestedPass<func::FuncOp>(createLowerToGpu(lower));
  // Copies between host and device are not for kernels: after those are made.
  manager.addPass(createPlaceOnDevice());
  // By exp and log, which are polynomials then.
  math::MathExpandOpsPassOptions expand;
  expand.opMnemonics = {"tan", "sinh", "cosh", "asinh", "acosh", "atanh", "fpowi", "ipowi"};
  manager.addNestedPass<func::FuncOp>(math::createMathExpandOpsPass(expand));
  // Functions of f32 are polynomials: libdevice would be needed for the others.
  manager.addNestedPass<func::FuncOp>(createLowerMath());
  // What a kernel computes itself from constants and sizes is no argument of it.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createGpuLaunchSinkIndexComputationsPass());
  manager.addPass(createGpuKernelOutliningPass());
  addNVVM(manager.nest<mlir::gpu::GPUModuleOp>());
  GpuNVVMAttachTargetOptions target;
  target.chip = options.chip;
  target.optLevel = 3;
  if (std::optional<GpuTarget> gpu = lookupGpuTarget(options.chip))
    target.features = gpu->getFeatures();
  manager.addPass(createGpuNVVMAttachTarget(target));
  addLLVM(manager);
  manager.addPass(createGpuToLLVMConversionPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
}

void buildGpuBinaryPipeline(OpPassManager &manager) {
  GpuModuleToBinaryPassOptions binary;
  binary.compilationTarget = "isa";
  manager.addPass(createGpuModuleToBinaryPass(binary));
}

} // namespace qlinalg
