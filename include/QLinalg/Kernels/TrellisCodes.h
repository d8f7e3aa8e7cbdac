//===- TrellisCodes.h - Codes of a trellis as vectors -----------*- C++ -*-===//
//
// The stream of bits of 64 rows of a column, 8 bytes for each bit of a code. A lane takes the bytes
// that hold its window, moves it down, and multiplies: what is above the window leaves with the
// highest bits.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_TRELLISCODES_H
#define QLINALG_KERNELS_TRELLISCODES_H

#include "QLinalg/Kernels/Contraction.h"
#include "QLinalg/Kernels/TargetTable.h"

namespace qlinalg::kernels {

/// The side's numbers are what codes of a trellis stand for.
bool isTrellis(const Side &side);

/// Numbers of 16 bits in a register.
int64_t getTrellisLanes(const Target &target);

/// The numbers of column `k` of the panel that the coordinates point to: vectors of
/// `getTrellisLanes` i16, the first rows first.
llvm::SmallVector<mlir::Value> loadTrellis(mlir::ImplicitLocOpBuilder &b, const Target &target,
                                           const Contraction &c, const Coordinates &coordinates,
                                           mlir::Value k);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_TRELLISCODES_H
