//===- PanelUnpack.h - From stored codes to numbers -------------*- C++ -*-===//
//
// What `qlinalg.dequantize` says, as code on scalars or on vectors: `(code - zero) * scale` in f32.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_PANELUNPACK_H
#define QLINALG_KERNELS_PANELUNPACK_H

#include "QLinalg/Kernels/Contraction.h"
#include "QLinalg/Kernels/TargetTable.h"

namespace qlinalg::kernels {

/// `side` as a memref of its logical shape that holds numbers to multiply: floats of the compute
/// type, or `code - zero` as i16 where sums are integers. It is the side's own memref if that is
/// what it holds; else a new one, which the caller frees. k is filled up with zeros to whole
/// blocks.
mlir::Value expandRows(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                       llvm::ArrayRef<mlir::Value> sizes, bool parallel, int64_t block = 1);

/// Scratch for one panel of columns, allocated inside the loop over panels. Scales that are codes
/// become f32 here.
struct PanelScratch {
  /// [k, rounded up to whole bytes of codes][lanes] of numbers to multiply
  mlir::Value numbers;
  /// [groups][lanes] of f32 and of i32; null where the side has none
  mlir::Value scales, zeroPoints;

  void free(mlir::ImplicitLocOpBuilder &b) const;
};

/// Unpacks `lanes` columns from coordinates[n] on (those of all dimensions but m and k are set), of
/// which those before the size of n are meaningful.
PanelScratch unpackPanel(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                         const Target &target, llvm::ArrayRef<mlir::Value> sizes,
                         const Coordinates &coordinates, int64_t lanes);

/// Only the scales and zero points of a panel.
PanelScratch unpackParams(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                          const Target &target, llvm::ArrayRef<mlir::Value> sizes,
                          const Coordinates &coordinates, int64_t lanes);

/// The scale of one element as f32.
mlir::Value loadScale(mlir::ImplicitLocOpBuilder &b, const Side &side,
                      const Coordinates &coordinates);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_PANELUNPACK_H
