//===- WeightContraction.h - A contraction with a weight --------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_WEIGHTCONTRACTION_H
#define QLINALG_TRANSFORMS_WEIGHTCONTRACTION_H

#include "WeightView.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace qlinalg {

/// A linalg contraction of floats, one side of which is a view of a constant or a parameter.
struct WeightContraction {
  mlir::linalg::LinalgOp op;
  bool weightIsLhs;
  WeightView weight;
  mlir::Value activation;
  mlir::AffineMap activationMap, initMap;

  /// Loops that are summed over, with the atoms of the weight that each runs over; none for size 1.
  llvm::SmallVector<std::pair<unsigned, ViewDim>> reduced;
  /// The other loops that the weight has, in the order in which it is stored.
  llvm::SmallVector<std::pair<unsigned, ViewDim>> kept;

  /// K and everything else of the weight, each in stored order, the latter with the root's
  /// dimensions of size 1.
  llvm::SmallVector<Atom> reducedAtoms, keptAtoms;

  mlir::Value getInit() { return op.getDpsInitOperand(0)->get(); }
  /// Product of the sizes of K.
  int64_t getColumns() const;
};

/// Of a type that a matmul multiplies: f64, f32, f16, bf16.
bool isMatmulFloat(mlir::Value value);

/// Fails unless `op` sums products of floats, two tensors; `why` says what it is instead.
mlir::LogicalResult checkFloatContraction(mlir::linalg::LinalgOp op, std::string &why);

/// What `op` is as a contraction with a weight. Where it is none, `why` says so.
mlir::FailureOr<WeightContraction> matchWeightContraction(mlir::linalg::LinalgOp op,
                                                          std::string &why);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WEIGHTCONTRACTION_H
