//===- TargetTable.h - What the kernels know of a processor -----*- C++ -*-===//

#ifndef QLINALG_KERNELS_TARGETTABLE_H
#define QLINALG_KERNELS_TARGETTABLE_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace qlinalg {

struct Target {
  /// Width of a vector register in bits, and how many there are.
  int64_t vectorBits;
  int64_t vectorRegisters;

  /// Rows of the register tile of accumulators of `lanes` numbers of `elementBits`.
  int64_t getTileRows(int64_t lanes, int64_t elementBits) const;
};

/// The target called `cpu`: `native`, LLVM's name of a processor, or one of this project's (`avx2`,
/// `avxvnni`, `avx512vnni`, `amx`, `neon-dotprod`, `neon-i8mm`). Nothing for a name that nobody
/// knows.
std::optional<Target> lookupTarget(llvm::StringRef cpu);

/// What LLVM calls `cpu` (`native` stays, and so does a name of LLVM's): `avx2` is `x86-64-v3`.
llvm::StringRef getLLVMProcessor(llvm::StringRef cpu);

} // namespace qlinalg

#endif // QLINALG_KERNELS_TARGETTABLE_H
