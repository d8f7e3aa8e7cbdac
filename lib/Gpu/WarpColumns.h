//===- WarpColumns.h - A warp for each column of a matmul -------*- C++ -*-===//
//
//   each warp: one column, up to four rows
//     the lanes share k; their sums are added up, and lane r stores the result of row r
//
// What is read of the column is read once for all rows, by lanes side by side.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_GPU_WARPCOLUMNS_H
#define QLINALG_LIB_GPU_WARPCOLUMNS_H

#include "Instructions.h"
#include "QLinalg/Kernels/Contraction.h"

namespace qlinalg::gpu {

/// One column and its rows, in the code of a warp.
struct WarpColumn {
  mlir::ImplicitLocOpBuilder &b;
  Instructions i;
  const kernels::Contraction &c;
  /// Rows that share the column.
  int64_t count;
  /// Of i32: the thread's lane, the first of the rows, and how many the matmul has.
  mlir::Value lane, firstRow, rowCount;
  /// Of outer dimensions and n.
  kernels::Coordinates at;

  /// Row r (i32) of the matmul; one that is not there is the last one again.
  mlir::Value getRow(int64_t r) const;
  /// The sum of all lanes' values (i32 or f32), in every lane.
  mlir::Value sumLanes(mlir::Value value) const;
  /// Lane r's is values[r], r below `count`.
  mlir::Value chooseOwn(llvm::ArrayRef<mlir::Value> values) const;
  /// `store` in each lane that has a row, with the coordinates of its result.
  void storeOwn(llvm::function_ref<void(const kernels::Coordinates &)> store) const;
};

/// A kernel whose warps are columns of `c`; `kind` is for its name.
void launchWarpColumns(mlir::ImplicitLocOpBuilder &b, const kernels::Contraction &c,
                       llvm::StringRef kind, llvm::function_ref<void(const WarpColumn &)> body);

} // namespace qlinalg::gpu

#endif // QLINALG_LIB_GPU_WARPCOLUMNS_H
