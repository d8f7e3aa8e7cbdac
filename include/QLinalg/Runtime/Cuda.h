//===- Cuda.h - Kernels on a GPU by the CUDA driver -------------*- C++ -*-===//
//
// The driver (libcuda) is loaded when it is asked for: neither headers nor libraries of CUDA are
// needed to build. One GPU, the first; memory that host and GPU both reach (managed); one stream a
// thread.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_RUNTIME_CUDA_H
#define QLINALG_RUNTIME_CUDA_H

#include "QLinalg/Parameters/Result.h"

#include <cstdint>

namespace qlinalg {

/// Loads the driver, and from now on takes the memory of calls from it. The GPU as `--chip` calls
/// it, `sm_90`. Again: the same GPU.
Result<std::string> openCuda();

/// Unloads the kernels of all programs, and frees what they keep on the GPU; none may be running.
void releaseCuda();

} // namespace qlinalg

extern "C" {

/// Starts a kernel of the module whose PTX is `image`, loaded into `module` (null at first).
/// `arguments` are addresses. Ends the call with an error where the driver refuses.
void qlinalg_rt_cuda_launch(void **module, const char *image, const char *kernel, int64_t gridX,
                            int64_t gridY, int64_t gridZ, int64_t blockX, int64_t blockY,
                            int64_t blockZ, void **arguments);

/// A copy of `bytes` bytes where the GPU reaches them, made once for an address and kept.
void *qlinalg_rt_cuda_resident(const void *host, int64_t bytes);

/// Until all kernels of this thread are done; ends the call with an error where one has failed.
void qlinalg_rt_cuda_wait(void);
}

#endif // QLINALG_RUNTIME_CUDA_H
