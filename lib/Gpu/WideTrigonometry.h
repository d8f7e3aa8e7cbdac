//===- WideTrigonometry.h - sin and cos of f64 in kernels -------*- C++ -*-===//

#ifndef QLINALG_LIB_GPU_WIDETRIGONOMETRY_H
#define QLINALG_LIB_GPU_WIDETRIGONOMETRY_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg::gpu {

/// sin(x), or cos(x), of an f64: within 1e-12 for |x| below 2^50, else NaN. The f32 functions of
/// lib/Kernels take it for numbers above 2^24.
mlir::Value createWideSine(mlir::ImplicitLocOpBuilder &b, mlir::Value x, bool isCosine);

} // namespace qlinalg::gpu

#endif // QLINALG_LIB_GPU_WIDETRIGONOMETRY_H
