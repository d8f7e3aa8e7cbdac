//===- LowerLayouts.cpp - pack and unpack as index arithmetic -------------===//
//
// pack pads with zeros to whole bytes and panels; then each packed element is made of the codes
// whose indices its maps give. unpack reads the element that holds a code and shifts it down.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace qlinalg {
namespace {

int64_t bitsOf(RankedTensorType logical) {
  return logical.getElementType().getIntOrFloatBitWidth();
}

/// Elements of `logical` in one packed element.
int64_t codesPerElement(RankedTensorType logical) {
  return std::max<int64_t>(8 / bitsOf(logical), 1);
}

/// `source` with rows and columns added such that panels and bytes are whole.
Value padToWhole(ImplicitLocOpBuilder &b, Value source, LayoutAttr layout) {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = llvm::alignTo(shape.back(), codesPerElement(type));
  if (!layout.isRows()) {
    int64_t &rows = shape[shape.size() - 2];
    rows = llvm::divideCeil(rows, layout.getPanel()) * layout.getPanel();
  }
  if (type.getShape() == ArrayRef<int64_t>(shape))
    return source;
  SmallVector<OpFoldResult> low(shape.size(), b.getIndexAttr(0)), high;
  for (auto [padded, size] : llvm::zip(shape, type.getShape()))
    high.push_back(b.getIndexAttr(padded - size));
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(b, type.clone(shape), source, low, high, zero);
}

/// From the index of a packed element to that of its code number `code`.
AffineMap getLogicalMap(ImplicitLocOpBuilder &b, LayoutAttr layout, unsigned packedRank,
                        int64_t codes, int64_t code) {
  SmallVector<AffineExpr> results;
  for (unsigned dim = 0; dim < packedRank; ++dim)
    results.push_back(b.getAffineDimExpr(dim));
  if (!layout.isRows()) {
    AffineExpr row = results.pop_back_val();
    AffineExpr &rows = results[results.size() - 2];
    rows = rows * layout.getPanel() + row;
  }
  results.back() = results.back() * codes + code;
  return AffineMap::get(packedRank, 0, results, b.getContext());
}

/// From the index of a code to that of the packed element that holds it.
AffineMap getPackedMap(ImplicitLocOpBuilder &b, LayoutAttr layout, unsigned rank, int64_t codes) {
  SmallVector<AffineExpr> results;
  for (unsigned dim = 0; dim < rank; ++dim)
    results.push_back(b.getAffineDimExpr(dim));
  results.back() = results.back().floorDiv(codes);
  if (!layout.isRows()) {
    AffineExpr row = results[rank - 2];
    results[rank - 2] = row.floorDiv(layout.getPanel());
    results.push_back(row % layout.getPanel());
  }
  return AffineMap::get(rank, 0, results, b.getContext());
}

/// Sizes for what `source` becomes: those that are dynamic stand before the last dimension of rows
/// and stay.
SmallVector<OpFoldResult> getSizes(ImplicitLocOpBuilder &b, Value source, LayoutAttr layout) {
  if (!layout.isRows())
    return {};
  return tensor::getMixedSizes(b, b.getLoc(), source);
}

struct LowerPack : OpRewritePattern<PackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PackOp op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType logical = op.getSource().getType();
    auto packed = cast<RankedTensorType>(op.getType());
    int64_t codes = codesPerElement(logical);
    SmallVector<Value> inputs(codes, padToWhole(b, op.getSource(), op.getLayout()));
    SmallVector<AffineMap> maps;
    for (int64_t code = 0; code < codes; ++code)
      maps.push_back(getLogicalMap(b, op.getLayout(), packed.getRank(), codes, code));
    auto combine = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
      if (codes == 1)
        return {elements[0]};
      Type byteType = packed.getElementType();
      Value byte = arith::ExtUIOp::create(inner, byteType, elements[0]);
      for (int64_t code = 1; code < codes; ++code) {
        Value wide = arith::ExtUIOp::create(inner, byteType, elements[code]);
        Value shift = createInteger(inner, byteType, code * bitsOf(logical));
        byte = arith::OrIOp::create(inner, byte, arith::ShLIOp::create(inner, wide, shift));
      }
      return {byte};
    };
    rewriter.replaceOp(op, createElementwise(b, packed, getSizes(b, op.getSource(), op.getLayout()),
                                             inputs, maps, combine));
    return success();
  }
};

struct LowerUnpack : OpRewritePattern<UnpackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnpackOp op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType logical = op.getType();
    int64_t codes = codesPerElement(logical);
    unsigned rank = logical.getRank();
    AffineMap map = getPackedMap(b, op.getLayout(), rank, codes);
    auto extract = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
      if (codes == 1)
        return {elements[0]};
      Type byteType = elements[0].getType(), index = inner.getIndexType();
      Value column = linalg::IndexOp::create(inner, rank - 1);
      Value code = arith::RemUIOp::create(inner, column, createInteger(inner, index, codes));
      Value shift =
          arith::MulIOp::create(inner, code, createInteger(inner, index, bitsOf(logical)));
      Value byteShift = arith::IndexCastUIOp::create(inner, byteType, shift);
      Value shifted = arith::ShRUIOp::create(inner, elements[0], byteShift);
      return {arith::TruncIOp::create(inner, logical.getElementType(), shifted)};
    };
    rewriter.replaceOp(op,
                       createElementwise(b, logical, getSizes(b, op.getSource(), op.getLayout()),
                                         op.getSource(), map, extract));
    return success();
  }
};

} // namespace

void populateLowerLayoutsPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerPack, LowerUnpack>(patterns.getContext());
}

} // namespace qlinalg
