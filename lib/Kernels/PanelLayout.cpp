//===- PanelLayout.cpp - The layout that the kernels read -----------------===//

#include "QLinalg/Kernels/PanelLayout.h"

#include "QLinalg/PairBound.h"

using namespace mlir;

namespace qlinalg {

/// Codes of a block of codes below 8 bits: what 128 bits of a row hold of 4 bits, so that a load of
/// a lane's bytes gives runs along k as long as the smallest common group.
static constexpr int64_t greatestBlock = 32;

/// Stored bytes are taken for signed numbers.
static bool readsSigned(SchemeAttr scheme, const Target &target) {
  return target.dot == DotUnit::SignedDot && bitWidth(scheme.getStorage()) == 8;
}

LayoutAttr getPanelLayout(MatmulOp op, SchemeAttr scheme, std::optional<SchemeAttr> other,
                          const Target &target) {
  // Both sides are bytes that vpmaddubsw can multiply with the codes as they are.
  bool exactPairs = target.dot == DotUnit::MultiplyAdd && hasExactPairs(op) &&
                    scheme.getStorage() == Storage::Int8 && scheme.getValue().symmetric && other &&
                    other->isInteger() && bitWidth(other->getStorage()) == 8;
  return getPanelLayout(scheme, target, exactPairs);
}

LayoutAttr getPanelLayout(SchemeAttr scheme, const Target &target, bool exactPairs) {
  MLIRContext *context = scheme.getContext();
  LayoutAttr plain = LayoutAttr::getPanels(context, target.getPanelRows());
  int64_t bits = bitWidth(scheme.getStorage()), group = scheme.getValue().group;
  if (bits > 8)
    return plain;
  // A lane of the narrowest plane (Numerics/Packing.h), whose width is the lowest set bit.
  int64_t least = laneBytes * 8 / (bits & -bits);
  int64_t block = bits == 8 ? least : greatestBlock;
  while (block > least && group % block != 0)
    block /= 2;
  if (group % block != 0)
    return plain;
  bool excess = !exactPairs && scheme.isInteger() &&
                isUnsigned(scheme.getStorage()) == readsSigned(scheme, target);
  return LayoutAttr::get(context, target.getPanelRows(), laneBytes, block, excess);
}

int64_t getStoredOffset(SchemeAttr scheme, LayoutAttr layout, const Target &target) {
  int64_t half = int64_t(1) << (bitWidth(scheme.getStorage()) - 1);
  if (!layout.getExcess())
    return 0;
  return readsSigned(scheme, target) ? -half : half;
}

} // namespace qlinalg
