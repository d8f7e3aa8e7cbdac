//===- LowerLoops.cpp - linalg and copies on memrefs into launches --------===//
//
//   linalg.generic {parallel, reduction}  ->  gpu.launch: a thread for each index of the parallel
//   loops,
//                                             which runs the others one after the other
//
// An assertion in a body becomes a trap: the launch fails, and the call with it.
//
//===----------------------------------------------------------------------===//

#include "Launch.h"
#include "LowerToGpu.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// As a linalg.generic whose parallel loops come first.
static FailureOr<linalg::GenericOp> orderLoops(RewriterBase &rewriter, linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic) {
    FailureOr<linalg::GenericOp> generalized = linalg::generalizeNamedOp(rewriter, op);
    if (failed(generalized))
      return failure();
    generic = *generalized;
  }
  SmallVector<unsigned> order, reductions;
  for (auto [dim, type] : llvm::enumerate(generic.getIteratorTypesArray()))
    (type == utils::IteratorType::parallel ? order : reductions).push_back(dim);
  order.append(reductions);
  if (llvm::is_sorted(order))
    return generic;
  return linalg::interchangeGenericOp(rewriter, generic, order);
}

/// cf.assert below `root`.
static void trapAssertions(RewriterBase &rewriter, Operation *root) {
  SmallVector<cf::AssertOp> assertions;
  root->walk([&](cf::AssertOp op) { assertions.push_back(op); });
  for (cf::AssertOp op : assertions) {
    rewriter.setInsertionPoint(op);
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value fails = arith::XOrIOp::create(b, op.getArg(), arith::ConstantIntOp::create(b, 1, 1));
    ifThenElse(b, fails, [&] { LLVM::Trap::create(b); }, nullptr);
    rewriter.eraseOp(op);
  }
}

/// A loop that linalg made, from 0 in steps of 1.
static void launchParallel(RewriterBase &rewriter, scf::ParallelOp loop) {
  rewriter.setInsertionPoint(loop);
  ImplicitLocOpBuilder b(loop.getLoc(), rewriter);
  SmallVector<Value> sizes(loop.getUpperBound());
  Value count = sizes.front();
  for (Value size : ArrayRef(sizes).drop_front())
    count = multiply(b, count, size);
  launchEach(b, count, [&](Value index) {
    SmallVector<Value> indices = delinearize(b, index, sizes);
    Block *body = loop.getBody();
    rewriter.eraseOp(body->getTerminator());
    rewriter.inlineBlockBefore(body, b.getInsertionBlock(), b.getInsertionPoint(), indices);
  });
  rewriter.eraseOp(loop);
}

static LogicalResult lowerOp(RewriterBase &rewriter, linalg::LinalgOp op) {
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::GenericOp> generic = orderLoops(rewriter, op);
  if (failed(generic))
    return op.emitOpError("expected an op that is a loop nest");
  Operation *root = *generic;
  rewriter.setInsertionPoint(root);
  ImplicitLocOpBuilder b(root->getLoc(), rewriter);
  if (generic->getNumParallelLoops() == 0) {
    // One result: one thread.
    Value one = indexConstant(b, 1);
    mlir::gpu::LaunchOp launch =
        launchBlocks(b, "single", {one, one, one}, 1, [](mlir::gpu::LaunchOp) {});
    rewriter.moveOpBefore(root, launch.getBody().front().getTerminator());
    rewriter.setInsertionPoint(root);
    if (failed(linalg::linalgOpToLoops(rewriter, *generic)))
      return failure();
    rewriter.eraseOp(root);
    trapAssertions(rewriter, launch);
    return success();
  }
  FailureOr<linalg::LinalgLoops> loops = linalg::linalgOpToParallelLoops(rewriter, *generic);
  if (failed(loops))
    return root->emitOpError("expected an op that is a loop nest");
  rewriter.eraseOp(root);
  trapAssertions(rewriter, loops->front());
  launchParallel(rewriter, cast<scf::ParallelOp>(loops->front()));
  return success();
}

LogicalResult lowerLoops(RewriterBase &rewriter, Operation *root) {
  SmallVector<linalg::LinalgOp> ops;
  SmallVector<memref::CopyOp> copies;
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<mlir::gpu::LaunchOp>(op))
      return WalkResult::skip();
    if (auto copy = dyn_cast<memref::CopyOp>(op))
      copies.push_back(copy);
    else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      ops.push_back(linalgOp);
    return WalkResult::advance();
  });
  for (memref::CopyOp copy : copies) {
    rewriter.setInsertionPoint(copy);
    ops.push_back(
        linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget()));
    rewriter.eraseOp(copy);
  }
  for (linalg::LinalgOp op : ops)
    if (failed(lowerOp(rewriter, op)))
      return failure();
  return success();
}

} // namespace qlinalg::gpu
