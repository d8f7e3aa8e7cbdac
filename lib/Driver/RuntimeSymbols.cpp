//===- RuntimeSymbols.cpp - What code in this process may call ------------===//

#include "RuntimeSymbols.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Runtime/Abi.h"
#include "QLinalg/Runtime/Cuda.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <dlfcn.h>
#include <omp.h>

using namespace llvm::orc;
using namespace qlinalg;

// Runtime/Conversions.cpp: only their addresses are needed here.
extern "C" {
float __extendhfsf2(float);
float __truncsfhf2(float);
float __truncdfhf2(double);
float __truncsfbf2(float);
float __truncdfbf2(double);
}

/// OpenMP's functions, of the library that this one is linked with. A process that loaded this as a
/// plugin (Python) does not offer them, or has another OpenMP.
static llvm::Error defineOpenMP(LLJIT &jit) {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&omp_get_max_threads), &info))
    return makeError("cannot find the OpenMP library of this process");
  auto library =
      DynamicLibrarySearchGenerator::Load(info.dli_fname, jit.getDataLayout().getGlobalPrefix());
  if (!library)
    return library.takeError();
  jit.getMainJITDylib().addGenerator(std::move(*library));
  return llvm::Error::success();
}

llvm::Error qlinalg::defineRuntimeSymbols(LLJIT &jit) {
  if (llvm::Error error = defineOpenMP(jit))
    return error;
  SymbolMap symbols;
  auto define = [&](llvm::StringRef name, auto *function) {
    symbols[jit.mangleAndIntern(name)] = {ExecutorAddr::fromPtr(function),
                                          llvm::JITSymbolFlags::Exported |
                                              llvm::JITSymbolFlags::Callable};
  };
#define QLINALG_DEFINE(name) define(#name, &name)
  QLINALG_DEFINE(qlinalg_rt_assert_fail);
  QLINALG_DEFINE(qlinalg_rt_acquire);
  QLINALG_DEFINE(qlinalg_rt_release);
  QLINALG_DEFINE(qlinalg_rt_allocate);
  QLINALG_DEFINE(qlinalg_rt_pack_panels);
  QLINALG_DEFINE(qlinalg_rt_pack_blocks);
  QLINALG_DEFINE(qlinalg_rt_pack_trellis);
  QLINALG_DEFINE(qlinalg_rt_record_f64);
  QLINALG_DEFINE(qlinalg_rt_record_f32);
  QLINALG_DEFINE(qlinalg_rt_record_f16);
  QLINALG_DEFINE(qlinalg_rt_record_bf16);
  QLINALG_DEFINE(qlinalg_rt_sum_codes);
  QLINALG_DEFINE(qlinalg_rt_cuda_launch);
  QLINALG_DEFINE(qlinalg_rt_cuda_resident);
  QLINALG_DEFINE(qlinalg_rt_cuda_wait);
  QLINALG_DEFINE(memrefCopy);
  QLINALG_DEFINE(__extendhfsf2);
  QLINALG_DEFINE(__truncsfhf2);
  QLINALG_DEFINE(__truncdfhf2);
  QLINALG_DEFINE(__truncsfbf2);
  QLINALG_DEFINE(__truncdfbf2);
#undef QLINALG_DEFINE
  return jit.getMainJITDylib().define(absoluteSymbols(std::move(symbols)));
}
