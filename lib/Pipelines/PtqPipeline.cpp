//===- PtqPipeline.cpp - --qlinalg-ptq ------------------------------------===//

#include "QLinalg/Passes.h"
#include "QLinalg/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace qlinalg {

void buildPtqPipeline(OpPassManager &manager, const PtqPipelineOptions &options) {
  // Frontends write one weight as several constants; one value each lets matmuls share their codes.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());

  QuantizeOptions quantize;
  quantize.weights = options.weights;
  quantize.granularity = options.granularity;
  quantize.group = options.group;
  quantize.symmetric = options.symmetric;
  quantize.scales = options.scales;
  quantize.scaleGroup = options.scaleGroup;
  quantize.scaleScales = options.scaleScales;
  quantize.rounding = options.rounding;
  quantize.division = options.division;
  quantize.activations = options.activations;
  quantize.activationStorage = options.activationStorage;
  quantize.activationSymmetric = options.activationSymmetric;
  quantize.activationGranularity = options.activationGranularity;
  quantize.activationRange = options.activationRange;
  quantize.smooth = options.smooth;
  quantize.maxError = options.maxError;
  quantize.fallback = options.fallback;
  quantize.embeddings = options.embeddings;
  // Checked with the others, before anything is said or written.
  quantize.method = options.method == "nearest" ? "" : options.method.getValue();
  quantize.bits = options.bits;
  quantize.targetSize = options.targetSize;
  quantize.heldOut = options.heldOut;
  quantize.requantize = options.requantize;
  quantize.recipe = options.recipe;
  quantize.statistics = options.statistics;
  quantize.parameters = options.parameters;
  manager.addPass(createQuantize(quantize));
  // Matmuls of one activation share its codes. Also drops the transposes of weights that nothing
  // reads any more.
  manager.addPass(createCSEPass());

  FreezeOptions freeze;
  freeze.method = options.method;
  freeze.statistics = options.statistics;
  freeze.heldOut = options.heldOut;
  freeze.parameters = options.parameters;
  freeze.outputParameters = options.outputParameters;
  manager.addPass(createFreeze(freeze));
  // What freezing left without users.
  manager.addPass(createCanonicalizerPass());

  // A recipe may ask for it at some layers.
  if (options.requantize == "none" && options.recipe.empty())
    return;
  // A bias and relu between two matmuls become the first one's own.
  FuseEpiloguesOptions fuse;
  fuse.onlyRequantized = options.requantize == "none";
  manager.addNestedPass<func::FuncOp>(createFuseEpilogues(fuse));
  RequantizeOptions requantize;
  requantize.rounding = options.requantize;
  // Scales of frozen weights stand where freezing wrote them.
  requantize.parameters =
      options.outputParameters.empty() ? options.parameters : options.outputParameters;
  manager.addPass(createRequantize(requantize));
  manager.addPass(createCanonicalizerPass());
}

} // namespace qlinalg
