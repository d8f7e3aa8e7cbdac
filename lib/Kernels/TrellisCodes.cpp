//===- TrellisCodes.cpp - Codes of a trellis as vectors -------------------===//

#include "QLinalg/Kernels/TrellisCodes.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

bool isTrellis(const Side &side) { return qlinalg::isTrellis(side.scheme, side.layout); }

int64_t getTrellisLanes(const Target &target) { return target.vectorBits / 16; }

namespace {
/// One column of 64 rows.
struct Stream {
  ImplicitLocOpBuilder &b;
  int64_t bits;
  /// A vector of its bytes.
  Value bytes;
  VectorType words;

  int64_t lanes() const { return words.getNumElements(); }
  Value constants(ArrayRef<int16_t> values) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(words, values));
  }
  Value constant(int16_t value) { return constantLike(b, words, value); }
  Value takeBytes(ArrayRef<int64_t> first);
  Value getWindows(int64_t firstRow);
  Value multiply(Value lhs, Value rhs);
  Value getLevels(Value windows);
};
} // namespace

/// Words of two bytes, of which the first are at `first`, around the end of the stream.
Value Stream::takeBytes(ArrayRef<int64_t> first) {
  int64_t count = 8 * bits;
  SmallVector<int64_t> mask;
  for (int64_t byte : first)
    mask.append({byte % count, (byte + 1) % count});
  return vector::BitCastOp::create(b, words, vector::ShuffleOp::create(b, bytes, bytes, mask));
}

/// The windows of the rows from `firstRow` on in the lowest 12 bits; what is above them is left.
Value Stream::getWindows(int64_t firstRow) {
  SmallVector<int64_t> low, high;
  SmallVector<int16_t> down, up;
  bool fits = true;
  for (int64_t row = firstRow; row < firstRow + lanes(); ++row) {
    // From the stream's second turn on, so that no bit is before it.
    int64_t bit = (trellisRows + row + 1) * bits - trellisWindow;
    low.push_back(bit / 8);
    high.push_back(bit / 8 + 1);
    down.push_back(bit % 8);
    up.push_back(8 - bit % 8);
    fits &= bit % 8 + trellisWindow <= 16;
  }
  Value windows = arith::ShRUIOp::create(b, takeBytes(low), constants(down));
  if (fits)
    return windows;
  // Bits 8 to 23 of the same, moved to where they follow.
  Value above = arith::ShLIOp::create(b, takeBytes(high), constants(up));
  return arith::OrIOp::create(b, windows, above);
}

/// The instruction for `multiply`; none where registers are of 128 bits, as NEON's saturates.
static StringRef getMultiplyIntrinsic(int64_t lanes) {
  switch (lanes) {
  case 32:
    return "llvm.x86.avx512.pmul.hr.sw.512";
  case 16:
    return "llvm.x86.avx2.pmul.hr.sw";
  default:
    return "";
  }
}

/// (a * b + 2^14) >> 15 modulo 2^16. LLVM does not find the instruction for a square.
Value Stream::multiply(Value lhs, Value rhs) {
  if (StringRef name = getMultiplyIntrinsic(lanes()); !name.empty())
    return LLVM::CallIntrinsicOp::create(b, words, b.getStringAttr(name), ValueRange{lhs, rhs})
        .getResult(0);
  VectorType wide = words.clone(b.getI32Type());
  Value product = arith::MulIOp::create(b, arith::ExtSIOp::create(b, wide, lhs),
                                        arith::ExtSIOp::create(b, wide, rhs));
  Value rounded = arith::AddIOp::create(b, product, constantLike(b, wide, 1 << 14));
  return arith::TruncIOp::create(b, words,
                                 arith::ShRUIOp::create(b, rounded, constantLike(b, wide, 15)));
}

Value Stream::getLevels(Value windows) {
  TrellisPolynomial p = trellisPolynomial(bits);
  Value x = arith::MulIOp::create(b, windows, constant(p.factor)), power = x;
  for (int i = 0; i < 4; ++i)
    power = multiply(power, power);
  Value slope = arith::AddIOp::create(b, multiply(power, constant(p.high)), constant(p.linear));
  return multiply(x, slope);
}

SmallVector<Value> loadTrellis(ImplicitLocOpBuilder &b, const Target &target, const Contraction &c,
                               const Coordinates &coordinates, Value k) {
  const Side &side = c.columns;
  Coordinates own = coordinates;
  own[c.k] = k;
  SmallVector<Value> indices = applyMap(b, side.map, own);
  indices.pop_back_n(2);
  indices.append({divide(b, coordinates[*c.n], trellisRows), k, indexConstant(b, 0)});
  int64_t bits = getTrellisBits(side.getType());
  auto type = VectorType::get(8 * bits, b.getI8Type());
  Stream stream{b, bits, vector::LoadOp::create(b, type, side.data, indices),
                VectorType::get(getTrellisLanes(target), b.getI16Type())};
  SmallVector<Value> numbers;
  for (int64_t row = 0; row < trellisRows; row += stream.lanes())
    numbers.push_back(stream.getLevels(stream.getWindows(row)));
  return numbers;
}

} // namespace qlinalg::kernels
