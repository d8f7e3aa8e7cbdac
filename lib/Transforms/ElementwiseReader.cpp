//===- ElementwiseReader.cpp - The one elementwise reader of a matmul -----===//

#include "ElementwiseReader.h"

#include "ReadThrough.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

/// `op` as a generic where it computes element by element and nothing else, else null.
static linalg::GenericOp getElementwise(RewriterBase &rewriter, Operation *op) {
  auto reader = dyn_cast<linalg::LinalgOp>(op);
  if (!reader || !reader.hasPureTensorSemantics() ||
      reader.getNumParallelLoops() != reader.getNumLoops())
    return nullptr;
  for (OpOperand &init : reader.getDpsInitsMutable())
    if (!reader.getMatchingIndexingMap(&init).isPermutation())
      return nullptr;
  for (Operation &inner : reader.getBlock()->without_terminator())
    if (!isPure(&inner))
      return nullptr;
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return generic;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::GenericOp> generic = linalg::generalizeNamedOp(rewriter, reader);
  return succeeded(generic) ? *generic : nullptr;
}

/// An input that is read twice by one map gets one element.
static void mergeElements(RewriterBase &rewriter, linalg::GenericOp reader) {
  SmallVector<OpOperand *> inputs = reader.getDpsInputOperands();
  for (auto [i, input] : llvm::enumerate(inputs))
    for (OpOperand *earlier : ArrayRef(inputs).take_front(i))
      if (earlier->get() == input->get() &&
          reader.getMatchingIndexingMap(earlier) == reader.getMatchingIndexingMap(input))
        rewriter.replaceAllUsesWith(reader.getMatchingBlockArgument(input),
                                    reader.getMatchingBlockArgument(earlier));
}

/// The op that alone uses `value`, in any number of operands.
static Operation *getOnlyUser(Value value) {
  auto users = llvm::to_vector(llvm::SetVector<Operation *>(value.user_begin(), value.user_end()));
  return users.size() == 1 ? users.front() : nullptr;
}

/// Whether `reader` reads another matmul than `view`, whose own epilogue it may be.
static bool readsMatmul(linalg::GenericOp reader, Value view) {
  return llvm::any_of(reader->getOperands(), [&](Value operand) {
    if (operand == view)
      return false;
    while (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(operand.getDefiningOp()))
      operand = operand.getDefiningOp()->getOperand(0);
    return operand.getDefiningOp<MatmulOp>() != nullptr;
  });
}

/// Makes `producer` part of the one op that reads it.
static bool fuseIntoReader(RewriterBase &rewriter, linalg::GenericOp producer, Value view) {
  Operation *user = producer.getNumResults() == 1 ? getOnlyUser(producer.getResult(0)) : nullptr;
  if (!user || user->getBlock() != producer->getBlock())
    return false;
  linalg::GenericOp reader = getElementwise(rewriter, user);
  if (!reader || readsMatmul(reader, view))
    return false;
  mergeElements(rewriter, reader);
  for (OpOperand *input : reader.getDpsInputOperands()) {
    if (input->get() != producer.getResult(0) || reader.getMatchingBlockArgument(input).use_empty())
      continue;
    if (!reader.getMatchingIndexingMap(input).isPermutation())
      return false;
    rewriter.setInsertionPoint(reader);
    FailureOr<linalg::ElementwiseOpFusionResult> fused =
        linalg::fuseElementwiseOps(rewriter, input);
    if (failed(fused))
      return false;
    for (Value old : reader->getResults())
      rewriter.replaceAllUsesWith(old, fused->replacements.lookup(old));
    rewriter.eraseOp(reader);
    rewriter.eraseOp(producer);
    return true;
  }
  return false;
}

/// Sizes of the matmul's result, and of `expand`, are read from where they come from.
static void forwardSizes(RewriterBase &rewriter, MatmulOp op, tensor::ExpandShapeOp expand) {
  for (Operation *user : llvm::make_early_inc_range(op.getResult().getUsers()))
    if (auto dim = dyn_cast<tensor::DimOp>(user))
      rewriter.modifyOpInPlace(dim, [&] { dim.getSourceMutable().assign(op.getInit()); });
  if (!expand)
    return;
  for (Operation *user : llvm::make_early_inc_range(expand->getUsers())) {
    auto dim = dyn_cast<tensor::DimOp>(user);
    std::optional<int64_t> index = dim ? dim.getConstantIndex() : std::nullopt;
    if (!index)
      continue;
    rewriter.setInsertionPoint(dim);
    OpFoldResult size = expand.getMixedOutputShape()[*index];
    rewriter.replaceOp(dim, getValueOrCreateConstantIndexOp(rewriter, dim.getLoc(), size));
  }
}

/// The reshape that alone reads the matmul.
static tensor::ExpandShapeOp getSplit(RewriterBase &rewriter, MatmulOp op) {
  forwardSizes(rewriter, op, nullptr);
  auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(getOnlyUser(op.getResult()));
  forwardSizes(rewriter, op, expand);
  return expand;
}

/// `reader` of what `expand` split as a reader of its source; null where other operands forbid it.
static linalg::GenericOp mergeDims(RewriterBase &rewriter, MatmulOp op,
                                   tensor::ExpandShapeOp expand, linalg::GenericOp reader) {
  // A vector that is repeated by another op has no dimensions that are in the way.
  for (OpOperand *input : reader.getDpsInputOperands()) {
    MappedTensor operand{input->get(), reader.getMatchingIndexingMap(input)};
    std::optional<MappedTensor> source = readThrough(operand);
    if (source && source->map.isProjectedPermutation() &&
        getElementTypeOrSelf(source->tensor) == getElementTypeOrSelf(operand.tensor)) {
      SmallVector<AffineMap> maps = reader.getIndexingMapsArray();
      maps[input->getOperandNumber()] = source->map;
      rewriter.modifyOpInPlace(reader, [&] {
        input->set(source->tensor);
        reader.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      });
    }
  }
  RewritePatternSet patterns(rewriter.getContext());
  linalg::populateFoldReshapeOpsByCollapsingPatterns(
      patterns, [&](OpOperand *operand) { return operand->get() == expand.getResult(); });
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
  // What it changed is seen by the source's new reader.
  (void)applyOpPatternsGreedily(reader.getOperation(), std::move(patterns), config);
  forwardSizes(rewriter, op, expand);
  if (expand->use_empty())
    rewriter.eraseOp(expand);
  return dyn_cast_or_null<linalg::GenericOp>(getOnlyUser(op.getResult()));
}

linalg::GenericOp getOnlyReader(RewriterBase &rewriter, MatmulOp op, ReaderTest isWanted) {
  while (true) {
    tensor::ExpandShapeOp expand = getSplit(rewriter, op);
    Value view = expand ? expand.getResult() : op.getResult();
    llvm::SetVector<Operation *> users(view.user_begin(), view.user_end());
    SmallVector<linalg::GenericOp> readers;
    for (Operation *user : users) {
      // What only moves split dimensions stays what it is.
      bool moves = expand && isa<linalg::TransposeOp, linalg::BroadcastOp>(user);
      linalg::GenericOp reader = moves || user->getBlock() != op->getBlock()
                                     ? linalg::GenericOp()
                                     : getElementwise(rewriter, user);
      if (!reader)
        return nullptr;
      mergeElements(rewriter, reader);
      readers.push_back(reader);
    }
    if (readers.size() == 1 && isWanted(view, readers.front()))
      return expand ? mergeDims(rewriter, op, expand, readers.front()) : readers.front();
    auto fuse = [&](linalg::GenericOp reader) { return fuseIntoReader(rewriter, reader, view); };
    if (llvm::none_of(readers, fuse))
      return nullptr;
  }
}

} // namespace qlinalg
