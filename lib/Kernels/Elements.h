//===- Elements.h - One element of a side -----------------------*- C++ -*-===//
//
// What expansion of rows and unpacking of panels share.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_KERNELS_ELEMENTS_H
#define QLINALG_LIB_KERNELS_ELEMENTS_H

#include "QLinalg/Kernels/BlockCodes.h"
#include "QLinalg/Kernels/Contraction.h"

#include <utility>

namespace qlinalg::kernels {

/// The stored zero point of one element as i32.
mlir::Value loadZeroPoint(mlir::ImplicitLocOpBuilder &b, const Side &side,
                          const Coordinates &coordinates);

/// Stored zero points (one or a vector) as i32.
mlir::Value widenZeroPoint(mlir::ImplicitLocOpBuilder &b, const Side &side, mlir::Value zero);

/// Codes in a layout of which some lie across two bytes: those of 3, 5, 6 and 7 bits.
bool cutsBytes(const Side &side);

/// Codes in one stored element of a side that does not cut bytes: more than one below 8 bits in a
/// layout.
int64_t getCodesPerElement(const Side &side);

/// Codes lie in words of 32 bits, and groups are whole blocks of words.
bool isInWords(const Side &side);

/// How the codes of a block of words lie.
BlockCodes getBlockCodes(const Side &side);

/// Bytes (of i8 or f8), four of each lane, as a vector of i32.
mlir::Value toWords(mlir::ImplicitLocOpBuilder &b, mlir::Value bytes);

/// Vectors, a power of two of them, side by side as one.
mlir::Value concatenate(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<mlir::Value> vectors);

/// The first `left` of `lanes`. (Of a constant vector.create_mask becomes a vector.constant_mask,
/// which is no LLVM.)
mlir::Value getFirstLanes(mlir::ImplicitLocOpBuilder &b, int64_t lanes, mlir::Value left);

/// Bytes ahead of codes that are fetched.
inline constexpr int64_t codesAhead = 4096;

/// Fetches what comes `distance` bytes (at least a row) after `type` at `indices`, whose last but
/// one is the row of a panel. Past the end it is harmless.
void prefetchAhead(mlir::ImplicitLocOpBuilder &b, mlir::Value memref,
                   llvm::SmallVector<mlir::Value> indices, mlir::VectorType type, int64_t distance);

/// One code as i32, or one number where the side holds floats.
mlir::Value loadCode(mlir::ImplicitLocOpBuilder &b, const Side &side,
                     const Coordinates &coordinates);

/// The number to multiply with, from a code (or vector of codes) and its parameters, null where
/// there are none.
mlir::Value getNumber(mlir::ImplicitLocOpBuilder &b, const Contraction &c, const Side &side,
                      mlir::Value code, mlir::Value scale, mlir::Value zeroPoint);

/// Of the numbers to multiply with: the compute type; where sums are integers i16, or i32 beside
/// codes of 16 bits, whose distance from a zero point has 17.
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
