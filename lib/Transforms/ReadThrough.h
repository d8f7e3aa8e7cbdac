//===- ReadThrough.h - An operand before it was moved about -----*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_READTHROUGH_H
#define QLINALG_LIB_TRANSFORMS_READTHROUGH_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace qlinalg {

/// A tensor and the map through which an op reads it.
struct MappedTensor {
  mlir::Value tensor;
  mlir::AffineMap map;
};

/// One value, or equal constants.
bool areEqual(mlir::Value lhs, mlir::Value rhs);

/// `value` before widening.
mlir::Value skipExtensions(mlir::Value value);

/// The same elements before one linalg op that only moves, repeats or widens floats; none where
/// there is no such op.
std::optional<MappedTensor> readThrough(const MappedTensor &operand);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_READTHROUGH_H
