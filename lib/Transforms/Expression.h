//===- Expression.h - What scalar code computes, in a normal form -*- C++ -*-===//
//
// Sums of products of atoms: two bodies that compute one function in another order, with a division
// for a multiplication or factored another way have the same sum. Equal up to the rounding of
// floats.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_TRANSFORMS_EXPRESSION_H
#define QLINALG_LIB_TRANSFORMS_EXPRESSION_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace qlinalg {

/// A factor times a product of atoms, which are sorted.
struct Term {
  double factor;
  llvm::SmallVector<unsigned, 4> atoms;
};
/// Terms sorted by their atoms.
using Sum = llvm::SmallVector<Term, 2>;

/// What an atom is of its argument. `Relu` gives NaN for NaN.
enum class Function { Variable, Exp, Erf, Tanh, Relu, Reciprocal };

class Expressions {
public:
  /// Factors are equal when they differ by `tolerance` of themselves at most.
  explicit Expressions(double tolerance) : tolerance(tolerance) {}

  /// Says that `value` is `constant`.
  void bind(mlir::Value value, double constant);
  /// What `value` is, as far as its operations are understood; others are variables.
  Sum evaluate(mlir::Value value);
  bool areEqual(const Sum &a, const Sum &b) const;
  static bool isConstant(const Sum &sum) { return sum.size() == 1 && sum[0].atoms.empty(); }

  Sum constant(double value) const { return {Term{value, {}}}; }
  Sum variable(mlir::Value value);
  Sum apply(Function function, const Sum &argument);
  /// None where terms cancel, or a factor is 0: infinities would not.
  std::optional<Sum> add(const Sum &a, const Sum &b) const;
  std::optional<Sum> multiply(const Sum &a, const Sum &b) const;

private:
  struct Atom {
    Function function;
    mlir::Value value;
    Sum argument;
  };

  bool areEqual(double a, double b) const;
  unsigned getAtom(Function function, mlir::Value value, const Sum &argument);
  std::optional<Sum> evaluateOp(mlir::Operation *op);
  std::optional<Sum> divide(const Sum &a, const Sum &b);
  std::optional<Sum> power(const Sum &base, mlir::Value exponent);
  std::optional<Sum> select(mlir::Operation *op);

  double tolerance;
  llvm::SmallVector<Atom> atoms;
  llvm::DenseMap<mlir::Value, Sum> values;
};

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_EXPRESSION_H
