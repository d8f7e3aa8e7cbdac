//===- WeightFingerprint.cpp - Tell one weight from another ---------------===//

#include "WeightFingerprint.h"

#include "WeightSource.h"

#include "QLinalg/Constants.h"

#include <cstring>

using namespace mlir;

namespace qlinalg {

namespace {
/// FNV-1a over words in the place of bytes.
class Hash {
public:
  void add(uint64_t word) { state = (state ^ word) * 0x100000001b3; }
  /// 32 bits, not 0: that is what is not known.
  uint64_t take() const {
    uint64_t folded = (state ^ (state >> 32)) & 0xffffffff;
    return folded ? folded : 1;
  }

private:
  uint64_t state = 0xcbf29ce484222325;
};
} // namespace

/// The most words that are looked at.
static constexpr int64_t mostWords = 1 << 14;

static uint64_t hashValues(const WeightContraction &contraction) {
  ElementsAttr constant = getRootConstant(contraction.weight.root);
  std::optional<ConstantBytes> bytes = constant ? getConstantBytes(constant) : std::nullopt;
  if (!bytes)
    return 0;
  Hash hash;
  constexpr int64_t width = sizeof(uint64_t);
  int64_t words = llvm::divideCeil(bytes->size(), width);
  int64_t step = std::max<int64_t>(1, llvm::divideCeil(words, mostWords));
  for (int64_t word = 0; word < words; word += step) {
    uint64_t value = 0;
    std::memcpy(&value, bytes->data() + word * width,
                std::min(width, bytes->size() - word * width));
    hash.add(value);
  }
  return hash.take();
}

int64_t fingerprintOf(const WeightContraction &contraction) {
  Hash shape;
  int64_t kept = 1;
  for (const Atom &atom : contraction.keptAtoms)
    kept *= atom.size;
  shape.add(kept);
  shape.add(contraction.getColumns());
  return static_cast<int64_t>(shape.take() << 32 | hashValues(contraction));
}

} // namespace qlinalg
