//===- RuntimeSymbols.cpp - What code in this process may call ------------===//

#include "RuntimeSymbols.h"
#include "QLinalg/Runtime/Abi.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

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

llvm::Error qlinalg::defineRuntimeSymbols(LLJIT &jit) {
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
  QLINALG_DEFINE(qlinalg_rt_record_f64);
  QLINALG_DEFINE(qlinalg_rt_record_f32);
  QLINALG_DEFINE(qlinalg_rt_record_f16);
  QLINALG_DEFINE(qlinalg_rt_record_bf16);
  QLINALG_DEFINE(qlinalg_rt_sum_codes);
  QLINALG_DEFINE(memrefCopy);
  QLINALG_DEFINE(__extendhfsf2);
  QLINALG_DEFINE(__truncsfhf2);
  QLINALG_DEFINE(__truncdfhf2);
  QLINALG_DEFINE(__truncsfbf2);
  QLINALG_DEFINE(__truncdfbf2);
#undef QLINALG_DEFINE
  return jit.getMainJITDylib().define(absoluteSymbols(std::move(symbols)));
}
