//===- Requantize.cpp - Matmuls that hand codes to one another ------------===//
//
//   quantize(move(clamp(matmul(..) : f32))) scales %s   ->   move(matmul(..) outs(scales %s) : i8)
//
// or, in integers, matmul(..) outs(multipliers %m shifts %h). ChainPlan.h says which.
//
// In integers a value that is added is codes too, or integer sums of another matmul. It is rescaled
// to the scale of the sums that it is added to, by the same rule as sums are to codes, and stands
// with the bias: the sum of all is rounded to a code once.
//
//===----------------------------------------------------------------------===//

#include "ChainPlan.h"
#include "QLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_REQUANTIZE
#include "QLinalg/Passes.h.inc"

namespace {
/// Does what was planned.
class Rewriter {
public:
  explicit Rewriter(ChainLinks &links) : links(links) {}
  void rewrite();

private:
  void rewrite(ChainLink &link);
  void replaceReaders(ChainLink &link, Value codes);
  Value getCodes(ImplicitLocOpBuilder &b, ChainLink &link);

  ChainLinks &links;
  /// What stands for a value once its link is rewritten.
  DenseMap<Value, Value> codesOf;
};
} // namespace

/// What the link adds, as codes or sums that are there before it.
Value Rewriter::getCodes(ImplicitLocOpBuilder &b, ChainLink &link) {
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
void Rewriter::replaceReaders(ChainLink &link, Value codes) {
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

void Rewriter::rewrite(ChainLink &link) {
  ImplicitLocOpBuilder b(link.op.getLoc(), link.op);
  Value codes;
  switch (link.form) {
  case ChainForm::None:
    return;
  case ChainForm::Scale:
    codes = createByScale(b, link.op, link.codes, link.addsToOuts);
    break;
  case ChainForm::Integers: {
    Value residual = link.addsToOuts ? getCodes(b, link) : Value();
    codes = createByMultiplier(b, link.op, link.codes, *link.rule.integers, *link.integers,
                               link.codeScales, residual, link.residual);
    break;
  }
  case ChainForm::Sums:
    codes = createSums(b, link.op, *link.integers);
    break;
  }
  replaceReaders(link, codes);
}

void Rewriter::rewrite() {
  for (auto &[op, link] : links)
    rewrite(*link);
  // What made floats and their codes has no users any more, from the last on.
  SmallVector<Operation *> dead;
  for (auto &[op, link] : links) {
    if (link->form == ChainForm::None)
      continue;
    dead.push_back(op);
    dead.append(link->readers.steps.begin(), link->readers.steps.end());
    dead.append(link->readers.quantizes.begin(), link->readers.quantizes.end());
  }
  for (Operation *op : llvm::reverse(dead))
    if (isOpTriviallyDead(op))
      op->erase();
}

/// Says why a matmul is not done as asked.
static void remark(const ChainLink &link) {
  bool wanted = link.rule.isNone ||
                link.form == (link.rule.integers ? ChainForm::Integers : ChainForm::Scale);
  if (wanted || (!link.isWanted() && !link.readers.leadsToCodes))
    return;
  MatmulOp op = link.op;
  std::string site = op.getSite() ? "'" + op.getSite()->str() + "' " : "";
  if (link.form == ChainForm::Scale)
    op.emitRemark() << site << "is requantized by a float scale: " << link.why;
  else
    op.emitRemark() << site << "keeps its float result: " << link.whyFloat;
}

/// There are matmuls, but none whose results become codes.
static bool isWithoutCodes(const ChainLinks &links) {
  return !links.empty() && llvm::none_of(links, [](const auto &entry) {
    return entry.second->isWanted() || entry.second->readers.leadsToCodes;
  });
}

static unsigned countOf(const ChainLinks &links, ChainForm form) {
  return llvm::count_if(links, [&](const auto &entry) { return entry.second->form == form; });
}

namespace {
struct RequantizePass : impl::RequantizeBase<RequantizePass> {
  using RequantizeBase::RequantizeBase;

  void runOnOperation() override {
    std::optional<ResultRule> rule = ResultRule::parse(rounding);
    if (!rule) {
      emitError(getOperation().getLoc())
          << "expected " << ResultRule::names << " for rounding, got '" << rounding << "'";
      return signalPassFailure();
    }
    ParameterFiles files(getOperation());
    if (failed(files.open(parameters, "")))
      return signalPassFailure();
    KnownNumbers numbers(files, !parameters.empty());
    FailureOr<ChainLinks> links = planChains(getOperation(), numbers, *rule);
    if (failed(links))
      return signalPassFailure();
    if (report)
      for (const auto &[op, link] : *links)
        remark(*link);
    if (report && rule->integers && isWithoutCodes(*links))
      emitRemark(getOperation().getLoc())
          << "no matmul gives codes: no result of one is quantized by one known scale, as static "
             "activations are";
    byScale += countOf(*links, ChainForm::Scale);
    inIntegers += countOf(*links, ChainForm::Integers) + countOf(*links, ChainForm::Sums);
    // It is done.
    for (const auto &[op, link] : *links)
      op->removeAttr(resultRuleAttrName);
    Rewriter(*links).rewrite();
  }
};
} // namespace

} // namespace qlinalg
