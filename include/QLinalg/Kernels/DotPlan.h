//===- DotPlan.h - How a matmul uses a dot product instruction --*- C++ -*-===//
//
// Rows are codes of 8 bits, columns lie in blocks of lanes. With S a stored column code, read as
// the instruction reads it, o what it is above the code, z the columns' and y the rows' zero
// point, the sum over a run of k that shares its parameters is
//
//   sum (S - o - z) (a - y)  =  sum S a  -  (o + z) sum a  -  y sum (S - o - z)
//
// so the instruction takes codes as they lie, and two sums, one a row and one a column, mend it.
// All is exact modulo 2^32, and the left side fits. A scale that all runs share is multiplied once,
// with their sum, so a sum times the other scales alone must be within f32.
//
// Rows of floats become integers of one scale a run: x = s (a + e), |e| <= 1/2. A result is then
// off by at most s / 2 * sum |w| over its runs. A row with a NaN or an infinity gives NaN. In many
// rows a has 16 bits, s = max|x| / 32767: off by about 2e-5 of a result's size for numbers of one
// kind. In few rows it has 24, as f32 has, in three signed bytes that are multiplied each by
// itself, a = 65536 a2 + 256 a1 + a0, and s is a power of two, at most 2.4e-7 max|x|: what f32
// holds with 22 bits below the greatest is exact, and others are off by no more than sums of f32
// are.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_DOTPLAN_H
#define QLINALG_KERNELS_DOTPLAN_H

#include "QLinalg/Kernels/BlockCodes.h"
#include "QLinalg/Kernels/Contraction.h"
#include "QLinalg/Kernels/TargetTable.h"

namespace qlinalg::kernels {

/// What one product of a lane of 32 bits is.
enum class DotProduct {
  /// Four bytes into 32 bits.
  Bytes,
  /// Pairs of bytes into 16 bits, which hold the sums of `pairedLanes`; then into 32 bits.
  BytePairs,
  /// Pairs of bytes, rows unsigned and columns signed, into 16 bits, which hold one pair; then into
  /// 32 bits.
  ProvedPairs,
  /// Pairs of 16 bits into 32.
  Words,
};

/// Bytes of a row of a register of AMX, and its rows.
inline constexpr int64_t amxBytes = 64, amxRows = 16;

struct DotPlan {
  DotProduct product;
  DotUnit unit;
  /// Of the tiles; none where they are of dot products.
  MatrixUnit matrix = MatrixUnit::None;
  /// Of a register, and registers in a panel.
  int64_t lanes, vectors;
  /// Elements of k: in a block of columns, and in a run that shares all parameters (0: all of k).
  int64_t block, run;
  /// Of a code of columns.
  int64_t bits;
  /// Lanes along k whose products of `BytePairs` 16 bits hold; they divide a block.
  int64_t pairedLanes;
  /// What a stored column code is above `code - zero`, but for zero points that are operands.
  int64_t columnOffset;
  /// What a row's number, as the instruction reads it, is above its code: 128 or -128 where the
  /// highest bit is inverted to give the other sign, else 0.
  int64_t rowOffset;
  /// Rows are floats and become integers.
  bool quantizesRows;
  /// Signed bytes of a row's number, the lowest first; 1 also where it is one of 16 bits.
  int64_t digits = 1;

  bool operator==(const DotPlan &) const = default;
  int64_t getPanel() const { return lanes * vectors; }
  /// Elements of k, and rows, that one instruction takes; both numbers are filled up to whole ones.
  int64_t getStep() const;
  int64_t getStepRows() const;
  /// How the codes of a block of columns lie.
  BlockCodes getBlockCodes() const { return BlockCodes(bits, block); }
  /// Elements of k in a lane.
  int64_t getLaneElements() const { return product == DotProduct::Words ? 2 : 4; }
  /// Of the numbers that are multiplied.
  mlir::Type getElementType(mlir::MLIRContext *context) const;
  /// A register of them.
  mlir::VectorType getVectorType(mlir::MLIRContext *context) const;
  mlir::VectorType getSumType(mlir::MLIRContext *context) const;
};

/// How, or nothing if this contraction cannot use the target's instruction.
std::optional<DotPlan> planDot(const Contraction &contraction, const Target &target);

/// The same as `dot` by the target's instruction for matrices, for many rows.
std::optional<DotPlan> planMatrix(const Contraction &contraction, const DotPlan &dot,
                                  const Target &target);

/// How, with rows of floats as numbers of 16 bits: for many rows, where the time that the sums take
/// is all. Nothing if it cannot be done or gains nothing.
std::optional<DotPlan> planWords(const Contraction &contraction, const Target &target);

/// How, with rows of floats as numbers of three bytes: for few rows. Nothing where `planWords`
/// gives nothing, and for targets that add products of bytes by several instructions: with AVX2's
/// it takes as long as floats do.
std::optional<DotPlan> planDigits(const Contraction &contraction, const Target &target);

/// `sum` plus the products of two registers: columns as they are stored, and a row's.
mlir::Value addDot(mlir::ImplicitLocOpBuilder &b, const DotPlan &plan, mlir::Value sum,
                   mlir::Value columns, mlir::Value row);

/// `sum` (32 bits) plus sums of 16 bits.
mlir::Value addPairs(mlir::ImplicitLocOpBuilder &b, const DotPlan &plan, mlir::Value sum,
                     mlir::Value pairs);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_DOTPLAN_H
