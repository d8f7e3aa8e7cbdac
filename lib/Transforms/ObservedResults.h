//===- ObservedResults.h - Which results need ranges ------------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_OBSERVEDRESULTS_H
#define QLINALG_LIB_TRANSFORMS_OBSERVEDRESULTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/DenseSet.h"

namespace qlinalg {

/// The result of a matmul, after the bias where its addition alone reads the result: an integer
/// matmul adds that before it rescales.
mlir::Value getResultWithBias(mlir::linalg::LinalgOp matmul);

/// Whether one of `matmuls` reads what elementwise and layout ops make of `result` and another
/// computed value. Where both are integers, each is rescaled there by a range of its own; without
/// the other value the range of the operand of the later matmul says it all.
bool isCombinedOnTheWay(mlir::Value result, const llvm::DenseSet<mlir::Operation *> &matmuls);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_OBSERVEDRESULTS_H
