//===- Sites.cpp - What matmuls and their operands are called -------------===//

#include "Sites.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace qlinalg {

linalg::LinalgOp MatmulSite::getOp() const {
  if (auto *contraction = std::get_if<WeightContraction>(&what))
    return contraction->op;
  if (auto *gather = std::get_if<WeightGather>(&what))
    return cast<linalg::LinalgOp>(linalg::GenericOp(gather->op).getOperation());
  return std::get<linalg::LinalgOp>(what);
}

/// Reads floats and sums: what a reader would call a matmul, or a convolution.
static bool looksLikeMatmul(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInputs() < 2)
    return false;
  if (isa<linalg::ConvolutionOpInterface>(op.getOperation()) ||
      linalg::isaContractionOpInterface(op))
    return true;
  return llvm::any_of(op.getBlock()->getOperations(),
                      [](Operation &inner) { return isa<arith::MulFOp, arith::MulIOp>(inner); });
}

static bool isWeight(Value value) {
  std::string why;
  return succeeded(traceWeight(value, why));
}

/// What a generic was before elementwise ops were fused into it, so that those after it keep their
/// numbers: two inputs share a loop that is summed over, and each has one of the result's to
/// itself.
enum class Fused { No, WithWeight, WithoutWeight };
static Fused findFusedMatmul(linalg::LinalgOp op) {
  AffineMap init = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto loops = llvm::seq(op.getNumLoops());
  auto hasOwnLoop = [&](AffineMap map, AffineMap other) {
    return llvm::any_of(loops, [&](unsigned loop) {
      return init.isFunctionOfDim(loop) && map.isFunctionOfDim(loop) &&
             !other.isFunctionOfDim(loop);
    });
  };
  auto shareReduction = [&](AffineMap map, AffineMap other) {
    return llvm::any_of(loops, [&](unsigned loop) {
      return !init.isFunctionOfDim(loop) && map.isFunctionOfDim(loop) &&
             other.isFunctionOfDim(loop);
    });
  };
  Fused found = Fused::No;
  for (OpOperand *a : op.getDpsInputOperands())
    for (OpOperand *b : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(a), other = op.getMatchingIndexingMap(b);
      if (a == b || !isMatmulFloat(a->get()) || !isMatmulFloat(b->get()) ||
          !shareReduction(map, other) || !hasOwnLoop(map, other))
        continue;
      if (isWeight(a->get()))
        return Fused::WithWeight;
      if (hasOwnLoop(other, map))
        found = Fused::WithoutWeight;
    }
  return found;
}

/// The contraction's name by an observer of its operand.
static std::string getObservedName(Value operand, StringRef suffix) {
  for (auto observe = operand.getDefiningOp<ObserveOp>(); observe;
       observe = observe.getInput().getDefiningOp<ObserveOp>())
    if (StringRef site = observe.getSite(); site.consume_back(suffix) && !site.empty())
      return site.str();
  return "";
}

static std::string getObservedName(const MatmulSite &site) {
  if (auto *contraction = std::get_if<WeightContraction>(&site.what))
    return getObservedName(contraction->activation, inputSuffix);
  if (std::holds_alternative<WeightGather>(site.what))
    return "";
  SmallVector<Value> operands = site.getOp().getDpsInputs();
  std::string name = getObservedName(operands[0], lhsSuffix);
  return name.empty() ? getObservedName(operands[1], rhsSuffix) : name;
}

/// `NAME` of `NAME#2`.
static StringRef dropUse(StringRef name) {
  auto [layer, use] = name.rsplit('#');
  return !use.empty() && llvm::all_of(use, llvm::isDigit) ? layer : name;
}

namespace {
class Finder {
public:
  Finder(function_ref<void(Operation *, StringRef)> declined, std::vector<MatmulSite> &sites)
      : declined(declined), sites(sites) {}

  void find(func::FuncOp function) {
    this->function = function.getName();
    weights = products = 0;
    function.walk([&](Operation *op) {
      if (auto matmul = dyn_cast<MatmulOp>(op))
        count(matmul);
      else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
        find(linalgOp);
    });
  }

private:
  /// What is quantized already keeps its number from others.
  void count(MatmulOp op) {
    if (!op.getLhsSchemeAttr() && !op.getRhsSchemeAttr())
      return;
    bool isProduct = op.getSite().value_or("").starts_with((function + ".bmm.").str());
    ++(isProduct ? products : weights);
  }

  void find(linalg::LinalgOp op) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
      if (std::optional<WeightGather> gather = matchWeightGather(generic)) {
        sites.push_back({*gather, nameOf(gather->table), ""});
        return;
      }
    if (!looksLikeMatmul(op))
      return;
    std::string why;
    if (failed(checkFloatContraction(op, why))) {
      declined(op, why);
      Fused fused = findFusedMatmul(op);
      weights += fused == Fused::WithWeight;
      products += fused == Fused::WithoutWeight;
      return;
    }
    FailureOr<WeightContraction> contraction = matchWeightContraction(op, why);
    if (succeeded(contraction)) {
      sites.push_back({*contraction, nameOf(contraction->weight), ""});
      ++weights;
      return;
    }
    declined(op, why);
    sites.push_back({op, (function + ".bmm." + Twine(products++)).str(), ""});
  }

  std::string nameOf(const WeightView &weight) {
    std::string name = getWeightName(weight.root);
    return name.empty() ? (function + "." + Twine(weights)).str() : name;
  }

  function_ref<void(Operation *, StringRef)> declined;
  std::vector<MatmulSite> &sites;
  StringRef function;
  unsigned weights = 0, products = 0;
};
} // namespace

void dropObservers(RewriterBase &rewriter, ModuleOp module, const llvm::StringSet<> &sites) {
  SmallVector<ObserveOp> observers;
  module.walk([&](ObserveOp observe) {
    if (sites.contains(observe.getSite()))
      observers.push_back(observe);
  });
  for (ObserveOp observe : observers)
    rewriter.replaceOp(observe, observe.getInput());
}

std::vector<MatmulSite> findSites(ModuleOp module,
                                  function_ref<void(Operation *, StringRef)> declined) {
  std::vector<MatmulSite> sites;
  Finder finder(declined, sites);
  module.walk([&](func::FuncOp function) { finder.find(function); });
  llvm::StringSet<> taken;
  for (MatmulSite &site : sites) {
    site.name = getObservedName(site);
    if (site.name.empty())
      continue;
    taken.insert(site.name);
    if (dropUse(site.name) != site.layer && site.name != site.layer)
      site.layer = dropUse(site.name).str();
  }
  for (MatmulSite &site : sites) {
    if (!site.name.empty() || std::holds_alternative<WeightGather>(site.what))
      continue;
    site.name = site.layer;
    for (unsigned use = 2; !taken.insert(site.name).second; ++use)
      site.name = site.layer + "#" + std::to_string(use);
  }
  return sites;
}

} // namespace qlinalg
