//===- NarrowFloats.h - Casts between floats, in arith ----------*- C++ -*-===//
//
// Scalar arithmetic in the body of a linalg op. All casts round to nearest, ties to even, and keep
// NaN. What arith has no portable lowering for is written out in integers: 8-bit floats, and f32 to
// bf16, which some processors do with denormals flushed to zero.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_TRANSFORMS_NARROWFLOATS_H
#define QLINALG_LIB_TRANSFORMS_NARROWFLOATS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

mlir::Value createInteger(mlir::ImplicitLocOpBuilder &b, mlir::Type type, int64_t value);
mlir::Value createFloat(mlir::ImplicitLocOpBuilder &b, mlir::Type type, double value);

/// f64, f32, f16 or bf16 to another of them; what is wider than f32 becomes narrower by way of f32.
mlir::Value castFloat(mlir::ImplicitLocOpBuilder &b, mlir::Value number, mlir::Type type);
mlir::Value castToF32(mlir::ImplicitLocOpBuilder &b, mlir::Value number);

/// f32 to f8E4M3FN, saturating at 448, and back.
mlir::Value castToF8(mlir::ImplicitLocOpBuilder &b, mlir::Value number);
mlir::Value castFromF8(mlir::ImplicitLocOpBuilder &b, mlir::Value number);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_NARROWFLOATS_H
