//===- NestGroup.h - Linalg ops that run row by row together ----*- C++ -*-===//
//
//   max over d1, subtract and exp, sum over d1, divide  ->  one loop over d0, four short ones
//   inside
//
// Rows are the outer parallel loops that all ops of a group have in common: whatever one op writes
// and another reads or writes is indexed by them alike, so that no row needs another's.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_NESTGROUP_H
#define QLINALG_KERNELS_NESTGROUP_H

#include "QLinalg/Kernels/Nest.h"

namespace qlinalg::kernels {

struct NestGroup {
  llvm::SmallVector<Nest> nests;
  /// Of each nest the loops that are its rows, in the same order for all of them.
  llvm::SmallVector<llvm::SmallVector<unsigned>> rows;

  /// Adds `nest`, which comes after all others in the program, if it can share rows with them.
  bool add(Nest nest, const Target &target);
  /// Whether memory that the group uses is that of `memref`.
  bool uses(mlir::Value memref) const;
  /// Decides on rows and vectors.
  void finish(const Target &target);

private:
  /// A nest could run in vectors alone, and cannot with these rows.
  bool losesVectors(const Target &target) const;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_NESTGROUP_H
