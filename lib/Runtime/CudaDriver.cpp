//===- CudaDriver.cpp - libcuda by dlopen ---------------------------------===//

#include "CudaDriver.h"

#include <dlfcn.h>

using namespace qlinalg;

const char *CudaDriver::describe(int error) const {
  const char *text = nullptr;
  return getErrorString(error, &text) == 0 && text ? text : "unknown error";
}

Result<CudaDriver> qlinalg::loadCudaDriver() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Failure{
        "expected the CUDA driver, libcuda.so.1, got none: is a GPU of NVIDIA in this machine, "
        "and its driver installed?"};
  CudaDriver driver;
  const char *missing = nullptr;
  auto find = [&](auto &function, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol)
      missing = name;
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol);
  };
  find(driver.init, "cuInit");
  find(driver.deviceGetCount, "cuDeviceGetCount");
  find(driver.deviceGet, "cuDeviceGet");
  find(driver.deviceGetAttribute, "cuDeviceGetAttribute");
  find(driver.primaryContextRetain, "cuDevicePrimaryCtxRetain");
  find(driver.contextSetCurrent, "cuCtxSetCurrent");
  find(driver.moduleLoad, "cuModuleLoadDataEx");
  find(driver.moduleUnload, "cuModuleUnload");
  find(driver.moduleGetFunction, "cuModuleGetFunction");
  find(driver.memoryAllocateManaged, "cuMemAllocManaged");
  find(driver.memoryFree, "cuMemFree_v2");
  find(driver.streamCreate, "cuStreamCreate");
  find(driver.streamDestroy, "cuStreamDestroy_v2");
  find(driver.streamSynchronize, "cuStreamSynchronize");
  find(driver.launchKernel, "cuLaunchKernel");
  find(driver.getErrorString, "cuGetErrorString");
  if (missing)
    return Failure{std::string("expected a CUDA driver with ") + missing + ", got one without"};
  if (int error = driver.init(0))
    return Failure{std::string("cannot start the CUDA driver: ") + driver.describe(error)};
  return driver;
}
