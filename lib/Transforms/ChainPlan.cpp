//===- ChainPlan.cpp - Which matmuls give codes ---------------------------===//
//
// All who read a value must take codes: the quantizes, which make the same ones, and in integers
// additions in other matmuls' outs.
//
//===----------------------------------------------------------------------===//

#include "ChainPlan.h"
#include "EpiloguePeel.h"

#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace qlinalg {

namespace {
class Planner {
public:
  Planner(ModuleOp module, KnownNumbers &numbers, ResultRule rule)
      : module(module), numbers(numbers), rule(rule) {}

  FailureOr<ChainLinks> plan();

private:
  LogicalResult collectLinks();
  std::string checkReaders(ChainLink &link);
  void planScale(ChainLink &link);
  void plan(ChainLink &link);
  bool planCodes(ChainLink &link, std::string &why);
  bool planResidual(ChainLink &link, std::string &why);
  bool takesResiduals(const ChainLink &link);
  void settle();
  AffineMap getMapOfOne(const ChainLink &link);

  ModuleOp module;
  KnownNumbers &numbers;
  ResultRule rule;
  ChainLinks links;
  /// The link whose value, moved about or not, a value is.
  DenseMap<Value, ChainLink *> linkOf;
};
} // namespace

LogicalResult Planner::collectLinks() {
  WalkResult walk = module.walk([&](MatmulOp op) -> WalkResult {
    if (!op.hasPureTensorSemantics() || !getElementTypeOrSelf(op.getInit()).isF32())
      return WalkResult::advance();
    auto link = std::make_unique<ChainLink>();
    link->op = op;
    link->rule = rule;
    if (Attribute own = op->getAttr(resultRuleAttrName)) {
      auto name = dyn_cast<StringAttr>(own);
      std::optional<ResultRule> parsed = ResultRule::parse(name ? name.getValue() : "");
      if (!parsed) {
        op.emitOpError() << "expected " << ResultRule::names << " for " << resultRuleAttrName
                         << ", got " << own;
        return WalkResult::interrupt();
      }
      link->rule = *parsed;
    }
    link->readers = collectReaders(op);
    link->addsToOuts = !isZeroFilled(op.getInit());
    linkOf[op.getResult()] = link.get();
    for (Operation *step : link->readers.steps)
      linkOf[step->getResult(0)] = link.get();
    links[op] = std::move(link);
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

AffineMap Planner::getMapOfOne(const ChainLink &link) {
  MatmulOp op = link.op;
  return AffineMap::get(op.getNumLoops(), 0, module.getContext());
}

/// Why those who read the value cannot all take codes, but for those who add it.
std::string Planner::checkReaders(ChainLink &link) {
  const ChainReaders &readers = link.readers;
  if (readers.other)
    return "'" + readers.other->getName().getStringRef().str() + "' reads the floats";
  if (readers.clampsDiffer)
    return "expected those who read the value to clamp it alike";
  for (QuantizeOp quantize : readers.quantizes)
    if (!makeSameCodes(quantize, readers.quantizes.front()))
      return "expected one scheme, scale and zero point, got several of those who read the value";
  std::string why;
  if (link.isWanted()) {
    link.codes.quantize = readers.quantizes.front();
    if (!readers.clamp->isEverything())
      link.codes.range = getRange(*readers.clamp, link.codes.quantize, numbers, why);
  }
  return why;
}

/// Codes by a scale are those that the quantizes make: a value that is added may take the place of
/// a bias.
void Planner::planScale(ChainLink &link) {
  link.whyFloat = link.rule.isNone ? "requantize=none" : checkReaders(link);
  if (link.whyFloat.empty() && !link.readers.residuals.empty())
    link.whyFloat = "'qlinalg.matmul' adds the floats";
  if (link.whyFloat.empty() && link.addsToOuts && link.op.getBias())
    link.whyFloat = "a value and a bias are added as floats";
  Clamp clamp = link.readers.clamp.value_or(Clamp());
  if (link.whyFloat.empty() && !clamp.isEverything() && !clamp.keepsNaN)
    link.whyFloat = "a clamp takes a NaN for a number";
  if (link.isWanted() && link.whyFloat.empty())
    link.form = ChainForm::Scale;
}

/// The multipliers that make codes of the link's sums.
bool Planner::planCodes(ChainLink &link, std::string &why) {
  QuantizeOp quantize = link.readers.quantizes.front();
  std::optional<SmallVector<double>> scale = numbers.getFloats(quantize.getScales(), why);
  if (!scale)
    return false;
  // Relu is a clamp of codes.
  if (!(scale->front() > 0)) {
    why = "expected a positive scale of codes, got " + std::to_string(scale->front());
    return false;
  }
  MappedNumbers<double> one{*scale, getMapOfOne(link), {}};
  std::optional<MappedNumbers<FixedPointScale>> scales =
      divideScales(link.integers->sumScales, one, why);
  if (!scales)
    return false;
  link.codeScales = *scales;
  return true;
}

/// What stands for the value that `link` adds: codes or integer sums.
bool Planner::planResidual(ChainLink &link, std::string &why) {
  Value value = link.op.getInit();
  ResidualForm residual;
  CodesForm codes;
  residual.value = value;
  AffineMap one = getMapOfOne(link);
  MappedNumbers<double> scales;
  ChainLink *source = linkOf.lookup(value);
  // Links are rewritten in the order of the module, which is that of values within a block.
  if (source && source->op->getBlock() != link.op->getBlock()) {
    why = "expected the value that is added in the same block";
    return false;
  }
  QuantizeOp quantize;
  if (source && source->form == ChainForm::Integers)
    quantize = source->readers.quantizes.front();
  for (Operation *user : value.getUsers())
    if (auto other = dyn_cast<QuantizeOp>(user); !quantize && other && isStaticQuantize(other))
      quantize = other;
  int64_t greatest = std::numeric_limits<int32_t>::max();
  if (quantize) {
    std::optional<SmallVector<double>> scale = numbers.getFloats(quantize.getScales(), why);
    residual.zeroPoint = numbers.getZeroPoint(quantize.getZeroPoints(), quantize.getScheme(), why);
    if (!scale || !residual.zeroPoint)
      return false;
    scales = {*scale, one, {}};
    residual.quantize = quantize;
    greatest = largestDifference(quantize.getScheme().getValue());
  } else if (source && source->form == ChainForm::Sums && source->op.getResult() == value) {
    // Scales are mapped by the loops, which are the result's dimensions.
    if (source->op.getInitMap() != link.op.getInitMap()) {
      why = "expected sums that are added to have the same loops";
      return false;
    }
    scales = source->integers->sumScales;
    greatest = source->integers->bound;
  } else {
    why = "the value that is added has no codes of one scale";
    return false;
  }
  std::optional<MappedNumbers<FixedPointScale>> rescale =
      divideScales(scales, link.integers->sumScales, why);
  if (!rescale)
    return false;
  // A result is at most its exact value rounded up.
  for (FixedPointScale scale : rescale->values) {
    // Of two roundings the first takes a number that was shifted to the left, in 32 bits.
    bool overflows = link.rule.integers == Requantize::Twice && scale.shift > 0 &&
                     greatest > std::numeric_limits<int32_t>::max() >> scale.shift;
    if (overflows ||
        std::ldexp(static_cast<double>(greatest) * scale.multiplier, scale.shift - 31) + 1 +
                static_cast<double>(link.integers->bound) >
            std::numeric_limits<int32_t>::max()) {
      why = "expected sums that 32 bits hold with the value that is added";
      return false;
    }
  }
  residual.scales = *rescale;
  link.residual = residual;
  return true;
}

void Planner::plan(ChainLink &link) {
  planScale(link);
  if (!link.rule.integers || (!link.isWanted() && link.readers.residuals.empty()))
    return;
  std::string why = checkReaders(link);
  if (why.empty() && (link.integers = planIntegers(link.op, numbers, why)))
    if (!link.isWanted() || planCodes(link, why))
      link.form = link.isWanted() ? ChainForm::Integers : ChainForm::Sums;
  // Sums are added as they are: one matmul takes them, and nothing comes between.
  if (link.form == ChainForm::Sums &&
      (link.readers.residuals.size() != 1 || !link.readers.steps.empty() || link.addsToOuts ||
       link.op.getEpilogue() != Epilogue::None))
    link.form = ChainForm::None;
  link.why = why;
}

/// All that add the value take its codes or sums.
bool Planner::takesResiduals(const ChainLink &link) {
  return llvm::all_of(link.readers.residuals, [&](OpOperand *use) {
    auto found = links.find(use->getOwner());
    return found != links.end() && found->second->form == ChainForm::Integers;
  });
}

/// Takes back what depends on others that cannot, until nothing changes.
void Planner::settle() {
  bool changed = true;
  while (changed) {
    changed = false;
    for (auto &[op, link] : links) {
      if (link->form != ChainForm::Integers && link->form != ChainForm::Sums)
        continue;
      std::string why;
      if (!takesResiduals(*link))
        why = "'qlinalg.matmul' adds the floats";
      else if (!link->addsToOuts || planResidual(*link, why))
        continue;
      link->form = ChainForm::None;
      link->why = why;
      planScale(*link);
      changed = true;
    }
  }
}

FailureOr<ChainLinks> Planner::plan() {
  if (failed(collectLinks()))
    return failure();
  for (auto &[op, link] : links)
    plan(*link);
  if (numbers.hasFailed())
    return failure();
  settle();
  return std::move(links);
}

FailureOr<ChainLinks> planChains(ModuleOp module, KnownNumbers &numbers, ResultRule rule) {
  return Planner(module, numbers, rule).plan();
}

} // namespace qlinalg
