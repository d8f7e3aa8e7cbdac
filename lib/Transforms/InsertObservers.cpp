//===- InsertObservers.cpp - Operands of matmuls through observe ----------===//
//
//   linalg.matmul ins(%x, %w)
//     ->
//   %0 = qlinalg.observe %x site "NAME.input" channels [1] <range, moments, channels, histogram>
//   linalg.matmul ins(%0, %w)
//
// Each use of a value is observed by itself, so that sites can be quantized and dropped one by one;
// --qlinalg-lower-observers looks at the value once.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "ObservedResults.h"
#include "Recipe.h"
#include "Sites.h"
#include "WeightFingerprint.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

#include <numeric>

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_INSERTOBSERVERS
#include "QLinalg/Passes.h.inc"

static bool isWeight(Value value) {
  std::string why;
  return succeeded(traceWeight(value, why));
}

/// Channels must be known.
static bool areKnown(ArrayRef<int64_t> dims, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return llvm::all_of(
      dims, [&](int64_t dim) { return !type.isDynamicDim(dim) && type.getDimSize(dim) != 0; });
}

/// The last dimension, for values of which no matmul says what its channels are.
static SmallVector<int64_t> getLastDim(Value value) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  SmallVector<int64_t> dims;
  if (rank > 0)
    dims.push_back(rank - 1);
  return areKnown(dims, value) ? dims : SmallVector<int64_t>();
}

/// K in the order in which the weight stores it. Nothing where the activation's dimensions would
/// have to be split for that.
static std::optional<SmallVector<int64_t>> getChannels(WeightContraction &contraction) {
  struct Part {
    int64_t dim;
    ViewDim atoms;
    int64_t stride() const { return atoms.empty() ? INT64_MAX : atoms.front().stride; }
  };
  SmallVector<Part> parts;
  for (auto &[loop, atoms] : contraction.reduced)
    for (auto [dim, expr] : llvm::enumerate(contraction.activationMap.getResults()))
      if (cast<AffineDimExpr>(expr).getPosition() == loop)
        parts.push_back({static_cast<int64_t>(dim), atoms});
  llvm::sort(parts, [](const Part &a, const Part &b) {
    return a.stride() != b.stride() ? a.stride() > b.stride() : a.dim < b.dim;
  });
  SmallVector<int64_t> channels;
  int64_t last = INT64_MAX;
  for (const Part &part : parts) {
    channels.push_back(part.dim);
    for (const Atom &atom : part.atoms) {
      if (atom.stride > last)
        return std::nullopt;
      last = atom.stride;
    }
  }
  return channels;
}

/// K in the order of the loops.
static SmallVector<int64_t> getChannels(linalg::LinalgOp op, OpOperand &operand) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  AffineMap init = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<int64_t> channels;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (std::optional<unsigned> dim =
            map.getResultPosition(getAffineDimExpr(loop, op.getContext()));
        dim && !init.isFunctionOfDim(loop))
      channels.push_back(*dim);
  return areKnown(channels, operand.get()) ? channels : SmallVector<int64_t>();
}

/// The observer of `value` for this site, perhaps behind others.
static ObserveOp findObserver(Value value, StringRef site) {
  for (Operation *user : value.getUsers()) {
    auto observer = dyn_cast<ObserveOp>(user);
    if (observer && observer.getSite() != site)
      observer = findObserver(observer, site);
    if (observer)
      return observer;
  }
  return nullptr;
}

namespace {
struct InsertObserversPass : impl::InsertObserversBase<InsertObserversPass> {
  using InsertObserversBase::InsertObserversBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (moments != "diagonal" && moments != "full") {
      emitError(module.getLoc()) << "expected moments=diagonal or full, got '" << moments << "'";
      return signalPassFailure();
    }
    std::optional<Recipe> plan = readRecipe();
    if (!plan)
      return signalPassFailure();
    OpPassManager canonical(ModuleOp::getOperationName());
    canonical.addPass(createCanonicalizerPass());
    canonical.addPass(createCSEPass());
    if (failed(runPipeline(canonical, module)))
      return signalPassFailure();
    // Before observers stand in the way.
    SmallVector<Value> results = findNamedValues(*plan);
    if (SmallVector<std::string> unused = plan->unusedObserve(); !unused.empty()) {
      emitError(module.getLoc()) << recipe.getValue()
                                 << ": expected each pattern of observe to match the location's "
                                    "name of a float tensor, got none for '"
                                 << llvm::join(unused, "', '") << "'";
      return signalPassFailure();
    }
    std::vector<MatmulSite> sites = findSites(module, [](Operation *, StringRef) {});
    llvm::DenseSet<Operation *> matmuls;
    for (MatmulSite &site : sites)
      if (!std::holds_alternative<WeightGather>(site.what))
        matmuls.insert(site.getOp());
    for (MatmulSite &site : sites)
      if (!std::holds_alternative<WeightGather>(site.what))
        observeSite(site, matmuls);
    observeNamedValues(results);
  }

private:
  std::optional<Recipe> readRecipe() {
    if (recipe.empty())
      return Recipe(Settings());
    llvm::Expected<Recipe> loaded = Recipe::load(recipe, Settings());
    if (loaded)
      return std::move(*loaded);
    emitError(getOperation().getLoc()) << llvm::toString(loaded.takeError());
    return std::nullopt;
  }

  ObservedStatistics wanted() const {
    auto statistics = ObservedStatistics::Range | ObservedStatistics::Moments |
                      ObservedStatistics::Channels | ObservedStatistics::Histogram;
    return moments == "full" ? statistics | ObservedStatistics::SecondMoments : statistics;
  }

  void observeSite(MatmulSite &site, const llvm::DenseSet<Operation *> &matmuls) {
    linalg::LinalgOp op = site.getOp();
    if (auto *contraction = std::get_if<WeightContraction>(&site.what)) {
      observeActivation(*contraction, site.name + inputSuffix.str());
    } else {
      for (auto [index, suffix] : {std::pair(0, lhsSuffix), std::pair(1, rhsSuffix)}) {
        OpOperand &operand = *op.getDpsInputOperand(index);
        observeOperand(operand, site.name + suffix.str(), getChannels(op, operand), {});
      }
    }
    Value result = getResultWithBias(op);
    if (isCombinedOnTheWay(result, matmuls))
      observeValue(result, site.name + outputSuffix.str());
  }

  /// The activation that meets a weight, with K as its channels: the weight's is static.
  void observeActivation(WeightContraction &contraction, const std::string &name) {
    linalg::LinalgOp op = contraction.op;
    OpOperand &operand = *op.getDpsInputOperand(contraction.weightIsLhs ? 1 : 0);
    std::optional<SmallVector<int64_t>> channels = getChannels(contraction);
    if (!channels) {
      op->emitWarning() << "site '" << name
                        << "' is not observed: expected K of the activation in the order in which "
                           "the weight stores it, got another; transpose what gives the activation";
      return;
    }
    makeStatic(operand, contraction);
    auto weight = IntegerAttr::get(IntegerType::get(&getContext(), 64), fingerprintOf(contraction));
    observeOperand(operand, name,
                   areKnown(*channels, operand.get()) ? *channels : SmallVector<int64_t>(), weight);
  }

  /// What the activation does not know of K the weight does.
  static void makeStatic(OpOperand &operand, const WeightContraction &contraction) {
    auto type = cast<RankedTensorType>(operand.get().getType());
    SmallVector<int64_t> shape(type.getShape());
    for (const auto &[loop, dim] : contraction.reduced) {
      AffineExpr expr = getAffineDimExpr(loop, contraction.activationMap.getContext());
      shape[*contraction.activationMap.getResultPosition(expr)] =
          std::accumulate(dim.begin(), dim.end(), int64_t(1),
                          [](int64_t product, const Atom &atom) { return product * atom.size; });
    }
    if (shape == type.getShape())
      return;
    OpBuilder builder(operand.getOwner());
    operand.set(tensor::CastOp::create(builder, operand.getOwner()->getLoc(), type.clone(shape),
                                       operand.get()));
  }

  /// What is observed already may collect less.
  void extend(ObserveOp observer) { observer.setStatistics(observer.getStatistics() | wanted()); }

  /// What one use of a value reads.
  void observeOperand(OpOperand &operand, const std::string &name, ArrayRef<int64_t> channels,
                      IntegerAttr weight) {
    if (isWeight(operand.get()))
      return;
    for (auto seen = operand.get().getDefiningOp<ObserveOp>(); seen;
         seen = seen.getInput().getDefiningOp<ObserveOp>())
      if (seen.getSite() == name)
        return extend(seen);
    OpBuilder builder(operand.getOwner());
    operand.set(ObserveOp::create(builder, operand.getOwner()->getLoc(), operand.get(), name,
                                  channels, weight, wanted()));
    ++observed;
  }

  /// What all that read a value read.
  void observeValue(Value value, const std::string &name) {
    if (ObserveOp seen = findObserver(value, name))
      return extend(seen);
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    auto observe = ObserveOp::create(builder, value.getLoc(), value, name, getLastDim(value),
                                     IntegerAttr(), wanted());
    value.replaceAllUsesExcept(observe, observe);
    ++observed;
  }

  /// Results of ops whose locations' names the recipe wants, but no weights.
  SmallVector<Value> findNamedValues(Recipe &plan) {
    SmallVector<Value> found;
    getOperation().walk([&](Operation *op) {
      for (Value result : op->getResults())
        if (isa<RankedTensorType>(result.getType()) && isMatmulFloat(result) &&
            !isa<ObserveOp>(op) && !isWeight(result) &&
            plan.observes(getLocationName(op->getLoc())))
          found.push_back(result);
    });
    return found;
  }

  /// Under the locations' names, each different.
  void observeNamedValues(ArrayRef<Value> values) {
    llvm::StringMap<unsigned> uses;
    for (Value value : values) {
      std::string name = getLocationName(value.getLoc()).str();
      if (unsigned use = ++uses[name]; use > 1)
        name += "#" + std::to_string(use);
      observeValue(value, name);
    }
  }
};
} // namespace

} // namespace qlinalg
