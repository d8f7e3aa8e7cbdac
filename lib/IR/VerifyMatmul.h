//===- VerifyMatmul.h - Parts of the verifier of qlinalg.matmul -*- C++ -*-===//

#ifndef QLINALG_LIB_IR_VERIFYMATMUL_H
#define QLINALG_LIB_IR_VERIFYMATMUL_H

#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

/// What the result is and what belongs to it, types and presence (C11 to C14).
llvm::LogicalResult verifyResult(MatmulOp op);

/// The precomputed sums of the side in panels (C15); `sizes` are those of the loops.
llvm::LogicalResult verifySums(MatmulOp op, llvm::ArrayRef<int64_t> sizes);

} // namespace qlinalg

#endif // QLINALG_LIB_IR_VERIFYMATMUL_H
