//===- GpuTarget.h - What the kernels know of a GPU -------------*- C++ -*-===//
//
// A part of the target table (TargetTable.cpp), beside the processors.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_GPUTARGET_H
#define QLINALG_KERNELS_GPUTARGET_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace qlinalg {

struct GpuTarget {
  /// `sm_80`.
  std::string chip;
  /// 80.
  int64_t capability;
  /// Bytes of shared memory that a block may have without asking for more.
  int64_t sharedBytes = 48 << 10;

  /// mma.sync.m16n8k32 of 8 bit integers (8 x 8 x 16 before it, which dp4a keeps up with).
  bool hasIntegerMatrices() const { return capability >= 80; }
  /// cp.async: global to shared memory past the registers.
  bool hasAsyncCopies() const { return capability >= 80; }
  bool hasBf16() const { return capability >= 80; }
  /// e4m3 in mma.sync and cvt.
  bool hasFloat8() const { return capability >= 89; }
  /// LLVM's features: the oldest version of PTX that has the chip.
  std::string getFeatures() const;
};

/// The GPU called `chip`: sm_75, sm_80, sm_86, sm_87, sm_89, sm_90, sm_90a, sm_100, sm_100a,
/// sm_120. Nothing for another name.
std::optional<GpuTarget> lookupGpuTarget(llvm::StringRef chip);

/// The names that `lookupGpuTarget` knows, for messages.
inline constexpr llvm::StringLiteral gpuTargetNames =
    "sm_75, sm_80, sm_86, sm_87, sm_89, sm_90, sm_90a, sm_100, sm_100a or sm_120";

} // namespace qlinalg

#endif // QLINALG_KERNELS_GPUTARGET_H
