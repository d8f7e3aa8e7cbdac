//===- LowerLayouts.cpp - pack and unpack as index arithmetic -------------===//
//
// pack pads with zeros to whole blocks and panels; then each packed element is made of the codes
// whose indices its maps give. unpack reads the element that holds a code and shifts it down.
// Excess codes have their highest bit inverted on the way.
//
//===----------------------------------------------------------------------===//

#include "LowerLayouts.h"

#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace qlinalg {

Value padWithZeros(ImplicitLocOpBuilder &b, Value source, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(source.getType());
  if (type.getShape() == shape)
    return source;
  SmallVector<OpFoldResult> low(shape.size(), b.getIndexAttr(0)), high;
  for (auto [padded, size] : llvm::zip(shape, type.getShape()))
    high.push_back(b.getIndexAttr(padded - size));
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(b, type.clone(shape), source, low, high, zero);
}

SmallVector<OpFoldResult> getPackedSizes(ImplicitLocOpBuilder &b, Value source, LayoutAttr layout) {
  if (!layout.isRows())
    return {};
  return tensor::getMixedSizes(b, b.getLoc(), source);
}

Value invertIfExcess(ImplicitLocOpBuilder &b, LayoutAttr layout, Value code) {
  if (!layout.getExcess())
    return code;
  auto type = cast<IntegerType>(code.getType());
  return arith::XOrIOp::create(b, code,
                               createInteger(b, type, int64_t(1) << (type.getWidth() - 1)));
}

namespace {

int64_t bitsOf(RankedTensorType logical) {
  return logical.getElementType().getIntOrFloatBitWidth();
}

/// Elements of `logical` in one packed element.
int64_t codesPerElement(RankedTensorType logical) {
  return std::max<int64_t>(8 / bitsOf(logical), 1);
}

/// What the index arithmetic of a layout of `logical` needs.
struct Geometry {
  /// Codes in a block and in a packed element; packed elements of one row side by side and in a
  /// block.
  int64_t block, codes, step, blockSteps;

  Geometry(LayoutAttr layout, RankedTensorType logical)
      : block(layout.getBlockCodes(bitsOf(logical))), codes(codesPerElement(logical)),
        step(layout.getStep()), blockSteps(block / codes / step) {}
};

/// `source` with rows and columns added such that panels and blocks are whole.
Value padToWhole(ImplicitLocOpBuilder &b, Value source, LayoutAttr layout) {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = llvm::alignTo(shape.back(), Geometry(layout, type).block);
  if (!layout.isRows()) {
    int64_t &rows = shape[shape.size() - 2];
    rows = llvm::divideCeil(rows, layout.getPanel()) * layout.getPanel();
  }
  return padWithZeros(b, source, shape);
}

/// From the index of a packed element to that of its code number `code`.
AffineMap getLogicalMap(ImplicitLocOpBuilder &b, LayoutAttr layout, unsigned packedRank,
                        const Geometry &g, int64_t code) {
  SmallVector<AffineExpr> results;
  for (unsigned dim = 0; dim < packedRank; ++dim)
    results.push_back(b.getAffineDimExpr(dim));
  AffineExpr byte = b.getAffineConstantExpr(0);
  if (!layout.isRows()) {
    AffineExpr lane = results.pop_back_val();
    AffineExpr &rows = results[results.size() - 2];
    rows = rows * layout.getPanel() + lane.floorDiv(g.step);
    byte = lane % g.step;
  }
  AffineExpr step = results.back();
  results.back() = step.floorDiv(g.blockSteps) * g.block + step % g.blockSteps * g.step + byte +
                   code * g.step * g.blockSteps;
  return AffineMap::get(packedRank, 0, results, b.getContext());
}

/// From the index of a code to that of the packed element that holds it.
AffineMap getPackedMap(ImplicitLocOpBuilder &b, LayoutAttr layout, unsigned rank,
                       const Geometry &g) {
  SmallVector<AffineExpr> results;
  for (unsigned dim = 0; dim < rank; ++dim)
    results.push_back(b.getAffineDimExpr(dim));
  AffineExpr column = results.back(), byte = column % g.block % (g.blockSteps * g.step);
  results.back() = column.floorDiv(g.block) * g.blockSteps + byte.floorDiv(g.step);
  if (!layout.isRows()) {
    AffineExpr row = results[rank - 2];
    results[rank - 2] = row.floorDiv(layout.getPanel());
    results.push_back(row % layout.getPanel() * g.step + byte % g.step);
  }
  return AffineMap::get(rank, 0, results, b.getContext());
}

struct LowerPack : OpRewritePattern<PackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PackOp op, PatternRewriter &rewriter) const override {
    if (cutsBytes(op.getSource().getType()))
      return rewriter.notifyMatchFailure(op, "expected whole codes in each byte");
    if (isTrellis(op.getLayout()))
      return rewriter.notifyMatchFailure(op, "expected codes along K");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType logical = op.getSource().getType();
    auto packed = cast<RankedTensorType>(op.getType());
    int64_t codes = codesPerElement(logical);
    SmallVector<Value> inputs(codes, padToWhole(b, op.getSource(), op.getLayout()));
    SmallVector<AffineMap> maps;
    for (int64_t code = 0; code < codes; ++code)
      maps.push_back(getLogicalMap(b, op.getLayout(), packed.getRank(),
                                   Geometry(op.getLayout(), logical), code));
    auto combine = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
      if (codes == 1)
        return {invertIfExcess(inner, op.getLayout(), elements[0])};
      Type byteType = packed.getElementType();
      auto widen = [&](int64_t code) -> Value {
        return arith::ExtUIOp::create(inner, byteType,
                                      invertIfExcess(inner, op.getLayout(), elements[code]));
      };
      Value byte = widen(0);
      for (int64_t code = 1; code < codes; ++code) {
        Value wide = widen(code);
        Value shift = createInteger(inner, byteType, code * bitsOf(logical));
        byte = arith::OrIOp::create(inner, byte, arith::ShLIOp::create(inner, wide, shift));
      }
      return {byte};
    };
    rewriter.replaceOp(op, createElementwise(b, packed,
                                             getPackedSizes(b, op.getSource(), op.getLayout()),
                                             inputs, maps, combine));
    return success();
  }
};

struct LowerUnpack : OpRewritePattern<UnpackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnpackOp op, PatternRewriter &rewriter) const override {
    if (cutsBytes(op.getType()))
      return rewriter.notifyMatchFailure(op, "expected whole codes in each byte");
    if (isTrellis(op.getLayout()))
      return rewriter.notifyMatchFailure(op, "expected codes along K");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType logical = op.getType();
    int64_t codes = codesPerElement(logical);
    unsigned rank = logical.getRank();
    Geometry geometry(op.getLayout(), logical);
    AffineMap map = getPackedMap(b, op.getLayout(), rank, geometry);
    auto extract = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
      if (codes == 1)
        return {invertIfExcess(inner, op.getLayout(), elements[0])};
      Type byteType = elements[0].getType(), index = inner.getIndexType();
      Value column = linalg::IndexOp::create(inner, rank - 1);
      Value inBlock =
          arith::RemUIOp::create(inner, column, createInteger(inner, index, geometry.block));
      Value code = arith::DivUIOp::create(
          inner, inBlock, createInteger(inner, index, geometry.block / geometry.codes));
      Value shift =
          arith::MulIOp::create(inner, code, createInteger(inner, index, bitsOf(logical)));
      Value byteShift = arith::IndexCastUIOp::create(inner, byteType, shift);
      Value shifted = arith::ShRUIOp::create(inner, elements[0], byteShift);
      return {invertIfExcess(inner, op.getLayout(),
                             arith::TruncIOp::create(inner, logical.getElementType(), shifted))};
    };
    rewriter.replaceOp(op, createElementwise(b, logical,
                                             getPackedSizes(b, op.getSource(), op.getLayout()),
                                             op.getSource(), map, extract));
    return success();
  }
};

} // namespace

void populateLowerLayoutsPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerPack, LowerUnpack>(patterns.getContext());
}

} // namespace qlinalg
