//===- Quantize.cpp - Contractions with weights into qlinalg.matmul -------===//
//
// Finds what can be quantized and what the settings of each layer say, and hands it to
// QuantizeContraction and QuantizeGather. What stays as it is gets a remark.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "LayerSettings.h"
#include "ResultRule.h"
#include "StaticActivations.h"
#include "WidthChoice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace qlinalg {
#define GEN_PASS_DEF_QUANTIZE
#include "QLinalg/Passes.h.inc"

namespace {

/// What is to become of a matmul or a gather.
struct Plan {
  MatmulSite site;
  Settings settings;
  /// Why it is not quantized, if so.
  std::string why;

  bool isGather() const { return std::holds_alternative<WeightGather>(site.what); }
  std::optional<Storage> getStorage() const {
    return isGather() ? settings.embeddings : settings.weights;
  }
};

struct QuantizePass : impl::QuantizeBase<QuantizePass> {
  using QuantizeBase::QuantizeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Recipe> layers = readOptions();
    if (failed(layers))
      return signalPassFailure();
    // What is known of another module is of no use here: its values are gone.
    quantizedWeights = QuantizedWeights();
    std::vector<MatmulSite> candidates =
        findSites(module, [&](Operation *op, StringRef why) { decline(op, why); });
    llvm::erase_if(candidates, [](const MatmulSite &site) {
      return std::holds_alternative<linalg::LinalgOp>(site.what);
    });
    if (failed(checkPatterns(module, *layers, recipe, candidates)))
      return signalPassFailure();
    std::vector<Plan> plans;
    for (MatmulSite &candidate : candidates) {
      Plan &plan = plans.emplace_back(std::move(candidate));
      plan.settings = layers->settingsFor(plan.site.layer, plan.why);
    }
    if (failed(chooseWidths(plans)))
      return signalPassFailure();
    dropObserversOf(plans);
    StaticActivations constants(module);
    if (failed(chooseConstants(plans, constants)))
      return signalPassFailure();
    for (Plan &plan : plans)
      rewrite(plan, constants);
  }

private:
  FailureOr<Recipe> readOptions() {
    return readSettings(getOperation(),
                        {{"weights", weights},
                         {"embeddings", embeddings},
                         {"granularity", granularity},
                         {"group", group},
                         {"symmetric", symmetric},
                         {"scales", scales},
                         {"scale-group", scaleGroup},
                         {"scale-scales", scaleScales},
                         {"rounding", rounding},
                         {"division", division},
                         {"activations", activations},
                         {"activation-storage", activationStorage},
                         {"activation-symmetric", activationSymmetric},
                         {"activation-granularity", activationGranularity},
                         {"activation-range", activationRange},
                         {"requantize", requantize},
                         {"smooth", smooth},
                         {"max-error", maxError},
                         {"method", method},
                         {"fallback", fallback}},
                        recipe);
  }

  /// Storage, group and scales of each layer, within `bits` or `target-size`.
  LogicalResult chooseWidths(std::vector<Plan> &plans) {
    WidthTarget target;
    if (std::optional<std::string> wrong = target.set(bits, targetSize))
      return emitError(getOperation().getLoc()) << *wrong;
    if (!target)
      return success();
    if (!group.empty() || !granularity.empty())
      return emitError(getOperation().getLoc())
             << "expected no group and granularity with bits and target-size, which choose them";
    WidthChoice choice(getOperation());
    if (failed(choice.open(statistics, heldOut, parameters)))
      return failure();
    for (Plan &plan : plans)
      if (!plan.isGather() && plan.getStorage() && !isDowncast(*plan.getStorage()))
        choice.add(std::get<WeightContraction>(plan.site.what), plan.site.layer, plan.site.name,
                   plan.settings);
    return choice.choose(target);
  }

  void decline(Operation *op, StringRef why) {
    emitRemark(op->getLoc()) << "not quantized: " << why;
    ++declined;
  }

  /// Of what is going to be quantized: calibration is over.
  void dropObserversOf(ArrayRef<Plan> plans) {
    llvm::StringSet<> sites;
    for (const Plan &plan : plans)
      if (!plan.isGather() && plan.getStorage())
        for (StringRef suffix : {inputSuffix, outputSuffix})
          sites.insert((plan.site.name + suffix).str());
    IRRewriter rewriter(&getContext());
    dropObservers(rewriter, getOperation(), sites);
  }

  LogicalResult chooseConstants(ArrayRef<Plan> plans, StaticActivations &constants) {
    if (failed(constants.open(statistics, parameters)))
      return failure();
    for (const Plan &plan : plans)
      if (!plan.isGather() && plan.getStorage() &&
          (plan.settings.activations != Activations::None || plan.settings.isAwq()) &&
          plan.settings.needsStatistics() &&
          failed(constants.add(std::get<WeightContraction>(plan.site.what), plan.site.name,
                               plan.settings)))
        return failure();
    return constants.choose();
  }

  ActivationCoding codingOf(Plan &plan, const Scheme &weight, const StaticActivations &constants) {
    ActivationCoding coding;
    if (plan.settings.isAwq())
      return constants.get(plan.site.getOp());
    std::optional<Fallback> fallback = constants.getFallback(plan.site.getOp());
    if (plan.settings.activations == Activations::None || fallback == Fallback::Weights)
      return coding;
    if (!fallback)
      coding = constants.get(plan.site.getOp());
    if (!coding.scheme)
      coding.scheme = SchemeAttr::get(&getContext(), plan.settings.dynamicScheme(weight));
    return coding;
  }

  void rewrite(Plan &plan, const StaticActivations &constants) {
    Operation *op = plan.site.getOp();
    IRRewriter rewriter(op->getContext());
    std::optional<Storage> storage = plan.getStorage();
    if (constants.getFallback(op) == Fallback::Float) {
      plan.why = "its expected error is above max-error";
      storage.reset();
    }
    if (!storage) {
      if (!plan.isGather())
        decline(op, plan.why);
      return;
    }
    WeightCoding weight{
        SchemeAttr::get(op->getContext(), plan.settings.schemeFor(*storage)), {}, {}};
    if (!plan.isGather())
      weight.trellis = plan.settings.trellis;
    if (!plan.settings.method.empty())
      weight.method = rewriter.getStringAttr(plan.settings.method);
    if (plan.isGather()) {
      quantizeGather(rewriter, std::get<WeightGather>(plan.site.what), quantizedWeights, weight);
      ++gathers;
      return;
    }
    // Not of what is gathered, of which few rows are read: its scales would all become floats.
    if (std::optional<Scheme> scales = plan.settings.scaleSchemeFor(*storage))
      weight.scales = SchemeAttr::get(op->getContext(), *scales);
    ActivationCoding activation = codingOf(plan, weight.scheme.getValue(), constants);
    MatmulOp matmul = quantizeContraction(rewriter, std::get<WeightContraction>(plan.site.what),
                                          quantizedWeights, weight, activation, plan.site.name);
    if (plan.settings.requantize != requantize)
      matmul->setAttr(resultRuleAttrName, rewriter.getStringAttr(plan.settings.requantize));
    ++quantized;
  }

  QuantizedWeights quantizedWeights;
};

} // namespace
} // namespace qlinalg
