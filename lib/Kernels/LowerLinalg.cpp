//===- LowerLinalg.cpp - linalg on memrefs into loops ---------------------===//
//
// Loops of one op each, in the order in which the result lies in memory, so that LLVM vectorizes
// the innermost. Only the outermost is parallel.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/LowerToCpu.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace qlinalg {

/// Elements below which waking other threads costs more than it saves.
static constexpr int64_t leastParallelElements = 1 << 15;

static bool mayEndCall(Operation *op) {
  return op->walk([](cf::AssertOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// The outermost loop may run in any order, and there is enough to do (an unknown size counts as
/// 16).
static bool shouldBeParallel(linalg::LinalgOp op) {
  if (op.getNumLoops() == 0 || mayEndCall(op) ||
      op.getIteratorTypesArray().front() != utils::IteratorType::parallel)
    return false;
  int64_t elements = 1;
  for (int64_t size : op.getStaticLoopRanges())
    elements *= ShapedType::isDynamic(size) ? 16 : size;
  return elements >= leastParallelElements && op.getStaticLoopRanges().front() != 1;
}

/// A loop without carried values, whose iterations are independent, as a parallel one.
static void makeParallel(RewriterBase &rewriter, scf::ForOp loop) {
  rewriter.setInsertionPoint(loop);
  auto parallel =
      scf::ParallelOp::create(rewriter, loop.getLoc(), ValueRange{loop.getLowerBound()},
                              ValueRange{loop.getUpperBound()}, ValueRange{loop.getStep()});
  rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.inlineBlockBefore(loop.getBody(), parallel.getBody()->getTerminator(),
                             parallel.getInductionVars());
  rewriter.eraseOp(loop);
}

LogicalResult lowerLinalgToLoops(RewriterBase &rewriter, Operation *root) {
  SmallVector<linalg::LinalgOp> ops;
  root->walk([&](linalg::LinalgOp op) { ops.push_back(op); });
  for (linalg::LinalgOp op : ops) {
    if (!op.hasPureBufferSemantics())
      return op.emitOpError() << "expected memrefs, got tensors; bufferize first";
    bool parallel = shouldBeParallel(op);
    rewriter.setInsertionPoint(op);
    FailureOr<linalg::LinalgLoops> loops = linalg::linalgOpToLoops(rewriter, op);
    if (failed(loops))
      return op.emitOpError() << "cannot be lowered to loops";
    rewriter.eraseOp(op);
    if (parallel && !loops->empty())
      if (auto outermost = dyn_cast<scf::ForOp>(loops->front()))
        makeParallel(rewriter, outermost);
  }
  return success();
}

} // namespace qlinalg
