//===- Cuda.cpp - Kernels on a GPU by the CUDA driver ---------------------===//

#include "QLinalg/Runtime/Cuda.h"

#include "CudaDriver.h"
#include "QLinalg/Runtime/Abi.h"
#include "QLinalg/Runtime/Blocks.h"

#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

using namespace qlinalg;

namespace {
struct Gpu {
  CudaDriver driver;
  void *context = nullptr;
  std::string chip;

  std::mutex mutex;
  /// By the place of the module and the name of the kernel.
  std::map<std::pair<void **, std::string>, void *> functions;
  std::vector<void **> modules;
  std::map<const void *, void *> residents;
};
} // namespace

/// Never destroyed: blocks and threads may outlive everything else.
static Gpu *gpu = nullptr;
static std::mutex opening;

/// The stream of a thread, destroyed with it.
namespace {
struct Stream {
  void *handle = nullptr;
  ~Stream() {
    if (handle && gpu->driver.contextSetCurrent(gpu->context) == 0)
      gpu->driver.streamDestroy(handle);
  }
};
} // namespace
static thread_local Stream stream;
/// What the call of this thread ends with: no object with a destructor may live when it does.
static thread_local char message[512];

static bool fail(const char *what, int error) {
  std::snprintf(message, sizeof(message), "%s: %s", what, gpu->driver.describe(error));
  return false;
}

static void *acquireManaged(size_t, size_t bytes) {
  unsigned long long pointer = 0;
  if (gpu->driver.contextSetCurrent(gpu->context) != 0 ||
      gpu->driver.memoryAllocateManaged(&pointer, bytes, attachGlobal) != 0)
    return nullptr;
  return reinterpret_cast<void *>(pointer);
}
static void releaseManaged(void *memory) {
  gpu->driver.contextSetCurrent(gpu->context);
  // What a kernel still uses may not go.
  if (stream.handle)
    gpu->driver.streamSynchronize(stream.handle);
  gpu->driver.memoryFree(reinterpret_cast<unsigned long long>(memory));
}
static constexpr BlockSource managed = {acquireManaged, releaseManaged};

Result<std::string> qlinalg::openCuda() {
  std::lock_guard lock(opening);
  if (gpu) {
    setBlockSource(&managed);
    return gpu->chip;
  }
  auto driver = loadCudaDriver();
  if (!driver)
    return Failure{driver.error()};
  int count = 0, device = 0, major = 0, minor = 0;
  if (driver->deviceGetCount(&count) != 0 || count == 0)
    return Failure{"expected a GPU that the CUDA driver knows, got none"};
  auto opened = std::make_unique<Gpu>();
  opened->driver = *driver;
  for (int error :
       {driver->deviceGet(&device, 0), driver->deviceGetAttribute(&major, capabilityMajor, device),
        driver->deviceGetAttribute(&minor, capabilityMinor, device),
        driver->primaryContextRetain(&opened->context, device)})
    if (error != 0)
      return Failure{std::string("cannot use the GPU: ") + driver->describe(error)};
  opened->chip = "sm_" + std::to_string(10 * major + minor);
  gpu = opened.release();
  setBlockSource(&managed);
  return gpu->chip;
}

void qlinalg::releaseCuda() {
  std::lock_guard lock(opening);
  if (!gpu || gpu->driver.contextSetCurrent(gpu->context) != 0)
    return;
  setBlockSource(nullptr);
  std::lock_guard all(gpu->mutex);
  for (void **module : gpu->modules)
    gpu->driver.moduleUnload(*module);
  for (auto &[host, copy] : gpu->residents)
    releaseManaged(copy);
  gpu->modules.clear();
  gpu->functions.clear();
  gpu->residents.clear();
  if (stream.handle)
    gpu->driver.streamDestroy(stream.handle);
  stream.handle = nullptr;
}

/// Makes the GPU, and a stream, that of this thread.
static bool enter() {
  if (!gpu) {
    std::snprintf(message, sizeof(message), "expected a GPU that was opened, got none");
    return false;
  }
  if (int error = gpu->driver.contextSetCurrent(gpu->context))
    return fail("cannot use the GPU", error);
  if (stream.handle)
    return true;
  int error = gpu->driver.streamCreate(&stream.handle, streamNonBlocking);
  return error == 0 || fail("cannot make a stream", error);
}

static bool loadModule(void **module, const char *image) {
  // What the driver's assembler says, where it refuses.
  char log[256] = "";
  int options[] = {errorLogBuffer, errorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  if (int error = gpu->driver.moduleLoad(module, image, 2, options, values)) {
    std::snprintf(message, sizeof(message), "cannot load kernels: %s: %.250s",
                  gpu->driver.describe(error), log);
    return false;
  }
  gpu->modules.push_back(module);
  return true;
}

static void *findKernel(void **module, const char *image, const char *name) {
  std::lock_guard lock(gpu->mutex);
  if (!*module && !loadModule(module, image))
    return nullptr;
  void *&function = gpu->functions[{module, name}];
  if (!function)
    if (int error = gpu->driver.moduleGetFunction(&function, *module, name)) {
      function = nullptr;
      fail(name, error);
    }
  return function;
}

static bool launch(void **module, const char *image, const char *kernel, const int64_t (&sizes)[6],
                   void **arguments) {
  if (!enter())
    return false;
  void *function = findKernel(module, image, kernel);
  if (!function)
    return false;
  auto size = [&](int i) { return static_cast<unsigned>(sizes[i]); };
  int error =
      gpu->driver.launchKernel(function, size(0), size(1), size(2), size(3), size(4), size(5),
                               /*sharedBytes=*/0, stream.handle, arguments, nullptr);
  return error == 0 || fail(kernel, error);
}

void qlinalg_rt_cuda_launch(void **module, const char *image, const char *kernel, int64_t gridX,
                            int64_t gridY, int64_t gridZ, int64_t blockX, int64_t blockY,
                            int64_t blockZ, void **arguments) {
  if (!launch(module, image, kernel, {gridX, gridY, gridZ, blockX, blockY, blockZ}, arguments))
    qlinalg_rt_assert_fail(message);
}

/// Null where there is no memory.
static void *findResident(const void *host, int64_t bytes) {
  std::lock_guard lock(gpu->mutex);
  void *&copy = gpu->residents[host];
  if (!copy) {
    copy = acquireManaged(0, static_cast<size_t>(bytes > 0 ? bytes : 1));
    if (copy)
      std::memcpy(copy, host, static_cast<size_t>(bytes));
  }
  return copy;
}

void *qlinalg_rt_cuda_resident(const void *host, int64_t bytes) {
  if (!enter())
    qlinalg_rt_assert_fail(message);
  void *copy = findResident(host, bytes);
  if (!copy)
    qlinalg_rt_assert_fail("out of memory");
  return copy;
}

static bool wait() {
  if (!enter())
    return false;
  int error = gpu->driver.streamSynchronize(stream.handle);
  return error == 0 || fail("a kernel failed", error);
}

void qlinalg_rt_cuda_wait() {
  if (!wait())
    qlinalg_rt_assert_fail(message);
}
