//===- TargetTable.cpp - What the kernels know of a processor -------------===//

#include "QLinalg/Kernels/TargetTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

#include <algorithm>

using namespace llvm;

namespace qlinalg {

namespace {
struct Alias {
  StringRef name, processor;
};
} // namespace

/// The least processor of LLVM's that has what the name says.
static constexpr Alias aliases[] = {
    {"avx2", "x86-64-v3"},     {"avxvnni", "alderlake"},        {"avx512vnni", "icelake-server"},
    {"amx", "sapphirerapids"}, {"neon-dotprod", "neoverse-n1"}, {"neon-i8mm", "neoverse-v1"},
};

static constexpr Target avx512{512, 32}, avx2{256, 16}, sse{128, 16}, neon{128, 32};

StringRef getLLVMProcessor(StringRef cpu) {
  const Alias *alias = find_if(aliases, [&](const Alias &alias) { return alias.name == cpu; });
  return alias == std::end(aliases) ? cpu : alias->processor;
}

static Target getX86Target(function_ref<bool(StringRef)> has) {
  return has("avx512f") ? avx512 : has("avx2") ? avx2 : sse;
}

static Target getNativeTarget() {
  StringMap<bool> features = sys::getHostCPUFeatures();
  return features.contains("neon")
             ? neon
             : getX86Target([&](StringRef name) { return features.lookup(name); });
}

std::optional<Target> lookupTarget(StringRef cpu) {
  if (cpu == "native")
    return getNativeTarget();
  StringRef processor = getLLVMProcessor(cpu);
  if (X86::parseArchX86(processor) != X86::CK_None) {
    SmallVector<StringRef> features;
    X86::getFeaturesForCPU(processor, features);
    return getX86Target([&](StringRef name) { return is_contained(features, name); });
  }
  if (AArch64::parseCpu(processor))
    return neon;
  return std::nullopt;
}

int64_t Target::getTileRows(int64_t lanes, int64_t elementBits) const {
  // Beside the accumulators: a vector of each step of columns, and one row's number; what is left
  // over covers latency (4 cycles at 2 a cycle: 8 accumulators) on every target.
  int64_t vectors = std::max<int64_t>(1, (lanes * elementBits + vectorBits - 1) / vectorBits);
  int64_t spare = vectorRegisters >= 32 ? 4 : 1;
  return std::clamp<int64_t>((vectorRegisters - vectors - spare) / vectors, 1, 12);
}

} // namespace qlinalg
