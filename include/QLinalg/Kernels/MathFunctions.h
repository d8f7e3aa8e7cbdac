//===- MathFunctions.h - Elementary functions in arith ----------*- C++ -*-===//
//
// On f32, scalars or vectors of one dimension. NaN gives NaN, infinities and subnormal numbers what
// they must. Bounds are in units of the last place of the result, against f64; each is tested by
// test/Integration/functions.py.
//
// The polynomials are minimax fits made for this file: least squares on Chebyshev nodes with
// weights raised where the error is largest (Lawson), coefficients rounded to f32 from the lowest
// on, the others fitted again after each.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_MATHFUNCTIONS_H
#define QLINALG_KERNELS_MATHFUNCTIONS_H

#include "QLinalg/Kernels/Arithmetic.h"

namespace qlinalg::kernels {

/// 1.5 ulp each.
mlir::Value createExp(const Arithmetic &a, mlir::Value x);
mlir::Value createExp2(const Arithmetic &a, mlir::Value x);
/// 2 ulp.
mlir::Value createExpM1(const Arithmetic &a, mlir::Value x);
/// 3 ulp.
mlir::Value createTanh(const Arithmetic &a, mlir::Value x);
/// 2 ulp.
mlir::Value createErf(const Arithmetic &a, mlir::Value x);

/// 1.5 ulp.
mlir::Value createLog(const Arithmetic &a, mlir::Value x);
/// 3 ulp each.
mlir::Value createLog2(const Arithmetic &a, mlir::Value x);
mlir::Value createLog10(const Arithmetic &a, mlir::Value x);
mlir::Value createLog1p(const Arithmetic &a, mlir::Value x);
/// 1 ulp: computed in f64. Special cases as C's powf.
mlir::Value createPow(const Arithmetic &a, mlir::Value x, mlir::Value y);

/// 2 ulp each, on all of f32: r is rounded to f32 (half a unit of it), then the products.
mlir::Value createSin(const Arithmetic &a, mlir::Value x);
mlir::Value createCos(const Arithmetic &a, mlir::Value x);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_MATHFUNCTIONS_H
