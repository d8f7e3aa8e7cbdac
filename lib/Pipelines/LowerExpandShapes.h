//===- LowerExpandShapes.h - Several unknown sizes of one -------*- C++ -*-===//

#ifndef QLINALG_LIB_PIPELINES_LOWEREXPANDSHAPES_H
#define QLINALG_LIB_PIPELINES_LOWEREXPANDSHAPES_H

#include "mlir/Pass/Pass.h"

namespace qlinalg {

/// `memref.expand_shape` of one dimension into several of unknown size (batch and length, say)
/// becomes a `memref.reinterpret_cast`: upstream's expand-strided-metadata crashes on it
/// (LLVM 22.1.8).
std::unique_ptr<mlir::Pass> createLowerExpandShapes();

} // namespace qlinalg

#endif // QLINALG_LIB_PIPELINES_LOWEREXPANDSHAPES_H
