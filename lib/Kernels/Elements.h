//===- Elements.h - One element of a side -----------------------*- C++ -*-===//
//
// What expansion of rows and unpacking of panels share.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_KERNELS_ELEMENTS_H
#define QLINALG_LIB_KERNELS_ELEMENTS_H

#include "QLinalg/Kernels/Contraction.h"

#include <utility>

namespace qlinalg::kernels {

/// The stored zero point of one element as i32.
mlir::Value loadZeroPoint(mlir::ImplicitLocOpBuilder &b, const Side &side,
                          const Coordinates &coordinates);

/// Codes in one stored element: more than one below 8 bits in a layout.
int64_t getCodesPerElement(const Side &side);

/// One code as i32, or one number where the side holds floats.
mlir::Value loadCode(mlir::ImplicitLocOpBuilder &b, const Side &side,
                     const Coordinates &coordinates);

/// The number to multiply with, from a code (or vector of codes) and its parameters, null where
/// there are none.
mlir::Value getNumber(mlir::ImplicitLocOpBuilder &b, const Contraction &c, const Side &side,
                      mlir::Value code, mlir::Value scale, mlir::Value zeroPoint);

/// Of the numbers to multiply with: the compute type, or i16 where sums are integers.
mlir::Type getNumberType(const Contraction &c);

/// A new memref of `sizes`, static where they are constants, on a cache line.
mlir::Value allocate(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<mlir::Value> sizes,
                     mlir::Type element);

/// Runs of k that share parameters: their number, and where one begins and ends.
mlir::Value getGroupCount(mlir::ImplicitLocOpBuilder &b, const Side &side, mlir::Value k);
std::pair<mlir::Value, mlir::Value> getGroupBounds(mlir::ImplicitLocOpBuilder &b, const Side &side,
                                                   mlir::Value group, mlir::Value k);

} // namespace qlinalg::kernels

#endif // QLINALG_LIB_KERNELS_ELEMENTS_H
