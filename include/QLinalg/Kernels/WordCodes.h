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

/// What each code in `words` (a vector of i32) stands for without its scale, as f32: `code - zero`
/// of integers, exactly, or a level. The code of the lowest bits comes first. `zeros`: zero points
/// as f32, null where the scheme has none. A lane that holds a NaN has one among its numbers, not
/// always in its place.
llvm::SmallVector<mlir::Value> getWordNumbers(mlir::ImplicitLocOpBuilder &b, const Target &target,
                                              SchemeAttr scheme, LayoutAttr layout,
                                              mlir::Value words, mlir::Value zeros);

/// Where in its block code `index` of the words of step `step` stands.
int64_t getWordOffset(SchemeAttr scheme, LayoutAttr layout, int64_t step, int64_t index);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_WORDCODES_H
