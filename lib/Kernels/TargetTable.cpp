//===- TargetTable.cpp - What the kernels know of a processor -------------===//

#include "QLinalg/Kernels/TargetTable.h"

#include "QLinalg/Kernels/GpuTarget.h"

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
    {"amx", "sapphirerapids"}, {"neon-dotprod", "neoverse-n1"}, {"neon-i8mm", "ampere1"},
};

StringRef getLLVMProcessor(StringRef cpu) {
  const Alias *alias = find_if(aliases, [&](const Alias &alias) { return alias.name == cpu; });
  return alias == std::end(aliases) ? cpu : alias->processor;
}

using HasFeature = function_ref<bool(StringRef)>;

static Target getX86Target(HasFeature has) {
  if (has("avx512f") && has("avx512bw") && has("avx512vl")) {
    if (!has("avx512vnni"))
      return {512, 32, DotUnit::MultiplyAdd};
    bool hasTiles = has("amx-tile") && has("amx-int8");
    return {512, 32, DotUnit::Vnni, hasTiles ? MatrixUnit::Amx : MatrixUnit::None};
  }
  if (has("avx2"))
    return {256, 16, has("avxvnni") ? DotUnit::Vnni : DotUnit::MultiplyAdd};
  return {128, 16};
}

static Target getArmTarget(HasFeature has) {
  if (!has("dotprod"))
    return {128, 32};
  return {128, 32, DotUnit::SignedDot, has("i8mm") ? MatrixUnit::I8mm : MatrixUnit::None};
}

static Target getNativeTarget() {
  StringMap<bool> features = sys::getHostCPUFeatures();
  // The system must be asked for AMX, which is done where code for one of several processors is
  // chosen.
  auto has = [&](StringRef name) { return features.lookup(name) && !name.starts_with("amx"); };
  return features.contains("neon") ? getArmTarget(has) : getX86Target(has);
}

std::optional<Target> lookupTarget(StringRef cpu) {
  if (cpu == "native")
    return getNativeTarget();
  StringRef processor = getLLVMProcessor(cpu);
  if (X86::parseArchX86(processor) != X86::CK_None) {
    SmallVector<StringRef> names;
    X86::getFeaturesForCPU(processor, names);
    // LLVM lists the latest of those that imply one another.
    StringMap<bool> features;
    for (StringRef name : names) {
      features[name] = true;
      X86::updateImpliedFeatures(name, true, features);
    }
    return getX86Target([&](StringRef name) { return features.lookup(name); });
  }
  if (std::optional<AArch64::CpuInfo> info = AArch64::parseCpu(processor)) {
    AArch64::ExtensionBitset extensions = info->getImpliedExtensions();
    return getArmTarget([&](StringRef name) {
      std::optional<AArch64::ExtensionInfo> extension = AArch64::parseArchExtension(name);
      return extension && extensions.test(extension->ID);
    });
  }
  return std::nullopt;
}

namespace {
/// A GPU, and the first version of PTX that has it, times 10.
struct Chip {
  StringRef name;
  int64_t capability, ptx;
};
} // namespace

static constexpr Chip chips[] = {
    {"sm_75", 75, 63},    {"sm_80", 80, 70},   {"sm_86", 86, 71},  {"sm_87", 87, 74},
    {"sm_89", 89, 84},    {"sm_90", 90, 84},   {"sm_90a", 90, 84}, {"sm_100", 100, 86},
    {"sm_100a", 100, 86}, {"sm_120", 120, 87},
};

static const Chip *findChip(StringRef name) {
  const Chip *chip = find_if(chips, [&](const Chip &chip) { return chip.name == name; });
  return chip == std::end(chips) ? nullptr : chip;
}

std::optional<GpuTarget> lookupGpuTarget(StringRef name) {
  const Chip *chip = findChip(name);
  if (!chip)
    return std::nullopt;
  return GpuTarget{name.str(), chip->capability};
}

std::string GpuTarget::getFeatures() const { return "+ptx" + std::to_string(findChip(chip)->ptx); }

int64_t Target::getTileRows(int64_t lanes, int64_t elementBits) const {
  // Beside the accumulators: a vector of each step of columns, and one row's number; what is left
  // over covers latency (4 cycles at 2 a cycle: 8 accumulators) on every target.
  int64_t vectors = std::max<int64_t>(1, (lanes * elementBits + vectorBits - 1) / vectorBits);
  int64_t spare = vectorRegisters >= 32 ? 4 : 1;
  return std::clamp<int64_t>((vectorRegisters - vectors - spare) / vectors, 1, 12);
}

} // namespace qlinalg
