//===- VerifyParams.h - Checks that ops with params_map share ---*- C++ -*-===//

#ifndef QLINALG_LIB_IR_VERIFYPARAMS_H
#define QLINALG_LIB_IR_VERIFYPARAMS_H

#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

/// `params_map` is one, for data of `rank`; `number` is the constraint's.
llvm::LogicalResult verifyParamsMap(mlir::Operation *op, mlir::AffineMap map, int64_t rank,
                                    llvm::StringRef number);

/// The granularity of the scheme is the one that `params_map` spells out.
llvm::LogicalResult verifyGranularity(mlir::Operation *op, Scheme scheme, mlir::AffineMap map,
                                      llvm::StringRef number);

} // namespace qlinalg

#endif // QLINALG_LIB_IR_VERIFYPARAMS_H
