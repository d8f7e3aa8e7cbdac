//===- WeightSource.h - The bytes of a weight -------------------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_WEIGHTSOURCE_H
#define QLINALG_TRANSFORMS_WEIGHTSOURCE_H

#include "ParameterFiles.h"
#include "WeightRows.h"

#include "QLinalg/Constants.h"

namespace qlinalg {

/// The constant that the root of a view is; null for parameters, whose bytes are outside the IR.
mlir::ElementsAttr getRootConstant(mlir::Value root);

struct WeightSource {
  FloatSource floats;
  /// What holds the bytes of a constant.
  std::optional<ConstantBytes> constant;
};

/// The elements of `root`, of a type that `floatTypeOf` knows. Where they are not to be had, an
/// error at `loc` names the layer.
mlir::FailureOr<WeightSource> openWeight(mlir::Location loc, mlir::Value root,
                                         llvm::StringRef layer, ParameterFiles &files);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WEIGHTSOURCE_H
