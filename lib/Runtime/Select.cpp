//===- Select.cpp - Which variant of the code this processor runs ---------===//

#include "QLinalg/Runtime/Abi.h"

#include <string_view>

#ifdef __x86_64__
#include <sys/syscall.h>
#include <unistd.h>

/// Linux lets a process use the registers of AMX, which make its contexts large, once it asked for
/// them (Documentation/arch/x86/xstate.rst).
static bool mayUseTiles() {
  constexpr long requestPermission = 0x1023, tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}
#endif

/// LLVM's names of the instruction sets that code of a variant may hold; one
/// that is not here counts as absent.
static bool has([[maybe_unused]] std::string_view name) {
#ifdef __x86_64__
#define QLINALG_HAS(set)                                                                           \
  if (name == set)                                                                                 \
    return __builtin_cpu_supports(set);
  QLINALG_HAS("cmov")
  QLINALG_HAS("mmx")
  QLINALG_HAS("sse3")
  QLINALG_HAS("ssse3")
  QLINALG_HAS("sse4.1")
  QLINALG_HAS("sse4.2")
  QLINALG_HAS("sse4a")
  QLINALG_HAS("popcnt")
  QLINALG_HAS("lzcnt")
  QLINALG_HAS("movbe")
  QLINALG_HAS("adx")
  QLINALG_HAS("bmi")
  QLINALG_HAS("bmi2")
  QLINALG_HAS("f16c")
  QLINALG_HAS("fma")
  QLINALG_HAS("avx")
  QLINALG_HAS("avx2")
  QLINALG_HAS("gfni")
  QLINALG_HAS("avxvnni")
  QLINALG_HAS("avx512f")
  QLINALG_HAS("avx512bw")
  QLINALG_HAS("avx512cd")
  QLINALG_HAS("avx512dq")
  QLINALG_HAS("avx512vl")
  QLINALG_HAS("avx512ifma")
  QLINALG_HAS("avx512vbmi")
  QLINALG_HAS("avx512vbmi2")
  QLINALG_HAS("avx512vnni")
  QLINALG_HAS("avx512bitalg")
  QLINALG_HAS("avx512vpopcntdq")
  QLINALG_HAS("avx512bf16")
  QLINALG_HAS("avx512fp16")
  if (name == "amx-tile")
    return __builtin_cpu_supports("amx-tile") && mayUseTiles();
  QLINALG_HAS("amx-int8")
  QLINALG_HAS("amx-bf16")
#undef QLINALG_HAS
  // Every x86-64 has them.
  return name == "sse" || name == "sse2" || name == "64bit" || name == "crc32";
#else
  return false;
#endif
}

static bool hasAll(std::string_view names) {
  while (!names.empty()) {
    size_t end = names.find(',');
    if (!has(names.substr(0, end)))
      return false;
    names.remove_prefix(end == names.npos ? names.size() : end + 1);
  }
  return true;
}

int32_t qlinalg_rt_select(const char *const *variants, int64_t count, int32_t *selected) {
  // One more than the variant, so that 0 is what is not known yet.
  int32_t known = __atomic_load_n(selected, __ATOMIC_RELAXED);
  for (int32_t i = 0; !known && i < count; ++i)
    if (hasAll(variants[i]))
      known = i + 1;
  __atomic_store_n(selected, known, __ATOMIC_RELAXED);
  return known - 1;
}
