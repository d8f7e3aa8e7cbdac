//===- ChooseParams.h - Parameters from a range, in arith -------*- C++ -*-===//

#ifndef QLINALG_CHOOSEPARAMS_H
#define QLINALG_CHOOSEPARAMS_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

/// The scale and (affine) the zero point of a set, as `choose_params` defines them, from its
/// absolute maximum (affine: from its minimum and maximum, widened to contain 0), scalars of f32.
/// A NaN or an infinity in the set is one in what it is given.
llvm::SmallVector<mlir::Value> chooseParams(mlir::ImplicitLocOpBuilder &b, SchemeAttr scheme,
                                            mlir::ValueRange extremes);

} // namespace qlinalg

#endif // QLINALG_CHOOSEPARAMS_H
