//===- Codes.h - One code to one number -------------------------*- C++ -*-===//
//
// Each function takes scalars or vectors alike.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_CODES_H
#define QLINALG_KERNELS_CODES_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg::kernels {

/// `scalar`, or a vector of it where `like` is a vector.
mlir::Type getTypeLike(mlir::Type scalar, mlir::Type like);

/// A float or an integer constant of `type`, a scalar or a vector.
mlir::Value constantLike(mlir::ImplicitLocOpBuilder &b, mlir::Type type, double value);

/// A float as `element` (or a vector of it), widened or rounded.
mlir::Value convertFloat(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Type element);

/// `value`, or a vector of it in each lane where `like` is a vector.
mlir::Value splat(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Type like);

/// A number, or a vector, of f32 divided by the scalar `scale`, or multiplied by its reciprocal, as
/// the scheme says. `isNormal`: the scale is not so small that its reciprocal could be infinite.
mlir::Value divideByScale(mlir::ImplicitLocOpBuilder &b, SchemeAttr scheme, mlir::Value number,
                          mlir::Value scale, bool isNormal = false);

/// Code number `position` of those in a byte (whose least significant bits hold number 0), as the
/// i32 that its storage says: sign-extended or zero-extended. From 8 bits on `position` is 0.
/// `excess`: its highest bit is inverted.
mlir::Value extractCode(mlir::ImplicitLocOpBuilder &b, Storage storage, mlir::Value byte,
                        int64_t position, bool excess = false);
/// The same where the position (an i32) is known at run time only; scalars.
mlir::Value extractCode(mlir::ImplicitLocOpBuilder &b, Storage storage, mlir::Value byte,
                        mlir::Value position, bool excess = false);

/// The code of bits `bit` and up of words of 32 bits.
mlir::Value extractFromWord(mlir::ImplicitLocOpBuilder &b, Storage storage, mlir::Value word,
                            int64_t bit, bool excess);
/// The same where the bit (an i32) is known at run time only; scalars.
mlir::Value extractFromWord(mlir::ImplicitLocOpBuilder &b, Storage storage, mlir::Value word,
                            mlir::Value bit, bool excess);

/// A code that is held by an element of its own (i2 to i8, i16 or an f8), as i32.
mlir::Value widenCode(mlir::ImplicitLocOpBuilder &b, Storage storage, mlir::Value code,
                      bool excess = false);

/// The f32 level of a code (an i32) that is not an integer: nf4, fp4, f8E4M3FN.
mlir::Value getLevel(mlir::ImplicitLocOpBuilder &b, Storage storage, mlir::Value code);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_CODES_H
