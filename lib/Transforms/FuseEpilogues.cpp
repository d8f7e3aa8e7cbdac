//===- FuseEpilogues.cpp - What follows a matmul into its epilogue --------===//
//
//   silu(matmul(outs = zeros) + broadcast(b)) * y  ->  matmul(bias b, epilogue silu, times y)
//   matmul(outs = zeros) + r                       ->  matmul(outs = r)
//   matmul(outs = broadcast(b))                    ->  matmul(bias b, outs = zeros)
//
// Readers are taken by what their bodies compute, from the matmul's value outward as far as the
// epilogue goes; the rest stays. Where several readers make one activation they are fused first,
// and dimensions that a reshape splits before them are split after them.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "ElementwiseReader.h"
#include "EpiloguePeel.h"
#include "Generic.h"
#include "ResultRule.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_FUSEEPILOGUES
#include "QLinalg/Passes.h.inc"

/// Zeros of a shape like `init`'s.
static Value createZeros(ImplicitLocOpBuilder &b, Value init, Type element, AffineMap permutation) {
  SmallVector<OpFoldResult> sizes =
      applyPermutationMap(permutation, ArrayRef(tensor::getMixedSizes(b, b.getLoc(), init)));
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  Value zero = arith::ConstantOp::create(b, b.getFloatAttr(element, 0));
  return createFilled(b, RankedTensorType::get(shape, element), sizes, zero);
}

/// `op` at the builder's place with other outs, and the operands of the epilogue that are given,
/// mapped from the dimensions of the result.
static MatmulOp rebuild(ImplicitLocOpBuilder &b, MatmulOp op, const EpiloguePeel &peel, Value init,
                        AffineMap initMap) {
  auto matmul = cast<MatmulOp>(b.clone(*op));
  SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
  maps[op.getInitMutable().getOperandNumber()] = AffineMapAttr::get(initMap);
  auto insert = [&](unsigned index, const MappedTensor &operand) {
    AffineMap map = operand.map.compose(op.getInitMap());
    maps.insert(maps.begin() + index, AffineMapAttr::get(map));
  };
  if (peel.multiplier) {
    insert(op.getInitMutable().getOperandNumber(), *peel.multiplier);
    matmul.getMultiplierMutable().assign(peel.multiplier->tensor);
  }
  if (peel.bias) {
    insert(op.getODSOperandIndexAndLength(6).first, *peel.bias);
    matmul.getBiasMutable().assign(peel.bias->tensor);
  }
  if (peel.epilogue != Epilogue::None)
    matmul.setEpilogue(peel.epilogue);
  matmul.getInitMutable().assign(init);
  matmul.setIndexingMapsAttr(b.getArrayAttr(maps));
  matmul.getResult().setType(cast<RankedTensorType>(init.getType()));
  return matmul;
}

/// matmul(outs = broadcast(b)) -> matmul(bias b, outs = zeros)
static MatmulOp takeBroadcastInit(RewriterBase &rewriter, MatmulOp op) {
  MappedTensor init{op.getInit(), rewriter.getMultiDimIdentityMap(op.getInitMap().getNumResults())};
  while (std::optional<MappedTensor> source = readThrough(init))
    init = *source;
  if (op.getBias() || init.map.getNumResults() >= init.map.getNumDims() ||
      isZeroFilled(op.getInit()))
    return op;
  rewriter.setInsertionPoint(op);
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  Value zeros = createZeros(b, op.getInit(), getElementTypeOrSelf(op.getInit()),
                            b.getMultiDimIdentityMap(init.map.getNumDims()));
  EpiloguePeel peel;
  peel.bias = init;
  MatmulOp matmul = rebuild(b, op, peel, zeros, op.getInitMap());
  rewriter.replaceOp(op, matmul);
  return matmul;
}

/// Ops of which a part is left take only what that part reads.
static void dropUnusedInputs(func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](linalg::GenericOp op) {
    if (op.hasPureTensorSemantics() &&
        llvm::any_of(op.getRegionInputArgs(), [](BlockArgument arg) { return arg.use_empty(); }))
      ops.push_back(op);
  });
  RewritePatternSet patterns(function.getContext());
  linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingOps);
  (void)applyOpPatternsGreedily(ops, std::move(patterns), config);
}

namespace {
struct FuseEpiloguesPass : impl::FuseEpiloguesBase<FuseEpiloguesPass> {
  using FuseEpiloguesBase::FuseEpiloguesBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<MatmulOp> matmuls;
    getOperation().walk([&](MatmulOp op) {
      if (op.hasPureTensorSemantics() && isa<mlir::FloatType>(getElementTypeOrSelf(op.getInit())) &&
          (!onlyRequantized || op->hasAttr(resultRuleAttrName)))
        matmuls.push_back(op);
    });
    if (matmuls.empty())
      return;
    for (MatmulOp op : matmuls) {
      MatmulOp next = takeBroadcastInit(rewriter, op);
      biases += next != op;
      while ((op = next))
        next = takeReader(rewriter, op);
    }
    dropUnusedInputs(getOperation());
  }

  /// `op` with what its reader does first, null when there is nothing more.
  MatmulOp takeReader(RewriterBase &rewriter, MatmulOp op);
  void count(const EpiloguePeel &peel);
};
} // namespace

void FuseEpiloguesPass::count(const EpiloguePeel &peel) {
  biases += peel.bias.has_value();
  residuals += peel.residual != nullptr;
  activations += peel.epilogue != Epilogue::None;
  multipliers += peel.multiplier.has_value();
  narrowings += peel.narrows;
}

/// Of the body remains what follows `peel`; it begins with the matmul's element.
static void dropPrefix(RewriterBase &rewriter, linalg::GenericOp reader, const EpiloguePeel &peel) {
  rewriter.replaceAllUsesWith(peel.value, peel.element);
  for (Operation &dead : llvm::make_early_inc_range(llvm::reverse(*reader.getBody())))
    if (isOpTriviallyDead(&dead))
      rewriter.eraseOp(&dead);
}

/// Whether the rows of the result may be stored in the order of `permutation`.
static bool canPermute(MatmulOp op, const EpiloguePeel &peel, AffineMap permutation) {
  if (permutation.isIdentity())
    return true;
  // Vectors lie along the last dimension.
  unsigned last = permutation.getNumDims() - 1;
  return !peel.residual && isZeroFilled(op.getInit()) && permutation.getDimPosition(last) == last;
}

/// From the result's dimensions to those of the reader's, where the matmul can do all of it.
static std::optional<AffineMap> getPermutation(MatmulOp op, const EpiloguePeel &peel,
                                               linalg::GenericOp reader) {
  Operation *yield = reader.getBody()->getTerminator();
  if (yield->getNumOperands() != 1 || yield->getOperand(0) != peel.value ||
      !peel.readMap.isPermutation())
    return std::nullopt;
  AffineMap permutation =
      reader.getIndexingMapsArray().back().compose(inversePermutation(peel.readMap));
  return canPermute(op, peel, permutation) ? std::optional(permutation) : std::nullopt;
}

MatmulOp FuseEpiloguesPass::takeReader(RewriterBase &rewriter, MatmulOp op) {
  auto isWanted = [&](Value result, linalg::GenericOp reader) {
    EpiloguePeel peel = peelEpilogue(op, result, reader);
    return !peel.isEmpty() ||
           (peel.value && result == op.getResult() && getPermutation(op, peel, reader).has_value());
  };
  linalg::GenericOp reader = getOnlyReader(rewriter, op, isWanted);
  if (!reader || !isWanted(op.getResult(), reader))
    return nullptr;
  EpiloguePeel peel = peelEpilogue(op, op.getResult(), reader);
  std::optional<AffineMap> permutation = getPermutation(op, peel, reader);
  AffineMap order =
      permutation.value_or(rewriter.getMultiDimIdentityMap(op.getInitMap().getNumResults()));
  // Here all that the epilogue needs is there.
  rewriter.setInsertionPoint(reader);
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  Value init = op.getInit();
  if (peel.residual)
    init = peel.residual;
  else if (peel.narrows || !order.isIdentity())
    init = createZeros(b, init, peel.value.getType(), order);
  MatmulOp matmul = rebuild(b, op, peel, init, order.compose(op.getInitMap()));
  if (permutation) {
    Value result = matmul.getResult();
    if (result.getType() != reader.getResultTypes().front())
      result = tensor::CastOp::create(b, reader.getResultTypes().front(), result);
    rewriter.replaceOp(reader, result);
  } else {
    dropPrefix(rewriter, reader, peel);
    rewriter.replaceAllUsesWith(op.getResult(), matmul.getResult());
  }
  rewriter.eraseOp(op);
  count(peel);
  return matmul;
}

} // namespace qlinalg
