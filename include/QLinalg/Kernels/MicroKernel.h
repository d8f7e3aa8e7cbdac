//===- MicroKernel.h - Rows times one unpacked panel ------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_MICROKERNEL_H
#define QLINALG_KERNELS_MICROKERNEL_H

#include "QLinalg/Kernels/PanelUnpack.h"
#include "QLinalg/Kernels/TargetTable.h"

namespace qlinalg::kernels {

/// Multiplies all rows with one panel of `lanes` columns and writes the results: register tiles of
/// rows x lanes, each over all of k, ascending.
struct MicroKernel {
  mlir::ImplicitLocOpBuilder &b;
  const Contraction &c;
  const Target &target;
  llvm::ArrayRef<mlir::Value> sizes;
  /// What `expandRows` gave.
  mlir::Value rows;
  PanelScratch panel;
  int64_t lanes;

  /// The coordinates of all dimensions but m and k are set, n to the first column of the panel.
  void emit(const Coordinates &coordinates);

private:
  using Vectors = llvm::SmallVector<mlir::Value>;

  void emitTiles(const Coordinates &coordinates, mlir::Value staging);
  void emitTile(Coordinates coordinates, int64_t tileRows, mlir::Value staging);
  int64_t getGreatestHeight() const;
  mlir::VectorType getVectorType(mlir::Type element) const;
  mlir::Value loadPanel(mlir::Value memref, mlir::Value row);
  mlir::Value loadRow(const Coordinates &coordinates, int64_t row, mlir::Value k);
  Vectors accumulateFloats(const Coordinates &coordinates, Vectors sums);
  Vectors accumulateIntegers(const Coordinates &coordinates, Vectors sums);
  Vectors sumProducts(const Coordinates &coordinates, mlir::Value begin, mlir::Value end,
                      Vectors sums);
  Vectors addScaled(const Coordinates &coordinates, mlir::Value k, Vectors sums,
                    mlir::ValueRange products);
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_MICROKERNEL_H
