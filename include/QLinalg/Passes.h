//===- Passes.h - The passes ------------------------------------*- C++ -*-===//

#ifndef QLINALG_PASSES_H
#define QLINALG_PASSES_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Pass/Pass.h"

namespace mlir {
namespace affine {
class AffineDialect;
} // namespace affine
namespace arith {
class ArithDialect;
} // namespace arith
namespace bufferization {
class BufferizationDialect;
} // namespace bufferization
namespace cf {
class ControlFlowDialect;
} // namespace cf
namespace func {
class FuncDialect;
class FuncOp;
} // namespace func
namespace linalg {
class LinalgDialect;
} // namespace linalg
namespace LLVM {
class LLVMDialect;
} // namespace LLVM
namespace math {
class MathDialect;
} // namespace math
namespace memref {
class MemRefDialect;
} // namespace memref
namespace ml_program {
class MLProgramDialect;
} // namespace ml_program
namespace scf {
class SCFDialect;
} // namespace scf
namespace tensor {
class TensorDialect;
} // namespace tensor
namespace vector {
class VectorDialect;
} // namespace vector
class ModuleOp;
} // namespace mlir

namespace qlinalg {

#define GEN_PASS_DECL
#include "QLinalg/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "QLinalg/Passes.h.inc"

/// The patterns of `--qlinalg-lower-to-linalg`. Without `includeKernels` those of every op but
/// `matmul` and `dynamic_quantize`, for lowerings that generate their code themselves.
void populateLowerToLinalgPatterns(mlir::RewritePatternSet &patterns, bool includeKernels = true);

} // namespace qlinalg

#endif // QLINALG_PASSES_H
