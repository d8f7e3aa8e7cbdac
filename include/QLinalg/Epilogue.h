//===- Epilogue.h - The epilogues of qlinalg.matmul, in arith ---*- C++ -*-===//

#ifndef QLINALG_EPILOGUE_H
#define QLINALG_EPILOGUE_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

/// `epilogue` of a scalar, or a vector, of f32 or f64. A NaN gives NaN.
mlir::Value createEpilogue(mlir::ImplicitLocOpBuilder &b, Epilogue epilogue, mlir::Value value);

} // namespace qlinalg

#endif // QLINALG_EPILOGUE_H
