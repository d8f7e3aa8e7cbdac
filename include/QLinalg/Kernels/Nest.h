//===- Nest.h - The loops of one linalg op ----------------------*- C++ -*-===//
//
// A linalg op on memrefs as loops, one of which may run in vectors. Loops of one step are left out.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_NEST_H
#define QLINALG_KERNELS_NEST_H

#include "QLinalg/Kernels/Contraction.h"
#include "QLinalg/Kernels/TargetTable.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace qlinalg::kernels {

struct Nest {
  mlir::linalg::LinalgOp op;
  /// Of each loop; `kDynamic` where unknown.
  llvm::SmallVector<int64_t> sizes;
  /// Of each operand.
  llvm::SmallVector<mlir::AffineMap> maps;
  /// The loop that runs in vectors of `lanes`; nothing: one element after the other.
  std::optional<unsigned> vectorDim;
  int64_t lanes = 1;
  /// A parallel loop to be run inside the one over vectors, because an input lies along it: what
  /// is read then stays in the cache until the next vector.
  std::optional<unsigned> innerDim;

  bool isUnit(unsigned dim) const { return sizes[dim] == 1; }
  bool isReduction(unsigned dim) const;
  /// Loops of more than one step, parallel ones in the order in which the result lies in memory.
  llvm::SmallVector<unsigned> getParallelDims() const;
  llvm::SmallVector<unsigned> getReductionDims() const;
  /// The vectors cover the loop without a rest.
  bool isWhole() const;
  /// Steps of all loops times what a step costs, with 16 in place of an unknown size.
  int64_t getWork() const;
};

/// Elements of `type` are as far apart in memory as in a vector. Not i1: a byte in a memref, a bit
/// in a vector.
bool liesAsVector(mlir::Type type);

/// How an operand's elements lie along a loop.
enum class Along { Invariant, Contiguous, Strided };
Along getAlong(const Nest &nest, mlir::OpOperand &operand, unsigned dim);

/// Nothing where parallel steps may write one element, or a result's place is computed.
std::optional<Nest> analyzeNest(mlir::linalg::LinalgOp op);

/// Chooses the loop that runs in vectors among those that are not `outer`.
void chooseVectorDim(Nest &nest, llvm::ArrayRef<unsigned> outer, const Target &target);

/// Loops for what is not set in `coordinates`. With `begin` (a multiple of the lanes) and `end`
/// only that part of the loop in vectors, which is a parallel one.
void emitNest(mlir::ImplicitLocOpBuilder &b, const Nest &nest, Coordinates coordinates,
              mlir::Value begin = nullptr, mlir::Value end = nullptr);

/// The sizes of all loops.
llvm::SmallVector<mlir::Value> getLoopSizes(mlir::ImplicitLocOpBuilder &b, const Nest &nest);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_NEST_H
