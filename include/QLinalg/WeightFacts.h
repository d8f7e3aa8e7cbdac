//===- WeightFacts.h - What is known of a frozen weight ---------*- C++ -*-===//
//
// `qlinalg.weight = {bytes = n : i64, energy = e : f64, sqnr_db = q : f64}` on what holds the codes
// of a weight, an `arith.constant` or an `ml_program.global`: the bytes that its floats took, the
// sum of their squares, and 10 log10(energy / sum of squared errors), both to 6 digits.
// `--qlinalg-freeze` writes it while it has the floats; `--qlinalg-report` reads it. It is
// discardable: without it a report does not know.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_WEIGHTFACTS_H
#define QLINALG_WEIGHTFACTS_H

#include "QLinalg/Numerics/WeightError.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

namespace qlinalg {

inline constexpr llvm::StringLiteral weightFactsAttrName = "qlinalg.weight";

struct WeightFacts {
  int64_t bytes;
  WeightError error;
};

/// Says on `holder` what is known of its codes.
void setWeightFacts(mlir::Operation *holder, const WeightFacts &facts);

/// Nothing where nothing is said.
std::optional<WeightFacts> getWeightFacts(mlir::Operation *holder);

mlir::LogicalResult verifyWeightFacts(mlir::Operation *holder, mlir::Attribute value);

} // namespace qlinalg

#endif // QLINALG_WEIGHTFACTS_H
