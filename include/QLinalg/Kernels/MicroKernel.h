//===- MicroKernel.h - Rows times one panel ---------------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_MICROKERNEL_H
#define QLINALG_KERNELS_MICROKERNEL_H

#include "QLinalg/Kernels/Tile.h"

namespace qlinalg::kernels {

/// Calls `body` with whether results can be written as whole vectors of `lanes`; for a last panel
/// that may not be full at run time, in both branches.
void branchOnFullPanel(mlir::ImplicitLocOpBuilder &b, const Contraction &c,
                       llvm::ArrayRef<mlir::Value> sizes, int64_t lanes,
                       const Coordinates &coordinates, llvm::function_ref<void(bool)> body);

/// Calls `body` with the coordinates, row and lane of each result of `rows` rows of a panel.
void forEachResult(mlir::ImplicitLocOpBuilder &b, const Contraction &c,
                   llvm::ArrayRef<mlir::Value> sizes, int64_t lanes, const Coordinates &coordinates,
                   mlir::Value rows,
                   llvm::function_ref<void(const Coordinates &, mlir::Value, mlir::Value)> body);

/// Multiplies rows with one panel of `lanes` columns and writes the results: register tiles of
/// rows x lanes, each over all of k.
struct MicroKernel {
  mlir::ImplicitLocOpBuilder &b;
  const Contraction &c;
  llvm::ArrayRef<mlir::Value> sizes;
  int64_t lanes;
  Tile &tile;
  /// Where the rows end; null for all of them.
  mlir::Value rowEnd = nullptr;

  /// The coordinates of all dimensions but k are set, m to the first row, n to the first column of
  /// the panel.
  void emit(const Coordinates &coordinates);

private:
  void emitTiles(const Coordinates &coordinates, mlir::Value staging);
  void emitTile(Coordinates coordinates, int64_t tileRows, mlir::Value staging);
  mlir::Value loadStaged(mlir::Value staging, int64_t row);
};

/// The same with tiles whose sums are in memory.
struct MemoryKernel {
  mlir::ImplicitLocOpBuilder &b;
  const Contraction &c;
  llvm::ArrayRef<mlir::Value> sizes;
  int64_t lanes;
  MemoryTile &tile;
  mlir::Value rowEnd = nullptr;

  void emit(const Coordinates &coordinates);

private:
  void emitTile(const Coordinates &coordinates, int64_t height, mlir::Value rows);
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_MICROKERNEL_H
