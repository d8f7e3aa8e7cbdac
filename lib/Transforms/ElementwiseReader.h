//===- ElementwiseReader.h - The one elementwise reader of a matmul -*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_ELEMENTWISEREADER_H
#define QLINALG_LIB_TRANSFORMS_ELEMENTWISEREADER_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace qlinalg {

/// Whether an op that reads a value is what is looked for.
using ReaderTest = llvm::function_ref<bool(mlir::Value, mlir::linalg::GenericOp)>;

/// The elementwise op that alone reads the result of `op` and passes `isWanted`; null where there
/// is none. Several are fused until one is left that does. Where it reads the result with
/// dimensions split by a reshape, it is rewritten to read it as it is.
mlir::linalg::GenericOp getOnlyReader(mlir::RewriterBase &rewriter, MatmulOp op,
                                      ReaderTest isWanted);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_ELEMENTWISEREADER_H
