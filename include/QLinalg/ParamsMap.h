//===- ParamsMap.h - Which elements share a scale ---------------*- C++ -*-===//
//
// A params map sends the index of an element to the index of its scale. Its results are dimensions
// or `dimension floordiv group`, each dimension once at most:
// `(n, k) -> (n, k floordiv 32)` is a scale for each run of 32 along k.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMSMAP_H
#define QLINALG_PARAMSMAP_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/AffineMap.h"

namespace qlinalg {

/// One result of a params map: dimension `dim`, divided by `group` (1: not divided).
struct ParamsResult {
  unsigned dim;
  int64_t group;
};

/// The results of `map`, or nothing if it is not a params map.
std::optional<llvm::SmallVector<ParamsResult>> getParamsResults(mlir::AffineMap map);

/// The shape of the parameters for data of `shape`: each dimension divided by its group, rounded
/// up.
llvm::SmallVector<int64_t> getParamsShape(mlir::AffineMap map, llvm::ArrayRef<int64_t> shape);

/// The map for a scheme on data of `rank` whose last dimension is K.
mlir::AffineMap getParamsMap(const Scheme &scheme, unsigned rank, mlir::MLIRContext *context);

/// As above with K at `kDim`.
mlir::AffineMap getParamsMap(const Scheme &scheme, unsigned rank, unsigned kDim,
                             mlir::MLIRContext *context);

} // namespace qlinalg

#endif // QLINALG_PARAMSMAP_H
