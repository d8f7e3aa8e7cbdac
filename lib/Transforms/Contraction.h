//===- Contraction.h - A matmul that is being lowered -----------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_CONTRACTION_H
#define QLINALG_LIB_TRANSFORMS_CONTRACTION_H

#include "Codec.h"

#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/SmallBitVector.h"

namespace qlinalg {

/// One side: elements, then the parameters that there are, and a map for each.
struct ContractionSide {
  SchemeAttr scheme;
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<mlir::AffineMap> maps;
  /// None for a side of floats.
  std::optional<Codec> codec;
  /// Elements along k that share a scale; none: all of k.
  std::optional<int64_t> group;
};

/// A matmul on tensors with both sides unpacked.
struct Contraction {
  Contraction(mlir::ImplicitLocOpBuilder &b, MatmulOp op);

  mutable MatmulOp op;
  ContractionSide lhs, rhs;
  /// f32, f64 where the init is f64, i32 where sums stay integers.
  mlir::Type compute;
  /// Those of the result.
  llvm::SmallVector<mlir::OpFoldResult> sizes;

  /// Those of both sides.
  llvm::SmallVector<mlir::Value> inputs() const;
  /// The maps of the inputs and of `results` results.
  llvm::SmallVector<mlir::AffineMap> maps(unsigned results) const;
  llvm::SmallBitVector reducedDims() const;
  /// The part of a body's arguments that is one side's.
  mlir::ValueRange lhsElements(mlir::ValueRange elements) const;
  mlir::ValueRange rhsElements(mlir::ValueRange elements) const;
};

/// The map of what stands beside the result, a bias for example, from the dimensions of the result
/// and not of the loops. None depends on k.
mlir::AffineMap getResultMap(MatmulOp op, mlir::AffineMap map);

/// The integer contraction into `accumulator`, a tensor of the compute type, a float.
mlir::Value contractIntegers(mlir::ImplicitLocOpBuilder &b, const Contraction &c,
                             mlir::Value accumulator);

/// The same where sums stay integers of 32 bits.
mlir::Value sumIntegers(mlir::ImplicitLocOpBuilder &b, const Contraction &c,
                        mlir::Value accumulator);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_CONTRACTION_H
