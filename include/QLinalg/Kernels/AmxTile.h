//===- AmxTile.h - A tile of AMX's instructions -----------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_AMXTILE_H
#define QLINALG_KERNELS_AMXTILE_H

#include "QLinalg/Kernels/DotTile.h"

namespace qlinalg::kernels {

/// Up to 2 x 2 registers of sums, of 16 x 16 each, beside two of rows and two of columns: AMX has
/// eight. A run's sums go through memory to where they are scaled.
class AmxTile : public DotTile, public MemoryTile {
public:
  using DotTile::DotTile;

  /// As DotTile's, with the memory that sums take.
  DotPanel preparePanel(const Coordinates &coordinates);

  mlir::Value multiplyRows(const Coordinates &coordinates, int64_t height,
                           mlir::Value rows) override;
  int64_t getGreatestHeight() const override;
  int64_t getHeightStep() const override { return plan.getStepRows(); }

private:
  bool needsUnpacking() const override;
  mlir::Value loadRows(const Coordinates &coordinates, int64_t row, mlir::Value k);
  mlir::Value loadColumns(const Coordinates &coordinates, int64_t column, mlir::Value k);
  void storeSums(const Coordinates &coordinates, mlir::Value begin, mlir::Value end,
                 int64_t height);
  void scaleSums(const Coordinates &coordinates, mlir::Value run, mlir::Value begin,
                 mlir::Value rows);
  Vectors zeros();
  Vectors loadRow(mlir::Value memref, mlir::Value row);
  void storeRow(llvm::ArrayRef<mlir::Value> vectors, mlir::Value memref, mlir::Value row);
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_AMXTILE_H
