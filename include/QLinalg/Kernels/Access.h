//===- Access.h - Which memory a linalg op touches, and where ---*- C++ -*-===//

#ifndef QLINALG_KERNELS_ACCESS_H
#define QLINALG_KERNELS_ACCESS_H

#include "QLinalg/Kernels/Nest.h"

namespace qlinalg::kernels {

struct Access {
  /// The memref that reshapes by dimensions of size 1 are views of, and where in it: expressions of
  /// the loops, one a dimension. Empty where places are computed.
  mlir::Value base;
  llvm::SmallVector<mlir::AffineExpr> indices;
  bool writes;
};

/// All that `nest` reads and writes.
llvm::SmallVector<Access> getAccesses(const Nest &nest);

/// The memref that all views on the way to `memref` are of.
mlir::Value getRoot(mlir::Value memref);

/// Whether two memrefs may share memory.
bool mayAlias(mlir::Value lhs, mlir::Value rhs);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_ACCESS_H
