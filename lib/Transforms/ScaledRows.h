//===- ScaledRows.h - A weight times a constant vector ----------*- C++ -*-===//
//
// Rows of K of a weight, multiplied in f32 with one factor for each index of a dimension, K or
// another: what moves scales from an activation into the weight, or from one layer into the next.
//
//   %scaled = linalg.generic ins(%rows : tensor<NxKxf32>, %factors : tensor<Kxf32>) { a * b }
//
// `--qlinalg-freeze` folds it into the codes.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_SCALEDROWS_H
#define QLINALG_TRANSFORMS_SCALEDROWS_H

#include "WeightRows.h"

#include "mlir/IR/Builders.h"

namespace qlinalg {

/// `rows` times `factors`, a constant of f32 with one element for each index of `dim`; of f32.
mlir::Value scaleRows(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value rows, unsigned dim,
                      mlir::TypedAttr factors);

struct ScaledRows {
  mlir::Value rows;
  /// In the order in which they are multiplied.
  std::vector<RowScaling> scalings;
  /// The dimension and the constant of each, by which two are told apart.
  llvm::SmallVector<mlir::Attribute> identity;
};

/// `value` without the scalings that were applied last, if any.
ScaledRows peelScalings(mlir::Value value);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_SCALEDROWS_H
