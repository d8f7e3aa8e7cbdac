//===- MatrixTile.h - Tiles of mma.sync -------------------------*- C++ -*-===//

#ifndef QLINALG_LIB_GPU_MATRIXTILE_H
#define QLINALG_LIB_GPU_MATRIXTILE_H

#include "CodeRows.h"
#include "QLinalg/Kernels/GpuTarget.h"

namespace qlinalg::gpu {

/// How a block divides its results among warps, and what of K it holds at once.
struct MatrixTile {
  /// Warps along rows and columns, and the results of each.
  int64_t rowWarps, columnWarps, warpRows, warpColumns;
  /// Steps of K that are in shared memory or on their way there.
  int64_t stages;

  /// Bytes of K in a stage: two mma.sync, and 64 bytes a row, whose 16 byte pieces are spread over
  /// the banks by `swizzle`.
  static constexpr int64_t stageK = 64;

  int64_t getRows() const { return rowWarps * warpRows; }
  int64_t getColumns() const { return columnWarps * warpColumns; }
  int64_t getThreads() const { return 32 * rowWarps * columnWarps; }
  int64_t getSharedBytes() const { return stages * (getRows() + getColumns()) * stageK; }
};

/// The tile that moves the fewest bytes where the grid fills the GPU, or fills most of it.
MatrixTile chooseMatrixTile(const GpuTarget &target, int64_t rows, int64_t columns, int64_t outer);

/// One launch that computes `c` by mma.sync.
void launchMatrixTiles(mlir::ImplicitLocOpBuilder &b, const kernels::Contraction &c,
                       const MatrixTile &tile);

/// One launch that computes `c` by dp4a, a warp for each column and up to four rows.
void launchRowDots(mlir::ImplicitLocOpBuilder &b, const kernels::Contraction &c);

/// One launch that computes `c`, whose columns alone are codes, in f32: a warp for each column and
/// up to four rows.
void launchWeightDots(mlir::ImplicitLocOpBuilder &b, const kernels::Contraction &c);

/// The grid of blocks of `columns` and `rows` results (x along the columns), and its index of each
/// loop but k: where a block begins.
struct BlockGrid {
  std::array<mlir::Value, 3> sizes;
  llvm::SmallVector<mlir::Value> outerSizes;

  BlockGrid(mlir::ImplicitLocOpBuilder &b, const kernels::Contraction &c, int64_t rows,
            int64_t columns);
  kernels::Coordinates getOuter(mlir::ImplicitLocOpBuilder &b, const kernels::Contraction &c,
                                mlir::Value z) const;
};

} // namespace qlinalg::gpu

#endif // QLINALG_LIB_GPU_MATRIXTILE_H
