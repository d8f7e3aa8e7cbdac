//===- WordCodes.cpp - Codes in words as floats ---------------------------===//

#include "QLinalg/Kernels/WordCodes.h"

#include "Elements.h"
#include "QLinalg/Kernels/BlockCodes.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/PanelLayout.h"
#include "QLinalg/Numerics/Codebook.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace qlinalg::kernels {

namespace {
/// A vector of words being taken apart.
struct Words {
  ImplicitLocOpBuilder &b;
  const Target &target;
  Storage storage;
  /// Bits from one code to the next.
  int64_t width;
  Value words;
  VectorType integers, floats;

  Value constant(int64_t value) { return constantLike(b, integers, value); }
  Value shiftRight(int64_t by) {
    return by == 0 ? words : Value(arith::ShRUIOp::create(b, words, constant(by)));
  }
  Value asFloats(Value value) { return arith::BitcastOp::create(b, floats, value); }
  Value getInteger(int64_t bit, int64_t offset, Value zeros);
  bool hasTable() const;
  Value lookUp(ArrayRef<float> table, int64_t bit);
  Value permute(StringRef intrinsic, int64_t width, ArrayRef<float> table, Value indices);
  Value getF8(int64_t bit);
  Value hasNaN();
};
} // namespace

/// The code at `bit` less `offset` and `zeros`. Its bits under the mantissa of a power of two make
/// that power plus the code, from which the subtraction of power, offset and zero is exact. Codes
/// of the same place in each `span` share their constants.
Value Words::getInteger(int64_t bit, int64_t offset, Value zeros) {
  int64_t span = std::min<int64_t>(16, 4 * width), low = bit % span;
  float power = std::ldexp(1.0F, 23 - static_cast<int>(low));
  int64_t exponent = llvm::bit_cast<int32_t>(power);
  Value code =
      arith::AndIOp::create(b, shiftRight(bit - low), constant(((int64_t(1) << width) - 1) << low));
  Value raised = asFloats(arith::OrIOp::create(b, code, constant(exponent)));
  Value base = constantLike(b, floats, double(power) + offset);
  if (zeros)
    base = arith::AddFOp::create(b, base, zeros);
  return arith::SubFOp::create(b, raised, base);
}

/// `table[index]` by an instruction for `width` lanes that takes only the lowest bits of each
/// index.
Value Words::permute(StringRef intrinsic, int64_t width, ArrayRef<float> table, Value indices) {
  auto type = VectorType::get(width, b.getF32Type());
  Value levels = arith::ConstantOp::create(b, DenseElementsAttr::get(type, table));
  SmallVector<Value> parts;
  for (int64_t first = 0; first < integers.getNumElements(); first += width) {
    Value part = vector::ShuffleOp::create(b, indices, indices,
                                           llvm::to_vector(llvm::seq(first, first + width)));
    parts.push_back(
        LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(intrinsic), {levels, part})
            .getResult(0));
  }
  return concatenate(b, parts);
}

/// The target has tables of floats in registers, and the words are a power of two of registers.
bool Words::hasTable() const {
  int64_t lanes = integers.getNumElements();
  return target.vectorBits >= 256 && llvm::isPowerOf2_64(lanes) && lanes >= target.getLanes();
}

/// One of 8 or 16 levels.
Value Words::lookUp(ArrayRef<float> table, int64_t bit) {
  Value indices = shiftRight(bit);
  if (!hasTable())
    return getLevel(b, storage, arith::AndIOp::create(b, indices, constant(15)));
  if (target.vectorBits == 512) {
    SmallVector<float> all(table);
    all.resize(16);
    return permute("llvm.x86.avx512.permvar.sf.512", 16, all, indices);
  }
  StringRef name = "llvm.x86.avx2.permps";
  if (table.size() == 8)
    return permute(name, 8, table, indices);
  // Two tables of 8 levels; the highest bit of the code says which.
  Value low = permute(name, 8, table.take_front(8), indices);
  Value high = permute(name, 8, table.drop_front(8), indices);
  Value highest = arith::ShLIOp::create(b, words, constant(31 - 3 - bit));
  Value isHigh = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, highest, constant(0));
  return arith::SelectOp::create(b, isHigh, high, low);
}

/// The bits of a float of 8 bits under those of f32 are 2^-120 times the number, denormals too.
Value Words::getF8(int64_t bit) {
  Value top = bit == 24 ? words : Value(arith::ShLIOp::create(b, words, constant(24 - bit)));
  Value moved = arith::ShRSIOp::create(b, top, constant(4));
  Value masked = arith::AndIOp::create(b, moved, constant(0x87f00000));
  return arith::MulFOp::create(b, asFloats(masked), constantLike(b, floats, std::ldexp(1.0, 120)));
}

/// Lanes with a byte whose bits but the highest are all set.
Value Words::hasNaN() {
  Value magnitudes = arith::AndIOp::create(b, words, constant(0x7f7f7f7f));
  Value carried = arith::AddIOp::create(b, magnitudes, constant(0x01010101));
  Value highest = arith::AndIOp::create(b, carried, constant(0x80808080));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, highest, constant(0));
}

/// A register of words of whole codes, and where in the block its codes stand: the first at
/// `offset`, the next of the same byte `place` on.
struct Part {
  Value words;
  int64_t width, offset, place;
};

/// Codes of one plane as they lie; of several, one a byte.
static SmallVector<Part> getParts(ImplicitLocOpBuilder &b, int64_t bits, LayoutAttr layout,
                                  int64_t step, ArrayRef<Value> stored) {
  BlockCodes codes(bits, layout.getBlock());
  if (!codes.hasPlanes())
    return {{toWords(b, stored.front()), bits, step * laneBytes, layout.getBlock() * bits / 8}};
  SmallVector<Part> parts;
  for (int64_t part = 0; part < codes.getParts(); ++part)
    parts.push_back(
        {toWords(b, codes.getBytes(b, stored, step, part)), 8, codes.getOffset(step, part), 0});
  return parts;
}

/// Calls `body` with each code of a part: its lowest bit, and where it stands in the block.
static void forEachCode(const Part &part, function_ref<void(int64_t, int64_t)> body) {
  int64_t perByte = 8 / part.width;
  for (int64_t bit = 0; bit < 32; bit += part.width)
    body(bit, part.offset + bit / 8 + bit / part.width % perByte * part.place);
}

/// The numbers of a step, if there is a table for them: levels, or small integers where looking
/// them up is one operation fewer than arithmetic.
static SmallVector<float> getTable(SchemeAttr scheme, const Words &own, int64_t offset,
                                   bool zeros) {
  Storage storage = scheme.getStorage();
  SmallVector<float> table;
  int64_t bits = bitWidth(storage);
  bool isCheaper = (bits == 4 && own.target.vectorBits == 512) || bits == 3;
  if (isCodebook(storage))
    llvm::append_range(table, codebook(storage));
  else if (scheme.isInteger() && isCheaper && !zeros && own.hasTable())
    for (int64_t code = 0; code < int64_t(1) << bits; ++code)
      table.push_back(code - offset);
  return table;
}

SmallVector<BlockNumber> getWordNumbers(ImplicitLocOpBuilder &b, const Target &target,
                                        SchemeAttr scheme, LayoutAttr layout, int64_t step,
                                        ArrayRef<Value> stored, Value zeros) {
  Storage storage = scheme.getStorage();
  int64_t bits = bitWidth(storage), half = int64_t(1) << (bits - 1), offset = 0;
  bool flips = scheme.isInteger() && !isUnsigned(storage) != layout.getExcess();
  if (scheme.isInteger()) {
    offset = isUnsigned(storage) ? 0 : half;
    if (!zeros)
      offset += impliedZeroPoint(scheme.getValue());
  }
  SmallVector<BlockNumber> numbers;
  for (const Part &part : getParts(b, bits, layout, step, stored)) {
    auto integers = cast<VectorType>(part.words.getType());
    Words own{b, target, storage, part.width, part.words, integers, integers.clone(b.getF32Type())};
    if (flips) { // all codes as unsigned numbers
      int64_t highest = half * (0xffffffff / ((int64_t(1) << part.width) - 1));
      own.words = arith::XOrIOp::create(b, part.words, own.constant(highest));
    }
    SmallVector<float> table = getTable(scheme, own, offset, !!zeros);
    size_t first = numbers.size();
    forEachCode(part, [&](int64_t bit, int64_t place) {
      Value number = !table.empty()       ? own.lookUp(table, bit)
                     : scheme.isInteger() ? own.getInteger(bit, offset, zeros)
                                          : own.getF8(bit);
      numbers.push_back({number, place});
    });
    if (storage == Storage::F8E4M3FN) {
      Value nan = constantLike(b, own.floats, std::numeric_limits<double>::quiet_NaN());
      Value &value = numbers[first].value;
      value = arith::SelectOp::create(b, own.hasNaN(), nan, value);
    }
  }
  return numbers;
}

SmallVector<BlockNumber> getWordIntegers(ImplicitLocOpBuilder &b, SchemeAttr scheme,
                                         LayoutAttr layout, int64_t step, ArrayRef<Value> stored) {
  SmallVector<BlockNumber> numbers;
  int64_t bits = bitWidth(scheme.getStorage());
  for (const Part &part : getParts(b, bits, layout, step, stored))
    forEachCode(part, [&](int64_t bit, int64_t place) {
      Value code = extractFromWord(b, scheme.getStorage(), part.words, bit, layout.getExcess());
      numbers.push_back({code, place});
    });
  return numbers;
}

} // namespace qlinalg::kernels
