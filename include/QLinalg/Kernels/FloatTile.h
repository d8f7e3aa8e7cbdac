//===- FloatTile.h - A tile of fused multiplications ------------*- C++ -*-===//
//
// Columns of codes, S their number without its scale s:
//
//   few rows:   sum of groups  s * sum S x     numbers made in registers
//   many rows:  sum (S * s) x                  numbers made once, in memory
//
// Either differs from the definition in the order of roundings only: each group's n products and
// sums are rounded to f32 as there, so that the error is at most about (n + 2) 2^-24 sum |S s x|.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_FLOATTILE_H
#define QLINALG_KERNELS_FLOATTILE_H

#include "QLinalg/Kernels/PanelUnpack.h"
#include "QLinalg/Kernels/TargetTable.h"
#include "QLinalg/Kernels/Tile.h"

namespace qlinalg::kernels {

/// Where the vectors of columns come from.
enum class FloatSource {
  /// Unpacked into memory.
  Scratch,
  /// Floats as they are stored: in panels, or side by side along n.
  Stored,
  /// Codes in words, unpacked in registers.
  Words,
  /// Codes of a trellis, decoded in registers.
  Trellis,
};

/// What columns of this form may be taken from besides the scratch.
FloatSource getDirectSource(const Contraction &contraction, int64_t lanes);

/// Rows of a tile whose columns are codes of a trellis.
int64_t getTrellisHeight(const Target &target);

class FloatTile : public Tile {
public:
  /// `rows` is what `expandRows` gave, for words with k up to whole blocks.
  FloatTile(mlir::ImplicitLocOpBuilder &b, const Contraction &c, const Target &target,
            llvm::ArrayRef<mlir::Value> sizes, mlir::Value rows, int64_t lanes, FloatSource source)
      : b(b), c(c), target(target), sizes(sizes), rows(rows), lanes(lanes), source(source) {}

  /// Makes the panel that the coordinates point to the tile's. The caller frees it.
  PanelScratch preparePanel(const Coordinates &coordinates);
  /// Makes numbers that are unpacked already, [k][lanes], the tile's.
  void usePanel(mlir::Value numbers) { panel.numbers = numbers; }

  Vectors accumulate(const Coordinates &coordinates, Vectors sums) override;
  int64_t getGreatestHeight() const override;

private:
  mlir::VectorType getVectorType() const { return mlir::VectorType::get(lanes, c.computeType); }
  mlir::Value broadcastRow(const Coordinates &coordinates, int64_t row, mlir::Value k);
  mlir::Value loadColumn(const Coordinates &coordinates, mlir::Value k);
  mlir::Value loadPanel(const Coordinates &coordinates, mlir::Value memref, mlir::AffineMap map,
                        mlir::Value row, int64_t step, bool isFirst = true);
  mlir::Value loadParams(const Coordinates &coordinates, mlir::Value params, mlir::AffineMap map,
                         mlir::Value scratch, mlir::Value group);
  int64_t getChains(int64_t height) const;
  Vectors splitSums(Vectors sums, int64_t chains);
  Vectors joinSums(Vectors sums, int64_t height);
  Vectors addColumn(const Coordinates &coordinates, mlir::Value k, mlir::Value column, Vectors sums,
                    int64_t chain, int64_t height);
  Vectors accumulateColumns(const Coordinates &coordinates, Vectors sums);
  Vectors addBlock(const Coordinates &coordinates, mlir::Value block, mlir::Value zeros,
                   Vectors sums, int64_t height);
  Vectors accumulateWords(const Coordinates &coordinates, Vectors sums);
  Vectors addTrellis(const Coordinates &coordinates, mlir::Value begin, mlir::Value end,
                     int64_t height);
  Vectors accumulateTrellis(const Coordinates &coordinates, Vectors sums);
  mlir::Value loadScales(const Coordinates &coordinates, mlir::Value group);

  mlir::ImplicitLocOpBuilder &b;
  const Contraction &c;
  const Target &target;
  llvm::ArrayRef<mlir::Value> sizes;
  mlir::Value rows;
  int64_t lanes;
  FloatSource source;
  PanelScratch panel;
  /// Columns of the panel that are there, where it may not be full.
  mlir::Value mask;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_FLOATTILE_H
