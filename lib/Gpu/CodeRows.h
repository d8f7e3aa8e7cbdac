//===- CodeRows.h - Rows of bytes of a matmul's side ------------*- C++ -*-===//

#ifndef QLINALG_LIB_GPU_CODEROWS_H
#define QLINALG_LIB_GPU_CODEROWS_H

#include "Instructions.h"
#include "QLinalg/Kernels/Contraction.h"

namespace qlinalg::gpu {

/// One side of an integer matmul in global memory: K bytes side by side in each row.
struct CodeRows {
  kernels::Side side;
  /// The loop over the rows, if the side has one.
  std::optional<unsigned> row;
  /// Of the first byte, i64; of each loop that the side has, bytes from one index to the next, i64.
  /// Outside of the launch.
  mlir::Value address;
  llvm::SmallVector<mlir::Value> strides;
  /// Bytes that may be read at once: 16, 8, 4, 2 or 1.
  int64_t width;

  bool isUnsigned() const { return qlinalg::isUnsigned(side.scheme.getStorage()); }
  llvm::StringRef getType() const { return isUnsigned() ? "u8" : "s8"; }
  /// Something is subtracted from each code.
  bool hasZero() const {
    return side.scheme.hasZeroPoints() || symmetricZeroPoint(side.scheme.getStorage()) != 0;
  }
  /// The zero point at the coordinates, i32; null where it is 0.
  mlir::Value getZero(const Instructions &i, const kernels::Coordinates &coordinates) const;
  /// Where the row of the coordinates begins (without loops whose coordinate is null), i64.
  mlir::Value getAddress(const Instructions &i, const kernels::Coordinates &coordinates) const;
};

/// `k` is the loop that both sides have last.
CodeRows analyzeRows(const Instructions &i, const kernels::Side &side, std::optional<unsigned> row,
                     unsigned k, int64_t size);

/// What one thread has summed up for one result becomes that result: scaled, added to init and
/// bias, passed through the epilogue and stored. `sum` has no zero points in it any more.
void finishResult(const Instructions &i, const kernels::Contraction &c,
                  const kernels::Coordinates &coordinates, mlir::Value sum);

/// sum (a - za)(w - zw) from sum a w, sum a, sum w (null where they are not needed) and K.
mlir::Value subtractZeros(const Instructions &i, mlir::Value sum, mlir::Value lhsSum,
                          mlir::Value rhsSum, mlir::Value lhsZero, mlir::Value rhsZero, int64_t k);

} // namespace qlinalg::gpu

#endif // QLINALG_LIB_GPU_CODEROWS_H
