//===- LayoutOps.cpp - pack and unpack ------------------------------------===//

#include "QLinalg/QLinalgDialect.h"

#include "QLinalg/Constants.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

/// `packed` is what `layout` makes of `logical`.
static LogicalResult verifyLayout(Operation *op, LayoutAttr layout, Type logical, Type packed) {
  auto logicalType = cast<RankedTensorType>(logical);
  RankedTensorType expected = layout.getPackedType(logicalType);
  if (!expected)
    return op->emitOpError() << "(C1) expected a tensor "
                             << (layout.isRows() ? "whose last dimension is static"
                                                 : "of rank 2 or more and static shape")
                             << ", got " << logicalType;
  if (expected != packed)
    return op->emitOpError() << "(C2) expected " << expected << " for " << logicalType
                             << " in layout " << layout << ", got " << packed;
  return success();
}

//===----------------------------------------------------------------------===//
// pack
//===----------------------------------------------------------------------===//

LogicalResult PackOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto source = dyn_cast<RankedTensorType>(adaptor.getSource().getType());
  RankedTensorType packed = source ? adaptor.getLayout().getPackedType(source) : RankedTensorType();
  if (!packed)
    return failure();
  types.push_back(packed);
  return success();
}

bool PackOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return lhs.size() == rhs.size();
}

LogicalResult PackOp::verify() {
  return verifyLayout(*this, getLayout(), getSource().getType(), getType());
}

/// The constant `rows` of the elements of `logical`, whole bytes [.., N, row bytes], in a panel
/// layout.
static Attribute packConstant(ElementsAttr rows, RankedTensorType logical, LayoutAttr layout,
                              RankedTensorType packedType) {
  std::optional<ConstantBytes> bytes = getConstantBytes(rows);
  if (!bytes)
    return {};
  int64_t bits = logical.getElementTypeBitWidth(), width = std::max<int64_t>(bits / 8, 1);
  int64_t n = logical.getDimSize(logical.getRank() - 2), k = logical.getShape().back();
  int64_t matrices = logical.getNumElements() / std::max<int64_t>(n * k, 1);
  int64_t columns = bits < 8 ? bytesPerRow(bits, k) : k, sourceStep = n * columns * width;
  BlockLayout blocks{layout.getPanel(), layout.getStep(), layout.getBlock(), layout.getExcess()};
  return createResource(packedType, getConstantName(rows), [&](std::byte *data) {
    int64_t packedStep = matrices ? packedType.getNumElements() * width / matrices : 0;
    for (int64_t matrix = 0; matrix < matrices; ++matrix) {
      const std::byte *source = bytes->data() + matrix * sourceStep;
      std::byte *packed = data + matrix * packedStep;
      if (isTrellis(layout))
        packTrellis(bits, n, k, source, packed);
      else if (layout.getBlock())
        packBlocks(bits, n, k, blocks, source, packed);
      else
        packPanels(width, n, columns, layout.getPanel(), source, packed);
    }
  });
}

OpFoldResult PackOp::fold(FoldAdaptor adaptor) {
  auto unpack = getSource().getDefiningOp<UnpackOp>();
  if (unpack && unpack.getLayout() == getLayout())
    return unpack.getSource();
  // Whole bytes in rows are what they were.
  auto source = dyn_cast_or_null<ElementsAttr>(adaptor.getSource());
  if (!source || getSource().getType().getElementType().getIntOrFloatBitWidth() < 8)
    return {};
  if (getLayout().isRows())
    return source;
  return packConstant(source, getSource().getType(), getLayout(), getType());
}

namespace {
/// pack<panel>(unpack<rows>(constant)) -> constant: rows of bytes become panels of bytes.
struct PackConstantRows : OpRewritePattern<PackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PackOp op, PatternRewriter &rewriter) const override {
    auto unpack = op.getSource().getDefiningOp<UnpackOp>();
    if (!unpack || !unpack.getLayout().isRows() || op.getLayout().isRows())
      return rewriter.notifyMatchFailure(op, "expected a panel of codes unpacked from rows");
    ElementsAttr rows;
    if (!matchPattern(unpack.getSource(), m_Constant(&rows)))
      return rewriter.notifyMatchFailure(op, "expected constant codes");
    Attribute packed = packConstant(rows, unpack.getType(), op.getLayout(), op.getType());
    if (!packed)
      return rewriter.notifyMatchFailure(op, "expected codes whose bytes are at hand");
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, cast<TypedAttr>(packed));
    return success();
  }
};
} // namespace

void PackOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<PackConstantRows>(context);
}

//===----------------------------------------------------------------------===//
// unpack
//===----------------------------------------------------------------------===//

LogicalResult UnpackOp::verify() {
  return verifyLayout(*this, getLayout(), getType(), getSource().getType());
}

/// Only rows may have dynamic sizes; all but the last are the source's.
LogicalResult UnpackOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &dims) {
  SmallVector<OpFoldResult> sizes;
  for (auto [dim, size] : llvm::enumerate(getType().getShape()))
    sizes.push_back(ShapedType::isDynamic(size)
                        ? tensor::getMixedSize(builder, getLoc(), getSource(), dim)
                        : OpFoldResult(builder.getIndexAttr(size)));
  dims.push_back(sizes);
  return success();
}

OpFoldResult UnpackOp::fold(FoldAdaptor) {
  auto pack = getSource().getDefiningOp<PackOp>();
  if (pack && pack.getLayout() == getLayout() && pack.getSource().getType() == getType())
    return pack.getSource();
  // Whole bytes in rows are what they were.
  if (getLayout().isRows() && getSource().getType() == getType())
    return getSource();
  return {};
}

} // namespace qlinalg
