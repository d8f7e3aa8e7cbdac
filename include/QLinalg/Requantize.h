//===- Requantize.h - Integer sums to codes, in arith -----------*- C++ -*-===//

#ifndef QLINALG_REQUANTIZE_H
#define QLINALG_REQUANTIZE_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

/// How integers are rescaled, and to which codes. Numerics/Requantize.h has the arithmetic.
struct RequantizeRule {
  Requantize requantize;
  /// Of ties of `Exact`.
  Rounding ties;
};

/// `round(sum * multiplier * 2^(shift - 31))` as i64: scalars or vectors of i32, of one shape.
mlir::Value createRescale(mlir::ImplicitLocOpBuilder &b, RequantizeRule rule, mlir::Value sum,
                          mlir::Value multiplier, mlir::Value shift);

/// The code (i8) of a sum of `op`, which requantizes in integers. `zero` is the scalar that it has
/// as zero point, null for a symmetric scheme.
mlir::Value createRequantizedCode(mlir::ImplicitLocOpBuilder &b, MatmulOp op, mlir::Value sum,
                                  mlir::Value multiplier, mlir::Value shift, mlir::Value zero);

} // namespace qlinalg

#endif // QLINALG_REQUANTIZE_H
