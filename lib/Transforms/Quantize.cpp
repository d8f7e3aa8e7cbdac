//===- Quantize.cpp - Contractions with weights into qlinalg.matmul -------===//
//
// Finds what can be quantized and what the settings of each layer say, and hands it to
// QuantizeContraction and QuantizeGather. What stays as it is gets a remark.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "QuantizeContraction.h"
#include "QuantizeGather.h"
#include "Recipe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

#include <variant>

using namespace mlir;

namespace qlinalg {
#define GEN_PASS_DEF_QUANTIZE
#include "QLinalg/Passes.h.inc"

namespace {

/// A contraction or a gather with a weight, under the layer's name.
struct Candidate {
  std::variant<WeightContraction, WeightGather> what;
  std::string name;

  Operation *getOperation() const {
    if (auto *contraction = std::get_if<WeightContraction>(&what))
      return contraction->op;
    return std::get<WeightGather>(what).op;
  }
};

/// Reads floats and sums: what a reader would call a matmul, or a convolution.
bool looksLikeMatmul(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInputs() < 2)
    return false;
  if (isa<linalg::ConvolutionOpInterface>(op.getOperation()) ||
      linalg::isaContractionOpInterface(op))
    return true;
  return llvm::any_of(op.getBlock()->getOperations(),
                      [](Operation &inner) { return isa<arith::MulFOp, arith::MulIOp>(inner); });
}

struct QuantizePass : impl::QuantizeBase<QuantizePass> {
  using QuantizeBase::QuantizeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<Recipe> plan = readSettings();
    if (!plan)
      return signalPassFailure();
    // What is known of another module is of no use here: its values are gone.
    quantizedWeights = QuantizedWeights();
    siteUses.clear();
    std::vector<Candidate> candidates;
    module.walk([&](func::FuncOp function) { collect(function, candidates); });
    for (const Candidate &candidate : candidates)
      plan->markUsed(candidate.name);
    if (SmallVector<std::string> unused = plan->unused(); !unused.empty()) {
      reportUnused(unused, candidates);
      return signalPassFailure();
    }
    for (Candidate &candidate : candidates)
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

  void collect(func::FuncOp function, std::vector<Candidate> &candidates) {
    unsigned ordinal = 0;
    auto nameOf = [&](const WeightView &weight) {
      std::string name = getWeightName(weight.root);
      return name.empty() ? (function.getName() + "." + Twine(ordinal)).str() : name;
    };
    function.walk([&](linalg::LinalgOp op) {
      if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
        if (std::optional<WeightGather> gather = matchWeightGather(generic)) {
          candidates.push_back({*gather, nameOf(gather->table)});
          return;
        }
      if (!looksLikeMatmul(op))
        return;
      std::string why;
      FailureOr<WeightContraction> contraction = matchWeightContraction(op, why);
      if (failed(contraction)) {
        decline(op, why);
        return;
      }
      std::string name = nameOf(contraction->weight);
      candidates.push_back({*contraction, name});
      ++ordinal;
    });
  }

  void decline(Operation *op, StringRef why) {
    emitRemark(op->getLoc()) << "not quantized: " << why;
    ++declined;
  }

  void reportUnused(ArrayRef<std::string> patterns, ArrayRef<Candidate> candidates) {
    InFlightDiagnostic error = emitError(getOperation().getLoc())
                               << recipe.getValue()
                               << ": expected each pattern to match a layer, got none for '"
                               << llvm::join(patterns, "', '") << "'";
    Diagnostic &note = error.attachNote() << "layers: ";
    llvm::interleaveComma(candidates, note,
                          [&](const Candidate &candidate) { note << candidate.name; });
  }

  LogicalResult rewrite(Candidate &candidate, const Recipe &plan) {
    std::string why;
    Settings settings = plan.settingsFor(candidate.name, why);
    Operation *op = candidate.getOperation();
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
    unsigned uses = siteUses[candidate.name]++;
    std::string site = uses ? candidate.name + "#" + std::to_string(uses + 1) : candidate.name;
    quantizeContraction(rewriter, std::get<WeightContraction>(candidate.what), quantizedWeights,
                        scheme, activationScheme, site);
    ++quantized;
    return success();
  }

  QuantizedWeights quantizedWeights;
  llvm::StringMap<unsigned> siteUses;
};

} // namespace
} // namespace qlinalg
