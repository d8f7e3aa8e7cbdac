//===- Generic.h - linalg.generic with scalar bodies ------------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_GENERIC_H
#define QLINALG_LIB_TRANSFORMS_GENERIC_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

using Sizes = llvm::ArrayRef<mlir::OpFoldResult>;
/// One value for each output, from the elements of inputs and then outputs.
using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ImplicitLocOpBuilder &,
                                                               mlir::ValueRange)>;

/// A tensor of `type` without values; `sizes` gives those that are dynamic.
mlir::Value createEmpty(mlir::ImplicitLocOpBuilder &b, mlir::RankedTensorType type, Sizes sizes);

/// A tensor of `type`, all `value`.
mlir::Value createFilled(mlir::ImplicitLocOpBuilder &b, mlir::RankedTensorType type, Sizes sizes,
                         mlir::Value value);

/// `maps` are those of inputs and then outputs; the dimensions in `reduced` are summed over.
mlir::linalg::GenericOp createGeneric(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange inputs,
                                      mlir::ValueRange outputs,
                                      llvm::ArrayRef<mlir::AffineMap> maps,
                                      const llvm::SmallBitVector &reduced, Body body);

/// In a body: the indices of the element that it computes.
llvm::SmallVector<mlir::Value> getLoopIndices(mlir::ImplicitLocOpBuilder &b, unsigned rank);

/// New tensors of `types`, all of one shape, that are computed element by element; `maps` are those
/// of the inputs.
mlir::linalg::GenericOp createElementwise(mlir::ImplicitLocOpBuilder &b,
                                          llvm::ArrayRef<mlir::RankedTensorType> types, Sizes sizes,
                                          mlir::ValueRange inputs,
                                          llvm::ArrayRef<mlir::AffineMap> maps, Body body);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_GENERIC_H
