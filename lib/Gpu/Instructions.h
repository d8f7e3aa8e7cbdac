//===- Instructions.h - What kernels do below vector ------------*- C++ -*-===//
//
// Addresses are i64 (global memory) or i32 (shared memory) numbers of bytes.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_GPU_INSTRUCTIONS_H
#define QLINALG_LIB_GPU_INSTRUCTIONS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg::gpu {

/// Writes the instructions of one thread.
struct Instructions {
  mlir::ImplicitLocOpBuilder &b;

  using Value = mlir::Value;

  /// On i32 and i64; constants are folded.
  Value number(int64_t value, unsigned bits = 32) const;
  Value add(Value lhs, Value rhs) const;
  Value add(Value lhs, int64_t rhs) const;
  Value multiply(Value lhs, int64_t rhs) const;
  Value divide(Value lhs, int64_t rhs) const;
  Value remainder(Value lhs, int64_t rhs) const;
  Value exclusiveOr(Value lhs, Value rhs) const;
  /// An index, an i32 or an i64 as another of these.
  Value cast(Value value, mlir::Type type) const;
  Value toIndex(Value value) const;
  Value toI32(Value value) const;
  Value toI64(Value value) const;

  /// The address of a memref's first byte of data, without its offset, as i64.
  Value addressOf(Value memref) const;
  /// Of a memref of shared memory, as i32.
  Value sharedAddressOf(Value memref) const;

  Value load(Value address, mlir::Type type, int64_t alignment) const;
  void store(Value value, Value address, int64_t alignment) const;
  Value loadShared(Value address, mlir::Type type, int64_t alignment) const;
  void storeShared(Value value, Value address, int64_t alignment) const;

  /// `bytes` (4, 8 or 16) from global to shared memory without waiting; the first `taken` (i32) of
  /// them, zeros after.
  void copyAsync(Value shared, Value global, int64_t bytes, Value taken) const;
  void commitCopies() const;
  /// Until all but the `newest` latest groups have come.
  void waitForCopies(int64_t newest) const;
  /// Of the block.
  void barrier() const;

  /// Four 8 x 8 matrices of 16 bits; each lane gives the address of a row.
  llvm::SmallVector<Value> loadMatrices(Value shared) const;
  /// Registers (i32) of D = A B + C by mma.sync.m16n8k32; `a` and `b` are `s8` or `u8`.
  llvm::SmallVector<Value> multiplyBytes(llvm::StringRef aType, llvm::StringRef bType,
                                         llvm::ArrayRef<Value> a, llvm::ArrayRef<Value> bRegisters,
                                         llvm::ArrayRef<Value> c) const;
  /// c + the sum of products of the four bytes of `lhs` and `rhs`.
  Value dot(bool lhsUnsigned, Value lhs, bool rhsUnsigned, Value rhs, Value c) const;
  /// The value (i32 or f32) of lane `lane ^ mask`.
  Value shuffle(Value value, int64_t mask) const;

  Value intrinsic(llvm::StringRef name, mlir::Type result, llvm::ArrayRef<Value> operands) const;
};

} // namespace qlinalg::gpu

#endif // QLINALG_LIB_GPU_INSTRUCTIONS_H
