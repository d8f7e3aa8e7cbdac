//===- LowerLinalg.cpp - linalg on memrefs into loops ---------------------===//
//
//   several ops with the same rows  ->  scf.execute_region no_inline {
//                                         scf.parallel (row) { one short loop, in vectors, per op }
//                                       }
//
// The region is what `--qlinalg-outline-kernels` makes a function of. Ops that no vector form
// serves run in plain loops.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/LowerToCpu.h"

#include "QLinalg/Kernels/Access.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/NestGroup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace qlinalg {

using namespace kernels;

/// Plain operations below which waking other threads costs more than it saves.
static constexpr int64_t leastParallelWork = 1 << 15;
/// Parallel steps that are enough to keep threads evenly busy.
static constexpr int64_t enoughSteps = 64;
/// Vectors of one parallel step where a single loop is split.
static constexpr int64_t vectorsPerStep = 64;

static bool mayEndCall(Operation *op) {
  return op->walk([](cf::AssertOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

//===----------------------------------------------------------------------===//
// Loops over rows
//===----------------------------------------------------------------------===//

static int64_t countSteps(const Nest &nest, ArrayRef<unsigned> rows) {
  int64_t steps = 1;
  for (unsigned row : rows)
    steps *= ShapedType::isDynamic(nest.sizes[row]) ? 16 : nest.sizes[row];
  return steps;
}

static bool shouldBeParallel(const NestGroup &group) {
  int64_t work = 0;
  for (const Nest &nest : group.nests) {
    linalg::LinalgOp op = nest.op;
    if (mayEndCall(op) || op->getParentOfType<scf::ParallelOp>())
      return false;
    work += nest.getWork();
  }
  return work >= leastParallelWork;
}

/// All nests of the group at the rows `indices`.
static void emitRow(ImplicitLocOpBuilder &b, const NestGroup &group, ArrayRef<Value> indices) {
  for (auto [nest, rows] : llvm::zip_equal(group.nests, group.rows)) {
    Coordinates coordinates(nest.sizes.size());
    for (auto [row, index] : llvm::zip_equal(rows, indices))
      coordinates[row] = index;
    emitNest(b, nest, coordinates);
  }
}

/// Rows outside of the parallel ones, and inside.
static void emitRows(ImplicitLocOpBuilder &b, const NestGroup &group, ArrayRef<Value> sizes,
                     size_t parallel) {
  SmallVector<Value> zeros(parallel, indexConstant(b, 0)), ones(parallel, indexConstant(b, 1));
  SmallVector<Value> indices;
  OpBuilder::InsertionGuard guard(b);
  if (parallel != 0) {
    auto loop = scf::ParallelOp::create(b, zeros, sizes.take_front(parallel), ones);
    llvm::append_range(indices, loop.getInductionVars());
    b.setInsertionPointToStart(loop.getBody());
  }
  forEachIndex(b, sizes.drop_front(parallel), [&](ArrayRef<Value> others) {
    SmallVector<Value> all(indices);
    llvm::append_range(all, others);
    emitRow(b, group, all);
  });
}

/// A single nest with few rows and long vectors: parts of its vectors' loop are parallel too.
static bool splitVectors(ImplicitLocOpBuilder &b, const NestGroup &group, ArrayRef<Value> sizes) {
  const Nest &nest = group.nests.front();
  if (group.nests.size() != 1 || !nest.vectorDim || nest.innerDim ||
      nest.isReduction(*nest.vectorDim) || countSteps(nest, group.rows.front()) >= 8)
    return false;
  int64_t part = vectorsPerStep * nest.lanes, size = nest.sizes[*nest.vectorDim];
  if (!ShapedType::isDynamic(size) && size < 2 * part)
    return false;
  Value all = getLoopSizes(b, nest)[*nest.vectorDim];
  SmallVector<Value> uppers(sizes), zeros(sizes.size() + 1, indexConstant(b, 0)),
      ones(sizes.size() + 1, indexConstant(b, 1));
  uppers.push_back(divideUp(b, all, part));
  auto loop = scf::ParallelOp::create(b, zeros, uppers, ones);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value begin = multiply(b, loop.getInductionVars().back(), part);
  Coordinates coordinates(nest.sizes.size());
  for (auto [row, index] : llvm::zip(group.rows.front(), loop.getInductionVars()))
    coordinates[row] = index;
  emitNest(b, nest, coordinates, begin, minimum(b, add(b, begin, part), all));
  return true;
}

static void emitGroup(RewriterBase &rewriter, const NestGroup &group) {
  const Nest &first = group.nests.front();
  linalg::LinalgOp op = first.op;
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  auto region = scf::ExecuteRegionOp::create(b, TypeRange(), /*no_inline=*/true);
  b.setInsertionPointToStart(&region.getRegion().emplaceBlock());
  SmallVector<Value> loopSizes = getLoopSizes(b, first);
  SmallVector<Value> sizes =
      llvm::map_to_vector(group.rows.front(), [&](unsigned row) { return loopSizes[row]; });
  bool parallel = shouldBeParallel(group);
  if (!parallel || !splitVectors(b, group, sizes)) {
    size_t outer = 0;
    while (parallel && outer < sizes.size() &&
           countSteps(first, ArrayRef(group.rows.front()).take_front(outer)) < enoughSteps)
      ++outer;
    emitRows(b, group, sizes, outer);
  }
  scf::YieldOp::create(b);
}

//===----------------------------------------------------------------------===//
// From one block's ops to groups
//===----------------------------------------------------------------------===//

namespace {
struct BlockLowering {
  RewriterBase &rewriter;
  const Target &target;
  NestGroup group;
  SmallVector<Operation *> deallocations;

  LogicalResult run(Block &block);
  LogicalResult add(linalg::LinalgOp op);
  void flush();
  bool mayStayBefore(Operation &op);
};
} // namespace

void BlockLowering::flush() {
  if (group.nests.empty())
    return;
  Operation *last = group.nests.back().op;
  group.finish(target);
  rewriter.setInsertionPoint(last);
  emitGroup(rewriter, group);
  for (Operation *deallocation : deallocations)
    rewriter.moveOpAfter(deallocation, last);
  for (const Nest &nest : group.nests)
    rewriter.eraseOp(nest.op);
  group = {};
  deallocations.clear();
}

LogicalResult BlockLowering::add(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics())
    return op.emitOpError() << "expected memrefs, got tensors; bufferize first";
  std::optional<Nest> nest = analyzeNest(op);
  if (!nest) {
    flush();
    rewriter.setInsertionPoint(op);
    if (failed(linalg::linalgOpToLoops(rewriter, op)))
      return op.emitOpError() << "cannot be lowered to loops";
    rewriter.eraseOp(op);
    return success();
  }
  // By itself, so that others stay parallel.
  if (mayEndCall(op))
    flush();
  if (!group.add(*nest, target)) {
    flush();
    group.add(*nest, target);
  }
  if (mayEndCall(op))
    flush();
  return success();
}

/// The group runs where its last op stands; `op` then comes before all of it.
bool BlockLowering::mayStayBefore(Operation &op) {
  if (isMemoryEffectFree(&op) || isa<memref::AllocOp, memref::AllocaOp>(op))
    return true;
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return !group.uses(load.getMemRef());
  if (auto store = dyn_cast<memref::StoreOp>(op))
    return !group.uses(store.getMemRef());
  return false;
}

LogicalResult BlockLowering::run(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      if (failed(add(linalgOp)))
        return failure();
    } else if (auto deallocation = dyn_cast<memref::DeallocOp>(op)) {
      if (group.uses(deallocation.getMemref()))
        deallocations.push_back(deallocation);
    } else if (!group.nests.empty() && !mayStayBefore(op)) {
      flush();
    }
  }
  flush();
  return success();
}

LogicalResult lowerLinalgToLoops(RewriterBase &rewriter, Operation *root, const Target &target) {
  // A copy is one more op with rows; of strided memrefs it would be a call of the run time.
  root->walk([&](memref::CopyOp copy) {
    if (!isa<MemRefType>(copy.getSource().getType()) ||
        !isa<MemRefType>(copy.getTarget().getType()))
      return;
    rewriter.setInsertionPoint(copy);
    linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
    rewriter.eraseOp(copy);
  });
  SetVector<Block *> blocks;
  root->walk([&](linalg::LinalgOp op) { blocks.insert(op->getBlock()); });
  for (Block *block : blocks)
    if (failed(BlockLowering{rewriter, target, {}, {}}.run(*block)))
      return failure();
  return success();
}

} // namespace qlinalg
