//===- Tile.h - Sums over k of some rows and one panel ----------*- C++ -*-===//

#ifndef QLINALG_KERNELS_TILE_H
#define QLINALG_KERNELS_TILE_H

#include "QLinalg/Kernels/Contraction.h"

namespace qlinalg::kernels {

/// What the inner loops of a matmul are: a register tile over all of k.
class Tile {
public:
  using Vectors = llvm::SmallVector<mlir::Value>;

  virtual ~Tile() = default;

  /// `sums`, a vector of the contraction's tile type along the panel for each row from
  /// coordinates[m] on, plus the products over all of k. The coordinates of all dimensions but k
  /// are set, n to the first column of the panel.
  virtual Vectors accumulate(const Coordinates &coordinates, Vectors sums) = 0;
  /// The most rows that keep everything in registers.
  virtual int64_t getGreatestHeight() const = 0;
  /// Heights and first rows are multiples of it, but for rows that are left over at the end.
  virtual int64_t getHeightStep() const { return 1; }
};

/// A tile whose sums stay in memory, for more rows than registers hold.
class MemoryTile {
public:
  virtual ~MemoryTile() = default;

  /// The products over all of k of the `rows` from coordinates[m] on, at most `height`: a memref
  /// [height][panel] of f32, or of i32 where sums stay integers, which the next call reuses.
  virtual mlir::Value multiplyRows(const Coordinates &coordinates, int64_t height,
                                   mlir::Value rows) = 0;
  /// Heights are multiples of the second number up to the first.
  virtual int64_t getGreatestHeight() const = 0;
  virtual int64_t getHeightStep() const = 0;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_TILE_H
