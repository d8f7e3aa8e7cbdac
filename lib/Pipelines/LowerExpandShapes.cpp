//===- LowerExpandShapes.cpp - Several unknown sizes of one ---------------===//
//
//   memref.expand_shape %m [[0, 1], [2]] output_shape [%b, %s, 8]
//   ->
//   %base, %offset, %sizes:2, %strides:2 = memref.extract_strided_metadata %m
//   memref.reinterpret_cast %base to offset: [%offset], sizes: [%b, %s, 8], strides: [%s * 8, 8, 1]
//
//===----------------------------------------------------------------------===//

#include "LowerExpandShapes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace qlinalg {

static bool hasSeveralUnknowns(memref::ExpandShapeOp expand) {
  ArrayRef<int64_t> shape = expand.getResultType().getShape();
  return llvm::any_of(expand.getReassociationIndices(), [&](const ReassociationIndices &group) {
    return llvm::count_if(group, [&](int64_t dim) { return ShapedType::isDynamic(shape[dim]); }) >
           1;
  });
}

static OpFoldResult multiply(RewriterBase &rewriter, Location loc, OpFoldResult x, OpFoldResult y) {
  std::optional<int64_t> left = getConstantIntValue(x), right = getConstantIntValue(y);
  if (left && right)
    return rewriter.getIndexAttr(*left * *right);
  return arith::MulIOp::create(rewriter, loc, getValueOrCreateConstantIndexOp(rewriter, loc, x),
                               getValueOrCreateConstantIndexOp(rewriter, loc, y))
      .getResult();
}

static void lower(RewriterBase &rewriter, memref::ExpandShapeOp expand) {
  Location loc = expand.getLoc();
  rewriter.setInsertionPoint(expand);
  auto source = memref::ExtractStridedMetadataOp::create(rewriter, loc, expand.getSrc());
  SmallVector<OpFoldResult> sizes =
      getMixedValues(expand.getStaticOutputShape(), expand.getOutputShape(), rewriter);
  SmallVector<OpFoldResult> strides(sizes.size());
  for (auto [group, stride] :
       llvm::zip_equal(expand.getReassociationIndices(), source.getConstifiedMixedStrides()))
    for (int64_t dim : llvm::reverse(group)) {
      strides[dim] = stride;
      stride = multiply(rewriter, loc, stride, sizes[dim]);
    }
  rewriter.replaceOpWithNewOp<memref::ReinterpretCastOp>(
      expand, expand.getResultType(), source.getBaseBuffer(), source.getConstifiedMixedOffset(),
      sizes, strides);
}

namespace {
struct LowerExpandShapesPass : PassWrapper<LowerExpandShapesPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerExpandShapesPass)

  void runOnOperation() override {
    SmallVector<memref::ExpandShapeOp> expands;
    getOperation()->walk([&](memref::ExpandShapeOp expand) {
      if (hasSeveralUnknowns(expand))
        expands.push_back(expand);
    });
    IRRewriter rewriter(&getContext());
    for (memref::ExpandShapeOp expand : expands)
      lower(rewriter, expand);
  }
};
} // namespace

std::unique_ptr<Pass> createLowerExpandShapes() {
  return std::make_unique<LowerExpandShapesPass>();
}

} // namespace qlinalg
