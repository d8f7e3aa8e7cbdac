//===- Passes.h - The passes to GPUs ----------------------------*- C++ -*-===//
//
// Apart from the others, so that what knows nothing of GPUs is not compiled anew with them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_GPU_PASSES_H
#define QLINALG_GPU_PASSES_H

#include "QLinalg/Passes.h"

namespace mlir {
namespace gpu {
class GPUDialect;
class GPUModuleOp;
} // namespace gpu
namespace NVVM {
class NVVMDialect;
} // namespace NVVM
} // namespace mlir

namespace qlinalg {

#define GEN_PASS_DECL
#include "QLinalg/Gpu/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "QLinalg/Gpu/Passes.h.inc"

} // namespace qlinalg

#endif // QLINALG_GPU_PASSES_H
