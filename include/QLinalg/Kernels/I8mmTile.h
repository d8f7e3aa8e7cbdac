//===- I8mmTile.h - A tile of smmla -----------------------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_I8MMTILE_H
#define QLINALG_KERNELS_I8MMTILE_H

#include "QLinalg/Kernels/DotTile.h"

namespace qlinalg::kernels {

/// Two rows times two columns an instruction: rows come in pairs (see DotRows), and so do the
/// columns of `panel.numbers`, [k / 8][pairs of 8 elements of one column and the next].
class I8mmTile : public DotTile {
public:
  using DotTile::DotTile;

  int64_t getGreatestHeight() const override;
  int64_t getHeightStep() const override { return plan.getStepRows(); }

private:
  /// `loadRow` gives pairs of rows.
  Vectors sumRun(const Coordinates &coordinates, mlir::Value begin, mlir::Value end, int64_t height,
                 Vectors sums, LoadRow loadRow) override;
  mlir::Value loadRowNumbers(const Coordinates &coordinates, int64_t row, mlir::Value k) override;
  bool needsUnpacking() const override { return true; }
  void unpackColumns(const Coordinates &coordinates) override;
  void unpackBlocks(const Coordinates &coordinates, mlir::Value block, int64_t count);
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_I8MMTILE_H
