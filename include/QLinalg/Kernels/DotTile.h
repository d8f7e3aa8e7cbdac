//===- DotTile.h - A tile of dot product instructions -----------*- C++ -*-===//

#ifndef QLINALG_KERNELS_DOTTILE_H
#define QLINALG_KERNELS_DOTTILE_H

#include "QLinalg/Kernels/DotRows.h"
#include "QLinalg/Kernels/PanelUnpack.h"
#include "QLinalg/Kernels/Tile.h"

namespace qlinalg::kernels {

/// One panel of columns for a dot product.
struct DotPanel {
  /// [k / elements of a lane][panel * elements of a lane]; null where columns are taken from their
  /// layout and unpacked in registers
  mlir::Value numbers;
  /// [groups][panel] of f32, and of i32 where the columns have zero points; null for parameters
  /// that lie in panels themselves
  mlir::Value scales, zeroPoints;
  /// [runs][panel] of i32, `sum (S - o - z)`, where the rows have zero points and it is not known
  /// beforehand
  mlir::Value sums;
  /// [height][panel] of i32 and of f32, of tiles whose sums are in memory
  mlir::Value products, floats;

  void free(mlir::ImplicitLocOpBuilder &b) const;
};

class DotTile : public Tile {
public:
  DotTile(mlir::ImplicitLocOpBuilder &b, const Contraction &c, const DotPlan &plan,
          const Target &target, llvm::ArrayRef<mlir::Value> sizes, const DotRows &rows)
      : b(b), c(c), plan(plan), target(target), sizes(sizes), rows(rows) {}

  /// Makes the panel that the coordinates point to the tile's; for few rows it is not unpacked into
  /// memory. The caller frees it.
  DotPanel preparePanel(const Coordinates &coordinates, bool few);

  Vectors accumulate(const Coordinates &coordinates, Vectors sums) override;
  int64_t getGreatestHeight() const override;

protected:
  /// Gives the register of a row's numbers from element k on, broadcast.
  using LoadRow = llvm::function_ref<mlir::Value(int64_t row, mlir::Value k)>;

  /// Products of elements `begin` to `end` of k, whole blocks but for the end of k. Sums of a row
  /// and register stand at [row * vectors + register].
  virtual Vectors sumRun(const Coordinates &coordinates, mlir::Value begin, mlir::Value end,
                         int64_t height, Vectors sums, LoadRow loadRow);
  virtual mlir::Value loadRowNumbers(const Coordinates &coordinates, int64_t row, mlir::Value k);
  /// Whether columns are copied where there are many rows.
  virtual bool needsUnpacking() const;
  /// Fills `panel.numbers`.
  virtual void unpackColumns(const Coordinates &coordinates);

  using RunBody = llvm::function_ref<Vectors(mlir::Value run, mlir::Value begin, mlir::Value end,
                                             mlir::ValueRange carried)>;
  Vectors forEachRun(mlir::ValueRange carried, RunBody body);
  mlir::SmallVector<mlir::Value> getStoredIndices(const Coordinates &coordinates, mlir::Value lane,
                                                  mlir::Value byte);
  Vectors loadStored(const Coordinates &coordinates, mlir::Value block, int64_t step,
                     int64_t vector);
  Vectors unpackStored(llvm::ArrayRef<mlir::Value> stored, int64_t step);
  int64_t getElementOffset(int64_t step, int64_t part) const;
  mlir::Value loadRunStart(const Coordinates &coordinates, int64_t row, mlir::Value run);
  Vectors mendSums(const Coordinates &coordinates, mlir::Value run, mlir::Value begin,
                   Vectors products);
  Vectors addScaled(const Coordinates &coordinates, mlir::Value run, mlir::Value begin,
                    Vectors integers, Vectors floats);
  Vectors scaleRows(const Coordinates &coordinates, Vectors floats);
  /// Row scales are multiplied run by run; one that is the same for all runs once, with their sum.
  bool scalesRuns() const { return isGrouped(c.rows) || rows.scales; }
  mlir::Value loadPerLane(mlir::Value memref, mlir::Value row, int64_t vector);
  mlir::SmallVector<mlir::Value> getRowIndices(const Coordinates &coordinates, int64_t row,
                                               mlir::Value last) const;
  Vectors combineDigits(llvm::ArrayRef<mlir::Value> sums);
  mlir::VectorType getFloatsType() const {
    return mlir::VectorType::get(plan.lanes, b.getF32Type());
  }

  mlir::ImplicitLocOpBuilder &b;
  const Contraction &c;
  const DotPlan &plan;
  const Target &target;
  llvm::ArrayRef<mlir::Value> sizes;
  const DotRows &rows;
  DotPanel panel;

private:
  void unpackBlock(const Coordinates &coordinates, mlir::Value block);
  void sumColumns(const Coordinates &coordinates);
  mlir::Value loadRowSum(const Coordinates &coordinates, int64_t row, mlir::Value run);
  Vectors addBlock(const Coordinates &coordinates, mlir::Value block, int64_t height, Vectors sums,
                   LoadRow loadRow);
  Vectors startPairs(llvm::ArrayRef<mlir::Value> sums);
  void flushPairs(Vectors &sums, Vectors &pairs);
  Vectors addUnpacked(mlir::Value begin, mlir::Value end, int64_t height, Vectors sums,
                      LoadRow loadRow);
  Vectors sumIntegers(const Coordinates &coordinates, mlir::Value run, mlir::Value begin,
                      mlir::Value end, int64_t height);
  Vectors addIntegers(const Coordinates &coordinates, Vectors sums);
  mlir::Value loadRowScale(const Coordinates &coordinates, int64_t row, mlir::Value run,
                           mlir::Value begin);
  mlir::Value loadParams(const Coordinates &coordinates, mlir::Value params, mlir::AffineMap map,
                         mlir::Value scratch, mlir::Value begin, int64_t vector);
  mlir::Value loadColumnScales(const Coordinates &coordinates, mlir::Value begin, int64_t vector);
  mlir::Value loadColumnSums(const Coordinates &coordinates, mlir::Value run, mlir::Value begin,
                             int64_t vector);
  bool hasRowZeros() const;
  mlir::Value loadColumnZeros(const Coordinates &coordinates, mlir::Value begin, int64_t vector);
  mlir::Value broadcast(mlir::Value number);
  bool isGrouped(const Side &side) const { return side.getGroup() != 0; }

  /// What the processor does not fetch ahead by itself is.
  bool prefetches = false;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_DOTTILE_H
