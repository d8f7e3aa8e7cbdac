//===- LowerSumCodes.cpp - sum_codes as a reduction -----------------------===//

#include "Codec.h"
#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"

#include "llvm/ADT/SmallBitVector.h"

#include <algorithm>

using namespace mlir;

namespace qlinalg {

namespace {
struct LowerSumCodes : OpRewritePattern<SumCodesOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SumCodesOp op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Codec codec(b, op.getScheme());
    const Scheme &scheme = op.getScheme().getValue();
    RankedTensorType codes = op.getCodes().getType();
    unsigned rank = codes.getRank();
    AffineMap identity = b.getMultiDimIdentityMap(rank);
    // One group, of all of K, where the scheme has none.
    int64_t group = scheme.group ? scheme.group : std::max<int64_t>(codes.getShape().back(), 1);
    SmallVector<AffineExpr> dims(identity.getResults());
    dims.back() = dims.back().floorDiv(group);
    auto map = [&](ArrayRef<AffineExpr> results) {
      return AffineMap::get(rank, 0, results, b.getContext());
    };
    SmallVector<Value> inputs{op.getCodes()};
    SmallVector<AffineMap> maps{identity};
    if (Value zeroPoints = op.getZeroPoints()) {
      inputs.push_back(zeroPoints);
      maps.push_back(map(ArrayRef(dims).take_front(op.getZeroPoints().getType().getRank())));
    }
    maps.push_back(map(dims));
    Type i32 = b.getI32Type();
    Value zeros = createFilled(b, op.getType(), {}, createInteger(b, i32, 0));
    llvm::SmallBitVector reduced(rank);
    reduced.set(rank - 1);
    auto add = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> SmallVector<Value> {
      // A zero point stands second, as it does after a scale: here the code is before it.
      Value difference = codec.subtractZero(inner, elements[0], elements, i32);
      return {arith::AddIOp::create(inner, elements.back(), difference)};
    };
    rewriter.replaceOp(op, createGeneric(b, inputs, zeros, maps, reduced, add));
    return success();
  }
};
} // namespace

void populateLowerSumCodesPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerSumCodes>(patterns.getContext());
}

} // namespace qlinalg
