//===- LowerBitPlanes.cpp - pack and unpack of widths that cut bytes ------===//
//
// Codes of 3, 5, 6 and 7 bits: each bit of a packed byte is looked up in its code, each bit of a
// code in its byte. In rows and in panels without blocks the codes are one stream of bits; in
// blocks they are planes of 4, 2 and 1 bits (Numerics/Packing.h).
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "LowerLayouts.h"
#include "LowerToLinalg.h"
#include "NarrowFloats.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {

bool cutsBytes(RankedTensorType logical) {
  int64_t bits = logical.getElementType().getIntOrFloatBitWidth();
  return bits < 8 && 8 % bits != 0;
}

namespace {

/// Index arithmetic with constants.
struct Indices {
  ImplicitLocOpBuilder &b;

  Value constant(int64_t value) const { return createInteger(b, b.getIndexType(), value); }
  Value divide(Value x, int64_t by) const {
    return arith::DivUIOp::create(b, x, constant(by)).getResult();
  }
  Value remainder(Value x, int64_t by) const {
    return arith::RemUIOp::create(b, x, constant(by)).getResult();
  }
  Value multiply(Value x, int64_t by) const {
    return arith::MulIOp::create(b, x, constant(by)).getResult();
  }
  Value add(Value x, Value y) const { return arith::AddIOp::create(b, x, y).getResult(); }
  Value add(Value x, int64_t y) const { return add(x, constant(y)); }
};

/// A bit: of which code or byte of a row, and which of its bits (of type index).
struct BitPlace {
  Value element, bit;
};

/// Where the bits of codes of one type lie in one layout.
struct Bits {
  LayoutAttr layout;
  int64_t bits;

  Bits(LayoutAttr layout, RankedTensorType logical)
      : layout(layout), bits(logical.getElementType().getIntOrFloatBitWidth()) {}

  int64_t blockBytes() const { return layout.getBlock() * bits / 8; }

  /// The code that has bit `bit` of byte `byte` of a row.
  BitPlace findCode(const Indices &at, Value byte, int64_t bit) const {
    if (!layout.getBlock()) {
      Value place = at.add(at.multiply(byte, 8), bit);
      return {at.divide(place, bits), at.remainder(place, bits)};
    }
    Value inBlock = at.remainder(byte, blockBytes());
    Value first = at.multiply(at.divide(byte, blockBytes()), layout.getBlock());
    BitPlace place;
    int64_t start = 0;
    for (BitPlane plane : bitPlanes(bits)) {
      int64_t bytes = layout.getBlock() * plane.width / 8;
      // Bytes of later planes: `inBlock` is `start` or more.
      Value code = at.add(arith::SubIOp::create(at.b, inBlock, at.constant(start)),
                          bit / plane.width * bytes);
      Value own = at.constant(plane.shift + bit % plane.width);
      if (start == 0) {
        place = {code, own};
      } else {
        Value isHere =
            arith::CmpIOp::create(at.b, arith::CmpIPredicate::uge, inBlock, at.constant(start));
        place = {arith::SelectOp::create(at.b, isHere, code, place.element),
                 arith::SelectOp::create(at.b, isHere, own, place.bit)};
      }
      start += bytes;
    }
    return {at.add(first, place.element), place.bit};
  }

  /// The byte of a row that has bit `bit` of code `code`.
  BitPlace findByte(const Indices &at, Value code, int64_t bit) const {
    if (!layout.getBlock()) {
      Value place = at.add(at.multiply(code, bits), bit);
      return {at.divide(place, 8), at.remainder(place, 8)};
    }
    Value inBlock = at.remainder(code, layout.getBlock());
    int64_t start = 0;
    for (BitPlane plane : bitPlanes(bits)) {
      int64_t bytes = layout.getBlock() * plane.width / 8;
      if (bit < plane.shift + plane.width) {
        Value byte = at.add(at.remainder(inBlock, bytes), start);
        Value first = at.multiply(at.divide(code, layout.getBlock()), blockBytes());
        return {at.add(first, byte),
                at.add(at.multiply(at.divide(inBlock, bytes), plane.width), bit - plane.shift)};
      }
      start += bytes;
    }
    llvm_unreachable("expected a bit of the code");
  }
};

/// `value` (an integer) as another type, by its lowest bits.
Value castBits(ImplicitLocOpBuilder &b, Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth(), to = type.getIntOrFloatBitWidth();
  if (from == to)
    return value;
  return from < to ? Value(arith::ExtUIOp::create(b, type, value))
                   : Value(arith::TruncIOp::create(b, type, value));
}

/// Bit `bit` (of type index) of an integer, as the lowest bit of a `type`.
Value takeBit(ImplicitLocOpBuilder &b, Value integer, Value bit, Type type) {
  Value wide = castBits(b, integer, b.getI8Type());
  Value shift = arith::IndexCastOp::create(b, b.getI8Type(), bit);
  Value low = arith::AndIOp::create(b, Value(arith::ShRUIOp::create(b, wide, shift)),
                                    createInteger(b, b.getI8Type(), 1));
  return castBits(b, low, type);
}

/// `result | taken << place`, or `taken` for the first.
Value putBit(ImplicitLocOpBuilder &b, Value result, Value taken, int64_t place) {
  if (!result)
    return taken;
  Value moved = arith::ShLIOp::create(b, taken, createInteger(b, taken.getType(), place));
  return arith::OrIOp::create(b, result, moved);
}

/// `source` with rows and columns of code 0 added such that every bit of `packed` has its code.
Value padCodes(ImplicitLocOpBuilder &b, Value source, const Bits &bits, RankedTensorType packed) {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<int64_t> shape(type.getShape());
  LayoutAttr layout = bits.layout;
  if (layout.getBlock()) {
    shape.back() = llvm::alignTo(shape.back(), layout.getBlock());
  } else {
    int64_t bytes =
        packed.getShape()[layout.isRows() ? packed.getRank() - 1 : packed.getRank() - 2];
    shape.back() = llvm::divideCeil(8 * bytes, bits.bits);
  }
  if (!layout.isRows())
    shape[shape.size() - 2] = llvm::alignTo(shape[shape.size() - 2], layout.getPanel());
  return padWithZeros(b, source, shape);
}

struct LowerPackedBits : OpRewritePattern<PackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PackOp op, PatternRewriter &rewriter) const override {
    if (!cutsBytes(op.getSource().getType()))
      return rewriter.notifyMatchFailure(op, "expected codes of 3, 5, 6 or 7 bits");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    LayoutAttr layout = op.getLayout();
    auto packed = cast<RankedTensorType>(op.getType());
    Bits bits(layout, op.getSource().getType());
    Value source = padCodes(b, op.getSource(), bits, packed);
    auto combine = [&](ImplicitLocOpBuilder &inner, ValueRange) -> SmallVector<Value> {
      Indices at{inner};
      SmallVector<Value> indices = getLoopIndices(inner, packed.getRank());
      Value lane = layout.isRows() ? Value() : indices.pop_back_val();
      Value byte = indices.pop_back_val();
      if (lane) {
        byte = at.add(at.multiply(byte, layout.getStep()), at.remainder(lane, layout.getStep()));
        indices.back() = at.add(at.multiply(indices.back(), layout.getPanel()),
                                at.divide(lane, layout.getStep()));
      }
      Value result;
      for (int64_t bit = 0; bit < 8; ++bit) {
        BitPlace place = bits.findCode(at, byte, bit);
        SmallVector<Value> own(indices);
        own.push_back(place.element);
        Value code = invertIfExcess(inner, layout, tensor::ExtractOp::create(inner, source, own));
        result =
            putBit(inner, result, takeBit(inner, code, place.bit, packed.getElementType()), bit);
      }
      return {result};
    };
    rewriter.replaceOp(op, createElementwise(b, packed, getPackedSizes(b, op.getSource(), layout),
                                             {}, {}, combine));
    return success();
  }
};

struct LowerUnpackedBits : OpRewritePattern<UnpackOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnpackOp op, PatternRewriter &rewriter) const override {
    if (!cutsBytes(op.getType()))
      return rewriter.notifyMatchFailure(op, "expected codes of 3, 5, 6 or 7 bits");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    LayoutAttr layout = op.getLayout();
    RankedTensorType logical = op.getType();
    Bits bits(layout, logical);
    auto extract = [&](ImplicitLocOpBuilder &inner, ValueRange) -> SmallVector<Value> {
      Indices at{inner};
      SmallVector<Value> indices = getLoopIndices(inner, logical.getRank());
      Value column = indices.pop_back_val(), result;
      for (int64_t bit = 0; bit < bits.bits; ++bit) {
        BitPlace place = bits.findByte(at, column, bit);
        SmallVector<Value> own(indices);
        Value step = place.element;
        if (!layout.isRows()) {
          Value row = own.back();
          own.back() = at.divide(row, layout.getPanel());
          own.push_back(at.divide(step, layout.getStep()));
          step = at.add(at.multiply(at.remainder(row, layout.getPanel()), layout.getStep()),
                        at.remainder(step, layout.getStep()));
        }
        own.push_back(step);
        Value byte = tensor::ExtractOp::create(inner, op.getSource(), own);
        result =
            putBit(inner, result, takeBit(inner, byte, place.bit, logical.getElementType()), bit);
      }
      return {invertIfExcess(inner, layout, result)};
    };
    rewriter.replaceOp(op, createElementwise(b, logical, getPackedSizes(b, op.getSource(), layout),
                                             {}, {}, extract));
    return success();
  }
};

} // namespace

void populateLowerBitPlanesPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerPackedBits, LowerUnpackedBits>(patterns.getContext());
}

} // namespace qlinalg
