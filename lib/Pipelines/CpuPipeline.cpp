//===- CpuPipeline.cpp - Linalg and qlinalg to the LLVM dialect -----------===//

#include "InlineAllocaScopes.h"
#include "LowerExpandShapes.h"
#include "Parts.h"
#include "QLinalg/Kernels/LowerToCpu.h"
#include "QLinalg/Passes.h"
#include "QLinalg/Pipelines.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace qlinalg {

void addContractions(OpPassManager &manager) {
  // arith on whole tensors is not bufferized as it is.
  manager.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  // Frontends repeat constants, fills and casts.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // Before anything could pull other ops into a contraction's body.
  manager.addNestedPass<func::FuncOp>(createRaiseContractions());
  // Before elementwise ops are fused with one another, away from the matmul that they follow.
  manager.addNestedPass<func::FuncOp>(createFuseEpilogues());
  // When what lies between two matmuls is theirs: they exchange bytes.
  RequantizeOptions requantize;
  requantize.report = false;
  manager.addPass(createRequantize(requantize));
}

void addElementwise(OpPassManager &manager) {
  // On tensors, so that what they yield is bufferized as any linalg.
  manager.addPass(createLowerConversions());
  // Contractions are safe from it: they are qlinalg.matmul by now.
  manager.addNestedPass<func::FuncOp>(createFuseElementwise());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // Nothing after it on tensors would make them one again.
  manager.addNestedPass<func::FuncOp>(createInsertFills());
}

void addBufferization(OpPassManager &manager) {
  bufferization::OneShotBufferizePassOptions options;
  // The caller gives and gets memrefs; identity layouts are those of dense arrays.
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion = bufferization::LayoutMapOption::IdentityLayoutMap;
  manager.addPass(bufferization::createOneShotBufferizePass(options));
  // Copies that turned out to be of a buffer to itself would otherwise be allocated and freed.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  bufferization::BufferDeallocationPipelineOptions deallocation;
  bufferization::buildBufferDeallocationPipeline(manager, deallocation);
  // What the deallocation copies because its owner is not known.
  manager.addPass(createConvertBufferizationToMemRefPass());
}

void addLLVM(OpPassManager &manager) {
  // Asserts become branches before scf does.
  manager.addPass(createLowerAsserts());
  manager.addPass(createConvertSCFToOpenMPPass());
  // What it wraps each body in.
  manager.addPass(createInlineAllocaScopes());
  manager.addPass(createCanonicalizerPass());
  // What the next pass does not survive.
  manager.addPass(createLowerExpandShapes());
  // Subviews and reshapes become plain descriptors, by affine arithmetic.
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
  // LLVM has no reciprocal square root; the rest it has, or libm.
  math::MathExpandOpsPassOptions expand;
  expand.opMnemonics.push_back("rsqrt");
  manager.addPass(math::createMathExpandOpsPass(expand));
  // Processors with bf16 round denormals to zero, others call a function for each number: in
  // integers it is exact and vectorized.
  arith::ArithExpandOpsPassOptions arith;
  arith.includeBf16 = true;
  manager.addPass(arith::createArithExpandOpsPass(arith));
  manager.addPass(createConvertMathToFuncs());
  manager.addNestedPass<func::FuncOp>(createConvertMathToLLVMPass());
  manager.addPass(createConvertMathToLibmPass());
  // LLVM knows that a buffer is apart from others where its address is what the allocator returned,
  // and not computed from it.
  FinalizeMemRefToLLVMConversionPassOptions memory;
  memory.useAlignedAlloc = true;
  manager.addPass(createFinalizeMemRefToLLVMConversionPass(memory));
  manager.addPass(createConvertToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

void buildCpuPipeline(OpPassManager &manager, const CpuPipelineOptions &options) {
  // First: observers stand between matmuls and what could be fused with them.
  manager.addPass(options.observers ? createLowerObservers() : createRemoveObservers());
  addContractions(manager);
  // While codes are still constants and parameters, not buffers.
  PackOptions pack;
  pack.cpu = options.cpu;
  manager.addPass(createPack(pack));
  // Takes the packs of parameters, so that they happen once and not in each call.
  manager.addPass(createLowerParameters());
  // What is quantized at run time in one pass over it, before its parts become linalg.
  manager.addNestedPass<func::FuncOp>(createFuseDynamicQuantize());
  addElementwise(manager);
  addBufferization(manager);
  // What is recorded are the buffers as they are now.
  manager.addPass(createLowerRecords());
  LowerToCpuOptions target;
  target.cpu = options.cpu;
  target.report = options.report;
  manager.addNestedPass<func::FuncOp>(createLowerToCpu(target));
  // Constant bounds and indices, so that equal nests look equal.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createOutlineKernels());
  // In kernels, so once for equal ones.
  manager.addNestedPass<func::FuncOp>(createLowerMath());
  addLLVM(manager);
}

void buildReferencePipeline(OpPassManager &manager) {
  // arith on whole tensors is not bufferized as it is.
  manager.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  manager.addPass(createLowerToLinalg());
  // Bufferization knows no parameters.
  manager.addPass(createLowerParameters());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  addBufferization(manager);
  manager.addPass(createLowerRecords());
  // One loop after the other on one thread: sums in the order of the definition.
  manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  manager.addPass(createOutlineKernels());
  addLLVM(manager);
}

} // namespace qlinalg
