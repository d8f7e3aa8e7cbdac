//===- Expression.cpp - What scalar code computes, in a normal form -------===//

#include "Expression.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace qlinalg {

/// Beyond it no activation lies, and products of sums would grow.
static constexpr size_t maxTerms = 16;

static std::optional<double> getConstant(Value value) {
  FloatAttr number;
  if (!matchPattern(value, m_Constant(&number)))
    return std::nullopt;
  double result = number.getValueAsDouble();
  return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

static std::optional<double> getConstant(const Sum &sum) {
  return Expressions::isConstant(sum) ? std::optional(sum[0].factor) : std::nullopt;
}

static bool isZero(const Sum &sum) { return getConstant(sum) == 0.0; }

bool Expressions::areEqual(double a, double b) const {
  return std::abs(a - b) <= tolerance * std::abs(b);
}

bool Expressions::areEqual(const Sum &a, const Sum &b) const {
  return llvm::equal(a, b, [&](const Term &x, const Term &y) {
    return x.atoms == y.atoms && areEqual(x.factor, y.factor);
  });
}

unsigned Expressions::getAtom(Function function, Value value, const Sum &argument) {
  auto found = llvm::find_if(atoms, [&](const Atom &atom) {
    return atom.function == function && atom.value == value && areEqual(atom.argument, argument);
  });
  unsigned index = found - atoms.begin();
  if (found == atoms.end())
    atoms.push_back({function, value, argument});
  return index;
}

void Expressions::bind(Value value, double number) { values[value] = constant(number); }

Sum Expressions::variable(Value value) {
  return {Term{1, {getAtom(Function::Variable, value, {})}}};
}

Sum Expressions::apply(Function function, const Sum &argument) {
  return {Term{1, {getAtom(function, Value(), argument)}}};
}

std::optional<Sum> Expressions::add(const Sum &a, const Sum &b) const {
  Sum sum = a;
  for (const Term &term : b) {
    auto place = llvm::lower_bound(sum, term,
                                   [](const Term &x, const Term &y) { return x.atoms < y.atoms; });
    if (place == sum.end() || place->atoms != term.atoms) {
      sum.insert(place, term);
      continue;
    }
    place->factor += term.factor;
    if (place->factor == 0)
      return std::nullopt;
  }
  return sum.size() <= maxTerms ? std::optional(sum) : std::nullopt;
}

std::optional<Sum> Expressions::multiply(const Sum &a, const Sum &b) const {
  Sum product;
  for (const Term &x : a)
    for (const Term &y : b) {
      Term term{x.factor * y.factor, x.atoms};
      if (term.factor == 0)
        return std::nullopt;
      term.atoms.append(y.atoms);
      llvm::sort(term.atoms);
      std::optional<Sum> sum = add(product, {term});
      if (!sum)
        return std::nullopt;
      product = *sum;
    }
  return product;
}

std::optional<Sum> Expressions::divide(const Sum &a, const Sum &b) {
  if (std::optional<double> divisor = getConstant(b))
    return multiply(a, constant(1 / *divisor));
  return multiply(a, apply(Function::Reciprocal, b));
}

/// Small whole exponents only.
std::optional<Sum> Expressions::power(const Sum &base, Value exponent) {
  APInt whole;
  int64_t count = 0;
  if (matchPattern(exponent, m_ConstantInt(&whole)))
    count = whole.getSExtValue();
  else if (std::optional<double> number = getConstant(evaluate(exponent)))
    count = *number == std::floor(*number) ? int64_t(*number) : 0;
  if (count != 2 && count != 3)
    return std::nullopt;
  std::optional<Sum> square = multiply(base, base);
  return square && count == 3 ? multiply(*square, base) : square;
}

/// x where x is above 0 or NaN, else 0. Zeros differ from relu's in their sign at most.
std::optional<Sum> Expressions::select(Operation *op) {
  auto select = cast<arith::SelectOp>(op);
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!compare)
    return std::nullopt;
  Value x = compare.getLhs();
  arith::CmpFPredicate predicate = compare.getPredicate();
  if (!isZero(evaluate(compare.getRhs()))) {
    if (!isZero(evaluate(compare.getLhs())))
      return std::nullopt;
    x = compare.getRhs();
    using P = arith::CmpFPredicate;
    switch (predicate) {
    case P::ULT:
      predicate = P::UGT;
      break;
    case P::ULE:
      predicate = P::UGE;
      break;
    case P::OGT:
      predicate = P::OLT;
      break;
    case P::OGE:
      predicate = P::OLE;
      break;
    default:
      return std::nullopt;
    }
  }
  bool above = predicate == arith::CmpFPredicate::UGT || predicate == arith::CmpFPredicate::UGE;
  bool below = predicate == arith::CmpFPredicate::OLT || predicate == arith::CmpFPredicate::OLE;
  Value kept = above ? select.getTrueValue() : select.getFalseValue();
  Value dropped = above ? select.getFalseValue() : select.getTrueValue();
  if ((!above && !below) || kept != x || !isZero(evaluate(dropped)))
    return std::nullopt;
  return apply(Function::Relu, evaluate(x));
}

std::optional<Sum> Expressions::evaluateOp(Operation *op) {
  auto operand = [&](unsigned i) { return evaluate(op->getOperand(i)); };
  return llvm::TypeSwitch<Operation *, std::optional<Sum>>(op)
      .Case([&](arith::AddFOp) { return add(operand(0), operand(1)); })
      .Case([&](arith::MulFOp) { return multiply(operand(0), operand(1)); })
      .Case([&](arith::DivFOp) { return divide(operand(0), operand(1)); })
      .Case([&](arith::NegFOp) { return multiply(operand(0), constant(-1)); })
      .Case([&](arith::SubFOp) -> std::optional<Sum> {
        // 0 - x is -x but for the sign of a zero.
        std::optional<Sum> negated = multiply(operand(1), constant(-1));
        if (!negated || isZero(operand(0)))
          return negated;
        return add(operand(0), *negated);
      })
      .Case([&](arith::MaximumFOp) -> std::optional<Sum> {
        for (unsigned i : {0, 1})
          if (isZero(operand(1 - i)))
            return apply(Function::Relu, operand(i));
        return std::nullopt;
      })
      .Case([&](arith::SelectOp) { return select(op); })
      .Case([&](math::ExpOp) { return apply(Function::Exp, operand(0)); })
      .Case([&](math::ErfOp) { return apply(Function::Erf, operand(0)); })
      .Case([&](math::TanhOp) { return apply(Function::Tanh, operand(0)); })
      .Case<math::PowFOp, math::FPowIOp>(
          [&](Operation *) { return power(operand(0), op->getOperand(1)); })
      .Case<arith::TruncFOp, arith::ExtFOp>([&](Operation *) -> std::optional<Sum> {
        // Of constants only: elsewhere a narrowing is a rounding.
        if (std::optional<double> number = getConstant(operand(0)))
          return constant(*number);
        return std::nullopt;
      })
      .Default([](Operation *) { return std::nullopt; });
}

Sum Expressions::evaluate(Value value) {
  if (auto known = values.find(value); known != values.end())
    return known->second;
  std::optional<Sum> sum;
  if (std::optional<double> number = getConstant(value))
    sum = constant(*number);
  else if (Operation *op = value.getDefiningOp())
    sum = evaluateOp(op);
  return values[value] = sum ? *sum : variable(value);
}

} // namespace qlinalg
