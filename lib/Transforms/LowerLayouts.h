//===- LowerLayouts.h - What all lowerings of pack and unpack do -*- C++ -*-==//

#ifndef QLINALG_TRANSFORMS_LOWERLAYOUTS_H
#define QLINALG_TRANSFORMS_LOWERLAYOUTS_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

/// `source` with zeros behind it, up to `shape`.
mlir::Value padWithZeros(mlir::ImplicitLocOpBuilder &b, mlir::Value source,
                         llvm::ArrayRef<int64_t> shape);

/// Sizes for what `source` becomes: those that are dynamic stand before the last dimension of rows
/// and stay.
llvm::SmallVector<mlir::OpFoldResult> getPackedSizes(mlir::ImplicitLocOpBuilder &b,
                                                     mlir::Value source, LayoutAttr layout);

/// A code in excess form from a plain one, and back.
mlir::Value invertIfExcess(mlir::ImplicitLocOpBuilder &b, LayoutAttr layout, mlir::Value code);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_LOWERLAYOUTS_H
