//===- BlockCodes.cpp - From blocks of codes to one code a byte -----------===//
//
// The bits of each plane are shifted to their place in the byte and masked: two operations a plane
// and part, and one to join planes (mask and join are one vpternlogd where there is AVX-512).
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/BlockCodes.h"

#include "QLinalg/Kernels/Codes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

SmallVector<int64_t> BlockCodes::getStepWords(int64_t step) const {
  SmallVector<int64_t> words;
  int64_t start = 0;
  for (size_t plane = 0; plane < planes.size(); ++plane) {
    // Later planes are shorter by a power of two: all parts of a step lie in one of their words.
    words.push_back((start + 4 * step % getPlaneBytes(plane)) / 4);
    start += getPlaneBytes(plane);
  }
  return words;
}

/// Bytes shifted right, or left where `by` is negative. Bytes cannot be shifted: what 16 bits carry
/// over is to be masked off.
static Value shiftBytes(ImplicitLocOpBuilder &b, Value bytes, int64_t by) {
  auto type = cast<VectorType>(bytes.getType());
  if (by == 0)
    return bytes;
  auto words = VectorType::get(type.getNumElements() / 2, b.getI16Type());
  Value wide = vector::BitCastOp::create(b, words, bytes);
  Value amount = constantLike(b, words, std::abs(by));
  Value moved = by > 0 ? Value(arith::ShRUIOp::create(b, wide, amount))
                       : Value(arith::ShLIOp::create(b, wide, amount));
  return vector::BitCastOp::create(b, type, moved);
}

Value BlockCodes::getBytes(ImplicitLocOpBuilder &b, ArrayRef<Value> words, int64_t step,
                           int64_t part) const {
  Value codes;
  for (size_t i = 0; i < planes.size(); ++i) {
    BitPlane plane = planes[i];
    int64_t place = getOffset(step, part) / getPlaneBytes(i);
    Value bytes = shiftBytes(b, words[i], place * plane.width - plane.shift);
    if (plane.width < 8)
      bytes = arith::AndIOp::create(
          b, bytes, constantLike(b, bytes.getType(), ((1 << plane.width) - 1) << plane.shift));
    codes = codes ? Value(arith::OrIOp::create(b, codes, bytes)) : bytes;
  }
  return codes;
}

} // namespace qlinalg::kernels
