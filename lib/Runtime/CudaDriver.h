//===- CudaDriver.h - The functions of libcuda that we call -----*- C++ -*-===//
//
// Types and numbers as NVIDIA's documentation of the driver API gives them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_RUNTIME_CUDADRIVER_H
#define QLINALG_LIB_RUNTIME_CUDADRIVER_H

#include "QLinalg/Parameters/Result.h"

#include <cstddef>

namespace qlinalg {

/// 0 is success. Handles are pointers, a device is a number.
struct CudaDriver {
  int (*init)(unsigned flags);
  int (*deviceGetCount)(int *count);
  int (*deviceGet)(int *device, int ordinal);
  int (*deviceGetAttribute)(int *value, int attribute, int device);
  int (*primaryContextRetain)(void **context, int device);
  int (*contextSetCurrent)(void *context);
  int (*moduleLoad)(void **module, const void *image, unsigned count, int *options, void **values);
  int (*moduleUnload)(void *module);
  int (*moduleGetFunction)(void **function, void *module, const char *name);
  int (*memoryAllocateManaged)(unsigned long long *pointer, size_t bytes, unsigned flags);
  int (*memoryFree)(unsigned long long pointer);
  int (*streamCreate)(void **stream, unsigned flags);
  int (*streamDestroy)(void *stream);
  int (*streamSynchronize)(void *stream);
  int (*launchKernel)(void *function, unsigned gridX, unsigned gridY, unsigned gridZ,
                      unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                      void *stream, void **arguments, void **extra);
  int (*getErrorString)(int error, const char **text);

  /// `error` in words.
  const char *describe(int error) const;
};

/// Attributes of a device, options of a module, and flags.
inline constexpr int capabilityMajor = 75, capabilityMinor = 76, errorLogBuffer = 5,
                     errorLogBytes = 6;
inline constexpr unsigned attachGlobal = 1, streamNonBlocking = 1;

/// The driver of this machine; it stays loaded.
Result<CudaDriver> loadCudaDriver();

} // namespace qlinalg

#endif // QLINALG_LIB_RUNTIME_CUDADRIVER_H
