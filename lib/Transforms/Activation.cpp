//===- Activation.cpp - An epilogue found in scalar code ------------------===//
//
// The formulas of lib/Transforms/Epilogue.cpp, and others that are the same function.
//
//===----------------------------------------------------------------------===//

#include "Activation.h"

#include "mlir/IR/Block.h"

#include <numbers>

using namespace mlir;

namespace qlinalg {
namespace {

/// Sums and products that do not cancel.
struct Formulas {
  Expressions &e;
  Sum x;

  Sum add(const Sum &a, const Sum &b) { return *e.add(a, b); }
  Sum multiply(const Sum &a, const Sum &b) { return *e.multiply(a, b); }
  Sum scale(double factor, const Sum &a) { return multiply(e.constant(factor), a); }
  Sum halfTimesOnePlus(const Sum &y) { return scale(0.5, add(x, multiply(x, y))); }

  Sum relu() { return e.apply(Function::Relu, x); }
  Sum gelu() { return halfTimesOnePlus(e.apply(Function::Erf, scale(std::numbers::sqrt2 / 2, x))); }
  /// sqrt(2 / pi) * (x + 0.044715 x^3)
  Sum geluArgument() {
    Sum cube = multiply(multiply(x, x), x);
    return scale(std::numbers::sqrt2 * std::numbers::inv_sqrtpi, add(x, scale(0.044715, cube)));
  }
  Sum geluTanh() { return halfTimesOnePlus(e.apply(Function::Tanh, geluArgument())); }
  Sum silu() {
    Sum exponential = e.apply(Function::Exp, scale(-1, x));
    return multiply(x, e.apply(Function::Reciprocal, add(e.constant(1), exponential)));
  }
  /// The logistic function is (1 + tanh(x / 2)) / 2.
  Sum siluTanh() { return halfTimesOnePlus(e.apply(Function::Tanh, scale(0.5, x))); }
};

/// Whether what the body yields depends on `x` through `value` only.
bool hides(Block &body, Value value, Value x) {
  SmallVector<Value> stack(body.getTerminator()->getOperands());
  llvm::SmallPtrSet<Value, 16> seen;
  while (!stack.empty()) {
    Value current = stack.pop_back_val();
    if (current == x)
      return false;
    if (current == value || !seen.insert(current).second)
      continue;
    if (Operation *op = current.getDefiningOp(); op && op->getBlock() == &body)
      llvm::append_range(stack, op->getOperands());
  }
  return true;
}

} // namespace

std::optional<Activation> matchActivation(Expressions &expressions, Block &body, Value x) {
  Formulas f{expressions, expressions.variable(x)};
  const std::pair<Epilogue, Sum> formulas[] = {{Epilogue::Relu, f.relu()},
                                               {Epilogue::Gelu, f.gelu()},
                                               {Epilogue::GeluTanh, f.geluTanh()},
                                               {Epilogue::Silu, f.silu()},
                                               {Epilogue::Silu, f.siluTanh()}};
  for (Operation &op : body.without_terminator()) {
    if (op.getNumResults() != 1)
      continue;
    Sum sum = expressions.evaluate(op.getResult(0));
    for (const auto &[epilogue, formula] : formulas)
      if (expressions.areEqual(sum, formula) && hides(body, op.getResult(0), x))
        return Activation{epilogue, op.getResult(0)};
  }
  return std::nullopt;
}

} // namespace qlinalg
