//===- Activation.h - An epilogue found in scalar code ----------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_ACTIVATION_H
#define QLINALG_LIB_TRANSFORMS_ACTIVATION_H

#include "Expression.h"

#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

struct Activation {
  Epilogue epilogue;
  mlir::Value value;
};

/// The first value of `body` that is an epilogue of `x`, where nothing else of the body needs `x`.
std::optional<Activation> matchActivation(Expressions &expressions, mlir::Block &body,
                                          mlir::Value x);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_ACTIVATION_H
