//===- PlainTile.h - A tile of multiplications and additions ----*- C++ -*-===//

#ifndef QLINALG_KERNELS_PLAINTILE_H
#define QLINALG_KERNELS_PLAINTILE_H

#include "QLinalg/Kernels/PanelUnpack.h"
#include "QLinalg/Kernels/TargetTable.h"
#include "QLinalg/Kernels/Tile.h"

namespace qlinalg::kernels {

/// Integers of any runs and widths, of one unpacked panel.
class PlainTile : public Tile {
public:
  /// `rows` is what `expandRows` gave.
  PlainTile(mlir::ImplicitLocOpBuilder &b, const Contraction &c, const Target &target,
            llvm::ArrayRef<mlir::Value> sizes, mlir::Value rows, PanelScratch panel, int64_t lanes)
      : b(b), c(c), target(target), sizes(sizes), rows(rows), panel(panel), lanes(lanes) {}

  Vectors accumulate(const Coordinates &coordinates, Vectors sums) override;
  int64_t getGreatestHeight() const override;

private:
  mlir::VectorType getVectorType(mlir::Type element) const;
  mlir::Value loadPanel(mlir::Value memref, mlir::Value row);
  mlir::Value loadRow(const Coordinates &coordinates, int64_t row, mlir::Value k);
  Vectors sumProducts(const Coordinates &coordinates, mlir::Value begin, mlir::Value end,
                      Vectors sums);
  Vectors addScaled(const Coordinates &coordinates, mlir::Value k, Vectors sums,
                    mlir::ValueRange products);

  mlir::ImplicitLocOpBuilder &b;
  const Contraction &c;
  const Target &target;
  llvm::ArrayRef<mlir::Value> sizes;
  mlir::Value rows;
  PanelScratch panel;
  int64_t lanes;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_PLAINTILE_H
