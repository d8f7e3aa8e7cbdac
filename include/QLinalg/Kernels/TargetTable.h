//===- TargetTable.h - What the kernels know of a processor -----*- C++ -*-===//

#ifndef QLINALG_KERNELS_TARGETTABLE_H
#define QLINALG_KERNELS_TARGETTABLE_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace qlinalg {

/// The instruction that multiplies bytes and adds the products to sums of 32 bits.
enum class DotUnit {
  /// None: plain multiplications of widened numbers.
  None,
  /// vpmaddubsw (u8 x s8, pairs into s16, saturating) and vpmaddwd (s16 x s16, pairs into s32).
  MultiplyAdd,
  /// vpdpbusd: u8 x s8, four into s32.
  Vnni,
  /// sdot: s8 x s8, four into s32.
  SignedDot,
};

/// The instruction that multiplies two matrices of bytes, for many rows.
enum class MatrixUnit {
  None,
  /// tdpbsud: 16 x 64 bytes of rows and 64 x 16 of columns into 16 x 16 sums of 32 bits. Columns
  /// lie as vpdpbusd reads them.
  Amx,
  /// smmla: 2 x 8 bytes of rows and 8 x 2 of columns into 2 x 2 sums of 32 bits.
  I8mm,
};

struct Target {
  /// Width of a vector register in bits, and how many there are.
  int64_t vectorBits;
  int64_t vectorRegisters;
  DotUnit dot = DotUnit::None;
  MatrixUnit matrix = MatrixUnit::None;

  /// Numbers of 32 bits in a register.
  int64_t getLanes() const { return vectorBits / 32; }
  /// Rows of a panel of weights: two registers of sums, so that a row's number, once broadcast, is
  /// used twice.
  int64_t getPanelRows() const { return 2 * getLanes(); }
  /// Rows of the register tile of accumulators of `lanes` numbers of `elementBits`.
  int64_t getTileRows(int64_t lanes, int64_t elementBits) const;
};

/// The target called `cpu`: `native` (without AMX), LLVM's name of a processor, or one of this
/// project's (`avx2`, `avxvnni`, `avx512vnni`, `amx`, `neon-dotprod`, `neon-i8mm`). Nothing for a
/// name that nobody knows.
std::optional<Target> lookupTarget(llvm::StringRef cpu);

/// What LLVM calls `cpu` (`native` stays, and so does a name of LLVM's): `avx2` is `x86-64-v3`.
llvm::StringRef getLLVMProcessor(llvm::StringRef cpu);

} // namespace qlinalg

#endif // QLINALG_KERNELS_TARGETTABLE_H
