//===- CodeMoves.h - Ops that do to codes what they do to floats -*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_CODEMOVES_H
#define QLINALG_LIB_TRANSFORMS_CODEMOVES_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <limits>
#include <optional>

namespace qlinalg {

/// An interval that numbers are clamped to.
struct Clamp {
  double least = -std::numeric_limits<double>::infinity();
  double greatest = std::numeric_limits<double>::infinity();
  /// A NaN stays one.
  bool keepsNaN = true;

  bool operator==(const Clamp &) const = default;
  bool isEverything() const { return *this == Clamp(); }
  /// This, and then `next`.
  Clamp then(const Clamp &next) const;
};

/// An op that clamps elements of one operand, or moves them, or both.
struct CodeStep {
  mlir::OpOperand *source;
  Clamp clamp;
};

/// Reshapes, slices, casts of shapes, and linalg that clamps, transposes or repeats elements.
/// Nothing for other ops.
std::optional<CodeStep> getCodeStep(mlir::Operation *op);

/// What `op`, which is such a step, makes of the codes of its source, but for clamping them.
mlir::Value moveCodes(mlir::ImplicitLocOpBuilder &b, mlir::Operation *op, mlir::Value codes);

/// Linalg that computes each element of its one result from one of each input.
bool isElementwise(mlir::Operation *op);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_CODEMOVES_H
