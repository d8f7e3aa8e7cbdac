//===- EpiloguePeel.h - What a reader of a matmul does first ----*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_EPILOGUEPEEL_H
#define QLINALG_LIB_TRANSFORMS_EPILOGUEPEEL_H

#include "ReadThrough.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace qlinalg {

/// The part of an elementwise body that a matmul can do. Maps are from the dimensions of the
/// matmul's result.
struct EpiloguePeel {
  std::optional<MappedTensor> bias, multiplier;
  /// Takes the place of the matmul's zeros.
  mlir::Value residual;
  Epilogue epilogue = Epilogue::None;
  /// The result is narrowed last.
  bool narrows = false;
  /// The matmul's element in the body, and the map by which the reader reads it.
  mlir::Value element;
  mlir::AffineMap readMap;
  /// What remains of the body begins with this value; null where there is no element.
  mlir::Value value;

  bool isEmpty() const {
    return !bias && !multiplier && !residual && epilogue == Epilogue::None && !narrows;
  }
};

/// The float that each element read is, where it is one number.
std::optional<double> getSplat(MappedTensor operand);

/// A fill, or a constant, of zeros.
bool isZeroFilled(mlir::Value tensor);

/// What `reader` does first with `result`, which is `op`'s, or that with its dimensions split.
EpiloguePeel peelEpilogue(MatmulOp op, mlir::Value result, mlir::linalg::GenericOp reader);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_EPILOGUEPEEL_H
