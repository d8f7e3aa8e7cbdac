//===- Contraction.h - A matmul as the kernels see it -----------*- C++ -*-===//
//
// A `qlinalg.matmul` on memrefs with roles given to its dimensions. The side called *columns* is
// unpacked panel by panel into a scratch [k][lanes] and loaded as vectors; the side called *rows*
// is read number by number and broadcast. Usually rhs, the weight, is columns; where lhs is the
// weight it is the other way round.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_CONTRACTION_H
#define QLINALG_KERNELS_CONTRACTION_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <optional>

namespace qlinalg::kernels {

/// One index (of type index) for each loop of the matmul; null where it is not needed.
using Coordinates = llvm::SmallVector<mlir::Value>;

/// One operand with what belongs to it. Maps are null where the operand is not there.
struct Side {
  mlir::Value data, scales, zeroPoints;
  mlir::AffineMap map, scalesMap, zeroPointsMap;
  SchemeAttr scheme;
  LayoutAttr layout;
  /// Where scales are codes: their scales and scheme; else null.
  mlir::Value scaleScales;
  mlir::AffineMap scaleScalesMap;
  SchemeAttr scalesScheme;

  mlir::MemRefType getType() const { return llvm::cast<mlir::MemRefType>(data.getType()); }
  /// Codes that are integers: `(code - zero) * scale`.
  bool isInteger() const { return scheme && scheme.isInteger(); }
  /// The scales, which are codes, as a side whose elements along k are groups of this one. Its maps
  /// are of this side's k.
  Side getScales() const {
    return {scales,
            scaleScales,
            {},
            scalesMap,
            scaleScalesMap,
            {},
            scalesScheme,
            layout.getParamsLayout(),
            {},
            {},
            {}};
  }
  /// The scales lie in panels beside the codes and are numbers.
  bool hasPackedScales() const { return !scalesScheme && isPackedParam(scales, scalesMap); }
  /// Parameters `params` with `map` lie in panels beside the codes.
  bool isPackedParam(mlir::Value params, mlir::AffineMap map) const {
    return llvm::cast<mlir::MemRefType>(params.getType()).getRank() > map.getNumResults();
  }
  /// Elements of `k` that share a parameter, 0 where all do.
  int64_t getGroup() const { return scheme ? scheme.getValue().group : 0; }
};

struct Contraction {
  MatmulOp op;
  Side rows, columns;
  /// The loop that runs over the lanes of a vector, and the one over the rows of a register tile.
  std::optional<unsigned> n, m;
  unsigned k;
  llvm::SmallVector<unsigned> outer;
  /// Of each loop; `kDynamic` where unknown.
  llvm::SmallVector<int64_t> staticSizes;
  /// Sums are taken in integers over each run of k that shares its scales.
  bool integer;
  /// Those sums are the result, or are requantized: there are no scales.
  bool keepsIntegers;
  /// f32, or f64 where the result is.
  mlir::FloatType computeType;
  /// Sums of the columns' codes, in panels, that are known beforehand; null where they are not.
  mlir::Value sums;
  mlir::AffineMap sumsMap;

  /// Of what a tile adds up: i32 where sums stay integers, else the compute type.
  mlir::Type getTileType() const;

  int64_t getStaticSize(std::optional<unsigned> dim) const { return dim ? staticSizes[*dim] : 1; }
  /// The coordinates with m moved by `row`.
  Coordinates atRow(mlir::ImplicitLocOpBuilder &b, Coordinates coordinates, int64_t row) const;
  /// The columns lie in panels of `lanes` along n.
  bool hasColumnPanels(int64_t lanes) const;
  /// Operations, with 16 in place of an unknown size.
  int64_t getWork() const;
};

/// Gives the roles. The columns are the side that has a layout, else the one that is codes, else
/// rhs, unless only lhs has a dimension of its own or rhs is too narrow for a vector.
Contraction analyzeContraction(MatmulOp op, int64_t lanes);

/// The size of each loop as an index.
llvm::SmallVector<mlir::Value> getLoopSizes(mlir::ImplicitLocOpBuilder &b,
                                            const Contraction &contraction);

/// The indices that `map` (dimensions, constants, `dimension floordiv constant`) gives.
llvm::SmallVector<mlir::Value> applyMap(mlir::ImplicitLocOpBuilder &b, mlir::AffineMap map,
                                        llvm::ArrayRef<mlir::Value> coordinates);

/// The last result of `map` is `dim`, and elements along it lie side by side.
bool isContiguousAlong(mlir::Value memref, mlir::AffineMap map, std::optional<unsigned> dim);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_CONTRACTION_H
