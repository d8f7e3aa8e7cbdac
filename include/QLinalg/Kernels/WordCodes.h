//===- WordCodes.h - Codes in words as floats -------------------*- C++ -*-===//
//
// Layouts of steps of 4 bytes: a vector of words of 32 bits, one lane a row of the panel.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_WORDCODES_H
#define QLINALG_KERNELS_WORDCODES_H

#include "QLinalg/Kernels/TargetTable.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg::kernels {

/// A number of a block: a vector of f32, or of i32, one lane a row, and where in the block it
/// stands.
struct BlockNumber {
  mlir::Value value;
  int64_t offset;
};

/// What each code of step `step` of a block (BlockCodes.h) stands for without its scale, as f32:
/// `code - zero` of integers, exactly, or a level. `stored`: a vector of bytes of each plane.
/// `zeros`: zero points as f32, null where the scheme has none. A lane that holds a NaN has one
/// among its numbers, not always in its place.
llvm::SmallVector<BlockNumber> getWordNumbers(mlir::ImplicitLocOpBuilder &b, const Target &target,
                                              SchemeAttr scheme, LayoutAttr layout, int64_t step,
                                              llvm::ArrayRef<mlir::Value> stored,
                                              mlir::Value zeros);

/// The codes themselves, as i32.
llvm::SmallVector<BlockNumber> getWordIntegers(mlir::ImplicitLocOpBuilder &b, SchemeAttr scheme,
                                               LayoutAttr layout, int64_t step,
                                               llvm::ArrayRef<mlir::Value> stored);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_WORDCODES_H
