//===- MatmulGroup.cpp - Matmuls of one input -----------------------------===//

#include "QLinalg/Kernels/MatmulGroup.h"

#include "QLinalg/Kernels/Access.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace qlinalg::kernels {

//===----------------------------------------------------------------------===//
// Which
//===----------------------------------------------------------------------===//

static bool touches(MatmulOp op, Value memref) {
  return llvm::any_of(op->getOperands(), [&](Value own) { return mayAlias(own, memref); });
}

static bool readsSameOperand(MatmulOp lhs, MatmulOp rhs) {
  Value left[] = {getRoot(lhs.getLhs()), getRoot(lhs.getRhs())};
  return llvm::is_contained(left, getRoot(rhs.getLhs())) ||
         llvm::is_contained(left, getRoot(rhs.getRhs()));
}

static bool canJoin(ArrayRef<MatmulOp> group, MatmulOp op) {
  return llvm::all_of(group, [&](MatmulOp other) {
    return readsSameOperand(other, op) && !touches(op, other.getInit()) &&
           !touches(other, op.getInit());
  });
}

/// The group runs after `op`, which stands behind a part of it.
static bool mayRunBefore(ArrayRef<MatmulOp> group, Operation &op) {
  if (isMemoryEffectFree(&op))
    return true;
  std::optional<SmallVector<MemoryEffects::EffectInstance>> effects = getEffectsRecursively(&op);
  return effects && llvm::all_of(*effects, [&](const MemoryEffects::EffectInstance &effect) {
           if (isa<MemoryEffects::Allocate>(effect.getEffect()))
             return true;
           Value memref = effect.getValue();
           return memref && llvm::none_of(group, [&](MatmulOp member) {
                    return isa<MemoryEffects::Read>(effect.getEffect())
                               ? mayAlias(member.getInit(), memref)
                               : touches(member, memref);
                  });
         });
}

SmallVector<MatmulGroup> groupMatmuls(Operation *root) {
  SmallVector<MatmulGroup> groups;
  SetVector<Block *> blocks;
  root->walk([&](MatmulOp op) { blocks.insert(op->getBlock()); });
  for (Block *block : blocks) {
    MatmulGroup group;
    auto flush = [&] {
      if (!group.empty())
        groups.push_back(std::exchange(group, {}));
    };
    for (Operation &op : *block) {
      if (auto matmul = dyn_cast<MatmulOp>(op)) {
        if (!canJoin(group, matmul))
          flush();
        group.push_back(matmul);
      } else if (!group.empty() && !mayRunBefore(group, op)) {
        flush();
      }
    }
    flush();
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// One loop of several
//===----------------------------------------------------------------------===//

/// Moves the body of `loop`, at `index`, to where `rewriter` stands.
static void inlineBody(RewriterBase &rewriter, scf::ParallelOp loop, Value index) {
  Block *body = loop.getBody();
  rewriter.eraseOp(body->getTerminator());
  rewriter.inlineBlockBefore(body, rewriter.getInsertionBlock(), rewriter.getInsertionPoint(),
                             index);
}

/// Emits the branches to `loops`, the first of which begins at index `begin`.
static void emitBranches(ImplicitLocOpBuilder &b, RewriterBase &rewriter,
                         ArrayRef<scf::ParallelOp> loops, Value index, Value begin) {
  scf::ParallelOp loop = loops.front();
  auto body = [&] {
    rewriter.restoreInsertionPoint(b.saveInsertionPoint());
    inlineBody(rewriter, loop, subtract(b, index, begin));
  };
  if (loops.size() == 1)
    return body();
  Value end = add(b, begin, loop.getUpperBound().front());
  Value isOwn = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, end);
  ifThenElse(b, isOwn, body, [&] { emitBranches(b, rewriter, loops.drop_front(), index, end); });
}

void mergeParallelLoops(RewriterBase &rewriter, ArrayRef<scf::ParallelOp> loops) {
  if (loops.size() < 2)
    return;
  Operation *last = loops.back();
  SmallVector<Operation *> freed;
  for (Operation *op = loops.front(); op != last; op = op->getNextNode())
    if (isa<memref::DeallocOp>(op))
      freed.push_back(op);
  ImplicitLocOpBuilder b(last->getLoc(), rewriter);
  b.setInsertionPoint(last);
  Value total = indexConstant(b, 0);
  for (scf::ParallelOp loop : loops)
    total = add(b, total, loop.getUpperBound().front());
  auto merged = scf::ParallelOp::create(b, ValueRange{indexConstant(b, 0)}, ValueRange{total},
                                        ValueRange{indexConstant(b, 1)});
  b.setInsertionPointToStart(merged.getBody());
  emitBranches(b, rewriter, loops, merged.getInductionVars().front(), indexConstant(b, 0));
  for (scf::ParallelOp loop : loops)
    rewriter.eraseOp(loop);
  for (Operation *op : llvm::reverse(freed))
    rewriter.moveOpAfter(op, merged);
}

} // namespace qlinalg::kernels
