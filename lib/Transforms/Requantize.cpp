//===- Requantize.cpp - Matmuls that hand codes to one another ------------===//
//
//   quantize(move(clamp(matmul(..) : f32))) scales %s   ->   move(matmul(..) outs(scales %s) : i8)
//
// or, in integers, matmul(..) outs(multipliers %m shifts %h). All who read the value must take
// codes: the quantizes, which make the same ones, and in integers additions in other matmuls' outs.
//
// In integers a value that is added is codes too, or integer sums of another matmul. It is rescaled
// to the scale of the sums that it is added to, by the same rule as sums are to codes, and stands
// with the bias: the sum of all is rounded to a code once.
//
//===----------------------------------------------------------------------===//

#include "ChainMatmul.h"
#include "EpiloguePeel.h"
#include "QLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

#include <cmath>
#include <limits>
#include <memory>

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_REQUANTIZE
#include "QLinalg/Passes.h.inc"

namespace {

enum class Form {
  /// The result stays f32.
  None,
  /// Codes by a scale, and by multipliers and shifts.
  Scale,
  Integers,
  /// The integer sums, for another matmul that adds them.
  Sums
};

/// A matmul with an f32 result, and what is to become of it.
struct Link {
  MatmulOp op;
  ChainReaders readers;
  /// Adds to `outs` that are not zeros.
  bool addsToOuts;
  Form form = Form::None;
  std::optional<IntegerForm> integers;
  MappedNumbers<FixedPointScale> codeScales;
  ResidualForm residual;
  CodesForm codes;
  /// Why it is not integers; and why the result stays f32.
  std::string why, whyFloat;

  bool isWanted() const { return !readers.quantizes.empty(); }
};

/// The matmuls of a module.
class Chains {
public:
  /// `rule` is none where codes are by a scale.
  Chains(ModuleOp module, KnownNumbers &numbers, std::optional<Requantize> rule)
      : module(module), numbers(numbers), rule(rule) {}

  void plan();
  void remark();
  void rewrite();
  /// There are matmuls, but none whose results become codes.
  bool isWithoutCodes() const;
  unsigned count(Form form) const;

private:
  void collectLinks();
  std::string checkReaders(Link &link);
  void planScale(Link &link);
  void plan(Link &link);
  bool planCodes(Link &link, std::string &why);
  bool planResidual(Link &link, std::string &why);
  bool takesResiduals(const Link &link);
  void settle();
  void remark(const Link &link);
  void rewrite(Link &link);
  void replaceReaders(Link &link, Value codes);
  Value getCodes(ImplicitLocOpBuilder &b, Link &link);
  AffineMap getMapOfOne(const Link &link);

  ModuleOp module;
  KnownNumbers &numbers;
  std::optional<Requantize> rule;
  /// By the matmul, in the order of the module.
  llvm::MapVector<Operation *, std::unique_ptr<Link>> links;
  /// The link whose value, moved about or not, a value is.
  DenseMap<Value, Link *> linkOf;
  /// What stands for it once its link is rewritten.
  DenseMap<Value, Value> codesOf;
};

} // namespace

//===----------------------------------------------------------------------===//
// What can be done
//===----------------------------------------------------------------------===//

void Chains::collectLinks() {
  module.walk([&](MatmulOp op) {
    if (!op.hasPureTensorSemantics() || !getElementTypeOrSelf(op.getInit()).isF32())
      return;
    auto link = std::make_unique<Link>();
    link->op = op;
    link->readers = collectReaders(op);
    link->addsToOuts = !isZeroFilled(op.getInit());
    linkOf[op.getResult()] = link.get();
    for (Operation *step : link->readers.steps)
      linkOf[step->getResult(0)] = link.get();
    links[op] = std::move(link);
  });
}

AffineMap Chains::getMapOfOne(const Link &link) {
  MatmulOp op = link.op;
  return AffineMap::get(op.getNumLoops(), 0, module.getContext());
}

/// Why those who read the value cannot all take codes, but for those who add it.
std::string Chains::checkReaders(Link &link) {
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
void Chains::planScale(Link &link) {
  link.whyFloat = checkReaders(link);
  if (link.whyFloat.empty() && !link.readers.residuals.empty())
    link.whyFloat = "'qlinalg.matmul' adds the floats";
  if (link.whyFloat.empty() && link.addsToOuts && link.op.getBias())
    link.whyFloat = "a value and a bias are added as floats";
  Clamp clamp = link.readers.clamp.value_or(Clamp());
  if (link.whyFloat.empty() && !clamp.isEverything() && !clamp.keepsNaN)
    link.whyFloat = "a clamp takes a NaN for a number";
  if (link.isWanted() && link.whyFloat.empty())
    link.form = Form::Scale;
}

/// The multipliers that make codes of the link's sums.
bool Chains::planCodes(Link &link, std::string &why) {
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
bool Chains::planResidual(Link &link, std::string &why) {
  Value value = link.op.getInit();
  ResidualForm residual;
  CodesForm codes;
  residual.value = value;
  AffineMap one = getMapOfOne(link);
  MappedNumbers<double> scales;
  Link *source = linkOf.lookup(value);
  // Links are rewritten in the order of the module, which is that of values within a block.
  if (source && source->op->getBlock() != link.op->getBlock()) {
    why = "expected the value that is added in the same block";
    return false;
  }
  QuantizeOp quantize;
  if (source && source->form == Form::Integers)
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
  } else if (source && source->form == Form::Sums && source->op.getResult() == value) {
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
    bool overflows = rule == Requantize::Twice && scale.shift > 0 &&
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

void Chains::plan(Link &link) {
  planScale(link);
  if (!rule || (!link.isWanted() && link.readers.residuals.empty()))
    return;
  std::string why = checkReaders(link);
  if (why.empty() && (link.integers = planIntegers(link.op, numbers, why)))
    if (!link.isWanted() || planCodes(link, why))
      link.form = link.isWanted() ? Form::Integers : Form::Sums;
  // Sums are added as they are: one matmul takes them, and nothing comes between.
  if (link.form == Form::Sums &&
      (link.readers.residuals.size() != 1 || !link.readers.steps.empty() || link.addsToOuts ||
       link.op.getEpilogue() != Epilogue::None))
    link.form = Form::None;
  link.why = why;
}

/// All that add the value take its codes or sums.
bool Chains::takesResiduals(const Link &link) {
  return llvm::all_of(link.readers.residuals, [&](OpOperand *use) {
    auto found = links.find(use->getOwner());
    return found != links.end() && found->second->form == Form::Integers;
  });
}

/// Takes back what depends on others that cannot, until nothing changes.
void Chains::settle() {
  bool changed = true;
  while (changed) {
    changed = false;
    for (auto &[op, link] : links) {
      if (link->form != Form::Integers && link->form != Form::Sums)
        continue;
      std::string why;
      if (!takesResiduals(*link))
        why = "'qlinalg.matmul' adds the floats";
      else if (!link->addsToOuts || planResidual(*link, why))
        continue;
      link->form = Form::None;
      link->why = why;
      planScale(*link);
      changed = true;
    }
  }
}

void Chains::remark(const Link &link) {
  bool wanted = link.form == (rule ? Form::Integers : Form::Scale);
  if (wanted || (!link.isWanted() && !link.readers.leadsToCodes))
    return;
  MatmulOp op = link.op;
  std::string site = op.getSite() ? "'" + op.getSite()->str() + "' " : "";
  if (link.form == Form::Scale)
    op.emitRemark() << site << "is requantized by a float scale: " << link.why;
  else
    op.emitRemark() << site << "keeps its float result: " << link.whyFloat;
}

//===----------------------------------------------------------------------===//
// What is done
//===----------------------------------------------------------------------===//

/// What the link adds, as codes or sums that are there before it.
Value Chains::getCodes(ImplicitLocOpBuilder &b, Link &link) {
  if (Value codes = codesOf.lookup(link.residual.value))
    return codes;
  QuantizeOp quantize = link.residual.quantize;
  Value zeroPoints = quantize.getZeroPoints();
  return QuantizeOp::create(b, quantize.getType(), link.residual.value,
                            repeatBefore(b, quantize.getScales()),
                            zeroPoints ? repeatBefore(b, zeroPoints) : Value(),
                            quantize.getScheme(), quantize.getParamsMap());
}

/// Puts codes, moved as the floats are, in the place of those that were made of them.
void Chains::replaceReaders(Link &link, Value codes) {
  codesOf[link.op.getResult()] = codes;
  for (Operation *step : link.readers.steps) {
    ImplicitLocOpBuilder b(step->getLoc(), step);
    Value source = codesOf.lookup(getCodeStep(step)->source->get());
    codesOf[step->getResult(0)] = moveCodes(b, step, source);
  }
  for (QuantizeOp quantize : link.readers.quantizes)
    quantize.getResult().replaceAllUsesWith(codesOf.lookup(quantize.getInput()));
  for (Operation *size : link.readers.sizes)
    size->setOperand(0, codesOf.lookup(size->getOperand(0)));
}

void Chains::rewrite(Link &link) {
  ImplicitLocOpBuilder b(link.op.getLoc(), link.op);
  Value codes;
  switch (link.form) {
  case Form::None:
    return;
  case Form::Scale:
    codes = createByScale(b, link.op, link.codes, link.addsToOuts);
    break;
  case Form::Integers: {
    Value residual = link.addsToOuts ? getCodes(b, link) : Value();
    codes = createByMultiplier(b, link.op, link.codes, *rule, *link.integers, link.codeScales,
                               residual, link.residual);
    break;
  }
  case Form::Sums:
    codes = createSums(b, link.op, *link.integers);
    break;
  }
  replaceReaders(link, codes);
}

void Chains::plan() {
  collectLinks();
  for (auto &[op, link] : links)
    plan(*link);
  settle();
}

void Chains::remark() {
  for (auto &[op, link] : links)
    remark(*link);
}

bool Chains::isWithoutCodes() const {
  return !links.empty() && llvm::none_of(links, [](const auto &entry) {
    return entry.second->isWanted() || entry.second->readers.leadsToCodes;
  });
}

unsigned Chains::count(Form form) const {
  return llvm::count_if(links, [&](const auto &entry) { return entry.second->form == form; });
}

void Chains::rewrite() {
  for (auto &[op, link] : links)
    rewrite(*link);
  // What made floats and their codes has no users any more, from the last on.
  SmallVector<Operation *> dead;
  for (auto &[op, link] : links) {
    if (link->form == Form::None)
      continue;
    dead.push_back(op);
    dead.append(link->readers.steps.begin(), link->readers.steps.end());
    dead.append(link->readers.quantizes.begin(), link->readers.quantizes.end());
  }
  for (Operation *op : llvm::reverse(dead))
    if (isOpTriviallyDead(op))
      op->erase();
}

namespace {
struct RequantizePass : impl::RequantizeBase<RequantizePass> {
  using RequantizeBase::RequantizeBase;

  void runOnOperation() override {
    std::optional<Requantize> rule;
    if (rounding != "float" && !(rule = symbolizeRequantize(rounding))) {
      getOperation().emitError() << "expected float, exact or twice (or, for the pipeline's "
                                    "requantize=, none) for the rounding of results, got '"
                                 << rounding << "'";
      return signalPassFailure();
    }
    ParameterFiles files(getOperation());
    if (failed(files.open(parameters, "")))
      return signalPassFailure();
    KnownNumbers numbers(files, !parameters.empty());
    Chains chains(getOperation(), numbers, rule);
    chains.plan();
    if (report)
      chains.remark();
    if (report && rule && chains.isWithoutCodes())
      emitRemark(getOperation().getLoc())
          << "no matmul gives codes: no result of one is quantized by one known scale, as static "
             "activations are";
    chains.rewrite();
    byScale += chains.count(Form::Scale);
    inIntegers += chains.count(Form::Integers) + chains.count(Form::Sums);
  }
};
} // namespace

} // namespace qlinalg
