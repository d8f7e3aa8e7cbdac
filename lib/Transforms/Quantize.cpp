//===- Quantize.cpp - Contractions with weights into qlinalg.matmul -------===//
//
// Finds what can be quantized and what the settings of each layer say, and hands it to
// QuantizeContraction and QuantizeGather. What stays as it is gets a remark.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "QuantizeContraction.h"
#include "Recipe.h"
#include "Sites.h"

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

struct QuantizePass : impl::QuantizeBase<QuantizePass> {
  using QuantizeBase::QuantizeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<Recipe> plan = readSettings();
    if (!plan)
      return signalPassFailure();
    // What is known of another module is of no use here: its values are gone.
    quantizedWeights = QuantizedWeights();
    std::vector<MatmulSite> candidates =
        findSites(module, [&](Operation *op, StringRef why) { decline(op, why); });
    llvm::erase_if(candidates, [](const MatmulSite &site) {
      return std::holds_alternative<linalg::LinalgOp>(site.what);
    });
    for (const MatmulSite &candidate : candidates)
      plan->markUsed(candidate.layer);
    if (SmallVector<std::string> unused = plan->unused(); !unused.empty()) {
      reportUnused(unused, candidates);
      return signalPassFailure();
    }
    dropObserversOf(candidates, *plan);
    for (MatmulSite &candidate : candidates)
      if (failed(rewrite(candidate, *plan)))
        return signalPassFailure();
  }

private:
  /// The options and the recipe, or nothing after an error.
  std::optional<Recipe> readSettings() {
    Settings settings;
    std::pair<StringRef, StringRef> options[] = {
        {"weights", weights},   {"embeddings", embeddings}, {"granularity", granularity},
        {"group", group},       {"symmetric", symmetric},   {"scales", scales},
        {"rounding", rounding}, {"division", division},     {"activations", activations}};
    for (auto [key, value] : options)
      if (std::optional<std::string> wrong = settings.set(key, value)) {
        emitError(getOperation().getLoc()) << *wrong;
        return std::nullopt;
      }
    if (std::optional<std::string> wrong = settings.check()) {
      emitError(getOperation().getLoc()) << *wrong;
      return std::nullopt;
    }
    if (recipe.empty())
      return Recipe(settings);
    llvm::Expected<Recipe> loaded = Recipe::load(recipe, settings);
    if (loaded)
      return std::move(*loaded);
    emitError(getOperation().getLoc()) << llvm::toString(loaded.takeError());
    return std::nullopt;
  }

  void decline(Operation *op, StringRef why) {
    emitRemark(op->getLoc()) << "not quantized: " << why;
    ++declined;
  }

  void reportUnused(ArrayRef<std::string> patterns, ArrayRef<MatmulSite> candidates) {
    InFlightDiagnostic error = emitError(getOperation().getLoc())
                               << recipe.getValue()
                               << ": expected each pattern to match a layer, got none for '"
                               << llvm::join(patterns, "', '") << "'";
    Diagnostic &note = error.attachNote() << "layers: ";
    llvm::interleaveComma(candidates, note,
                          [&](const MatmulSite &candidate) { note << candidate.layer; });
  }

  /// Of what is going to be quantized: calibration is over.
  void dropObserversOf(ArrayRef<MatmulSite> candidates, const Recipe &plan) {
    llvm::StringSet<> sites;
    std::string why;
    for (const MatmulSite &candidate : candidates)
      if (std::holds_alternative<WeightContraction>(candidate.what) &&
          plan.settingsFor(candidate.layer, why).weights)
        for (StringRef suffix : {inputSuffix, outputSuffix})
          sites.insert((candidate.name + suffix).str());
    IRRewriter rewriter(&getContext());
    dropObservers(rewriter, getOperation(), sites);
  }

  LogicalResult rewrite(MatmulSite &candidate, const Recipe &plan) {
    std::string why;
    Settings settings = plan.settingsFor(candidate.layer, why);
    Operation *op = candidate.getOp();
    IRRewriter rewriter(op->getContext());
    auto *gather = std::get_if<WeightGather>(&candidate.what);
    std::optional<Storage> storage = gather ? settings.embeddings : settings.weights;
    if (!storage) {
      if (!gather)
        decline(op, why);
      return success();
    }
    auto scheme = SchemeAttr::get(op->getContext(), settings.schemeFor(*storage));
    if (gather) {
      quantizeGather(rewriter, *gather, quantizedWeights, scheme);
      ++gathers;
      return success();
    }
    SchemeAttr activationScheme;
    if (settings.activations != Activations::None)
      activationScheme =
          SchemeAttr::get(op->getContext(), settings.activationScheme(scheme.getValue()));
    quantizeContraction(rewriter, std::get<WeightContraction>(candidate.what), quantizedWeights,
                        scheme, activationScheme, candidate.name);
    ++quantized;
    return success();
  }

  QuantizedWeights quantizedWeights;
};

} // namespace
} // namespace qlinalg
