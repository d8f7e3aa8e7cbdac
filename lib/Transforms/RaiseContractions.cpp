//===- RaiseContractions.cpp - linalg contractions into qlinalg.matmul ----===//
//
//   linalg.matmul / batch_matmul / generic { mulf, addf }  ->  qlinalg.matmul without schemes
//
// Transposes, broadcasts and widenings of an operand are read through: the map and the kernel do
// what they did.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "ReadThrough.h"
#include "WeightContraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_RAISECONTRACTIONS
#include "QLinalg/Passes.h.inc"

/// The body is `acc + a * b`, in any order, operands widened or not.
static bool isMultiplyAdd(Block &body) {
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  Value accumulator = body.getArgument(2);
  Value product = sum.getLhs() == accumulator ? sum.getRhs() : sum.getLhs();
  if (sum.getLhs() != accumulator && sum.getRhs() != accumulator)
    return false;
  auto multiplication = product.getDefiningOp<arith::MulFOp>();
  if (!multiplication)
    return false;
  Value lhs = skipExtensions(multiplication.getLhs()),
        rhs = skipExtensions(multiplication.getRhs());
  Value first = body.getArgument(0), second = body.getArgument(1);
  return (lhs == first && rhs == second) || (lhs == second && rhs == first);
}

/// The one dimension that is summed over, and that both inputs have.
static bool reducesOneDimension(linalg::LinalgOp op) {
  SmallVector<unsigned> reduced;
  op.getReductionDims(reduced);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  for (AffineMap map : maps)
    if (!map.isProjectedPermutation())
      return false;
  if (reduced.size() != 1 || maps[2].getNumResults() + 1 != op.getNumLoops())
    return false;
  unsigned k = reduced.front();
  return maps[0].isFunctionOfDim(k) && maps[1].isFunctionOfDim(k) && !maps[2].isFunctionOfDim(k);
}

static MappedTensor getOperand(linalg::LinalgOp op, unsigned index, unsigned k) {
  MappedTensor operand{op.getDpsInputs()[index], op.getIndexingMapsArray()[index]};
  while (std::optional<MappedTensor> source = readThrough(operand)) {
    // What is the same for all k is no operand of a contraction over k.
    if (!source->map.isProjectedPermutation() || !source->map.isFunctionOfDim(k))
      break;
    operand = *source;
  }
  return operand;
}

namespace {
struct RaiseContraction : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op, PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
      return rewriter.notifyMatchFailure(op, "expected two inputs and one result on tensors");
    if (!llvm::all_of(op->getOperands(), isMatmulFloat) || !isMultiplyAdd(*op.getBlock()))
      return rewriter.notifyMatchFailure(op, "expected sums of products of floats");
    if (!reducesOneDimension(op))
      return rewriter.notifyMatchFailure(op, "expected one reduced dimension, in both inputs");
    SmallVector<unsigned> reduced;
    op.getReductionDims(reduced);
    MappedTensor lhs = getOperand(op, 0, reduced.front());
    MappedTensor rhs = getOperand(op, 1, reduced.front());
    Value init = op.getDpsInits().front();
    ArrayAttr maps =
        rewriter.getAffineMapArrayAttr({lhs.map, rhs.map, op.getIndexingMapsArray()[2]});
    rewriter.replaceOpWithNewOp<MatmulOp>(
        op, TypeRange{init.getType()}, lhs.tensor, Value(), Value(), rhs.tensor, Value(), Value(),
        /*bias=*/Value(), /*multiplier=*/Value(), init, maps, SchemeAttr(), SchemeAttr(),
        LayoutAttr(), LayoutAttr(), Epilogue::None, AccumulatorAttr(),
        op->getAttrOfType<StringAttr>("site"));
    return success();
  }
};

struct RaiseContractionsPass : impl::RaiseContractionsBase<RaiseContractionsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseContraction>(&getContext());
    auto count = [&] {
      unsigned matmuls = 0;
      getOperation().walk([&](MatmulOp) { ++matmuls; });
      return matmuls;
    };
    unsigned before = count();
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    raised += count() - before;
  }
};
} // namespace

} // namespace qlinalg
