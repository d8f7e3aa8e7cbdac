//===- LowerTrellis.cpp - Codes of a trellis as index arithmetic ----------===//
//
// decode_trellis reads the codes whose bits make a number's window, and computes the level. In
// panels codes are a stream of bits: unpack takes two bytes of it; pack makes a byte of all codes
// that have a bit in it. Rows that are not there have code 0.
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {
namespace {

Value indexOf(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

/// The code at `indices` as i32, 0 where `row`, the last index but one, is not below `rows`.
Value loadCode(ImplicitLocOpBuilder &b, Value codes, SmallVector<Value> indices, Value row,
               Value rows) {
  Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, row, rows);
  Value last = arith::SubIOp::create(b, rows, indexOf(b, 1));
  indices[indices.size() - 2] = arith::MinUIOp::create(b, row, last);
  Value code =
      arith::ExtUIOp::create(b, b.getI32Type(), tensor::ExtractOp::create(b, codes, indices));
  return arith::SelectOp::create(b, isThere, code, createInteger(b, b.getI32Type(), 0));
}

/// (a * b + 2^14) >> 15 modulo 2^16, of i32 that hold 16 bits.
Value multiply(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  Type wide = b.getI32Type();
  Value product =
      arith::AddIOp::create(b, arith::MulIOp::create(b, lhs, rhs), createInteger(b, wide, 1 << 14));
  Value shifted = arith::ShRSIOp::create(b, product, createInteger(b, wide, 15));
  return arith::ExtSIOp::create(b, wide, arith::TruncIOp::create(b, b.getI16Type(), shifted));
}

/// The level of a window, an i32, as i16.
Value getLevel(ImplicitLocOpBuilder &b, int64_t bits, Value window) {
  TrellisPolynomial p = trellisPolynomial(bits);
  Type wide = b.getI32Type(), narrow = b.getI16Type();
  Value product = arith::MulIOp::create(b, window, createInteger(b, wide, p.factor));
  Value x = arith::ExtSIOp::create(b, wide, arith::TruncIOp::create(b, narrow, product));
  Value power = x;
  for (int i = 0; i < 4; ++i)
    power = multiply(b, power, power);
  Value slope = arith::AddIOp::create(b, multiply(b, power, createInteger(b, wide, p.high)),
                                      createInteger(b, wide, p.linear));
  return arith::TruncIOp::create(b, narrow, multiply(b, x, slope));
}

struct LowerDecodeTrellis : OpRewritePattern<DecodeTrellisOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DecodeTrellisOp op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType type = op.getType();
    int64_t rank = type.getRank();
    int64_t bits = op.getCodes().getType().getElementTypeBitWidth();
    Value rows = tensor::DimOp::create(b, op.getCodes(), rank - 2);
    auto decode = [&](ImplicitLocOpBuilder &inner, ValueRange) -> SmallVector<Value> {
      SmallVector<Value> indices = getLoopIndices(inner, rank);
      Value row = indices[rank - 2], size = indexOf(inner, trellisRows);
      Value inBlock = arith::RemUIOp::create(inner, row, size);
      Value first = arith::SubIOp::create(inner, row, inBlock);
      Value window;
      for (int64_t i = 0; bits * i < trellisWindow; ++i) {
        Value moved = arith::AddIOp::create(inner, inBlock, indexOf(inner, trellisRows - i));
        Value before =
            arith::AddIOp::create(inner, first, arith::RemUIOp::create(inner, moved, size));
        Value code = loadCode(inner, op.getCodes(), indices, before, rows);
        Type wide = code.getType();
        int64_t shift = trellisWindow - bits * (i + 1);
        Value part =
            shift >= 0
                ? Value(arith::ShLIOp::create(inner, code, createInteger(inner, wide, shift)))
                : Value(arith::ShRUIOp::create(inner, code, createInteger(inner, wide, -shift)));
        window = window ? Value(arith::OrIOp::create(inner, window, part)) : part;
      }
      return {getLevel(inner, bits, window)};
    };
    rewriter.replaceOp(op, createElementwise(b, type,
                                             tensor::getMixedSizes(b, op.getLoc(), op.getCodes()),
                                             {}, {}, decode));
    return success();
  }
};

struct LowerPackTrellis : OpRewritePattern<PackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PackOp op, PatternRewriter &rewriter) const override {
    if (!isTrellis(op.getLayout()))
      return rewriter.notifyMatchFailure(op, "expected codes of a trellis");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType logical = op.getSource().getType();
    auto packed = cast<RankedTensorType>(op.getType());
    int64_t bits = logical.getElementTypeBitWidth(), rank = packed.getRank();
    auto combine = [&](ImplicitLocOpBuilder &inner, ValueRange) -> SmallVector<Value> {
      Type wide = inner.getI32Type();
      SmallVector<Value> indices = getLoopIndices(inner, rank);
      Value byte = indices.pop_back_val(), k = indices.pop_back_val(),
            panel = indices.pop_back_val();
      Value firstRow = arith::MulIOp::create(inner, panel, indexOf(inner, trellisRows));
      Value firstBit = arith::MulIOp::create(inner, byte, indexOf(inner, 8));
      Value first = arith::DivUIOp::create(inner, firstBit, indexOf(inner, bits));
      indices.append({Value(), k});
      Value sum = createInteger(inner, wide, 0);
      // Codes with a bit in the byte, of which the first may begin before it.
      for (int64_t i = 0; i * bits < 8 + bits - 1; ++i) {
        Value inPanel = arith::AddIOp::create(inner, first, indexOf(inner, i));
        Value row = arith::AddIOp::create(inner, firstRow, inPanel);
        Value code = loadCode(inner, op.getSource(), indices, row,
                              indexOf(inner, logical.getDimSize(logical.getRank() - 2)));
        Value bit = arith::MulIOp::create(inner, inPanel, indexOf(inner, bits));
        // 8 bits more, as the first may begin up to 7 before the byte.
        Value place = arith::SubIOp::create(
            inner, arith::AddIOp::create(inner, bit, indexOf(inner, 8)), firstBit);
        Value moved =
            arith::ShLIOp::create(inner, code, arith::IndexCastUIOp::create(inner, wide, place));
        sum = arith::OrIOp::create(inner, sum, moved);
      }
      Value above = arith::ShRUIOp::create(inner, sum, createInteger(inner, wide, 8));
      return {arith::TruncIOp::create(inner, packed.getElementType(), above)};
    };
    rewriter.replaceOp(op, createElementwise(b, packed, {}, {}, {}, combine));
    return success();
  }
};

struct LowerUnpackTrellis : OpRewritePattern<UnpackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnpackOp op, PatternRewriter &rewriter) const override {
    if (!isTrellis(op.getLayout()))
      return rewriter.notifyMatchFailure(op, "expected codes of a trellis");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType logical = op.getType();
    int64_t bits = logical.getElementTypeBitWidth(), rank = logical.getRank();
    auto extract = [&](ImplicitLocOpBuilder &inner, ValueRange) -> SmallVector<Value> {
      Type wide = inner.getI32Type();
      SmallVector<Value> indices = getLoopIndices(inner, rank);
      Value k = indices.pop_back_val(), row = indices.pop_back_val();
      Value size = indexOf(inner, trellisRows);
      Value bit = arith::MulIOp::create(inner, arith::RemUIOp::create(inner, row, size),
                                        indexOf(inner, bits));
      Value byte = arith::DivUIOp::create(inner, bit, indexOf(inner, 8));
      // Of the last byte there is none after, and none is needed.
      Value next =
          arith::MinUIOp::create(inner, arith::AddIOp::create(inner, byte, indexOf(inner, 1)),
                                 indexOf(inner, trellisRows * bits / 8 - 1));
      indices.append({arith::DivUIOp::create(inner, row, size), k, Value()});
      auto load = [&](Value at) -> Value {
        indices.back() = at;
        return arith::ExtUIOp::create(inner, wide,
                                      tensor::ExtractOp::create(inner, op.getSource(), indices));
      };
      Value low = load(byte);
      Value high = arith::ShLIOp::create(inner, load(next), createInteger(inner, wide, 8));
      Value shift = arith::IndexCastUIOp::create(
          inner, wide, arith::RemUIOp::create(inner, bit, indexOf(inner, 8)));
      Value moved = arith::ShRUIOp::create(inner, arith::OrIOp::create(inner, low, high), shift);
      return {arith::TruncIOp::create(inner, logical.getElementType(), moved)};
    };
    rewriter.replaceOp(op, createElementwise(b, logical, {}, {}, {}, extract));
    return success();
  }
};

} // namespace

void populateLowerTrellisPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerDecodeTrellis, LowerPackTrellis, LowerUnpackTrellis>(patterns.getContext());
}

} // namespace qlinalg
