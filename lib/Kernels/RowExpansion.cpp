//===- RowExpansion.cpp - Rows as numbers to multiply with ----------------===//

#include "Elements.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelUnpack.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace qlinalg::kernels {

/// Elements of k from which on there are only zeros, whole blocks.
static Value getPaddedSize(ImplicitLocOpBuilder &b, Value kSize, int64_t block) {
  return multiply(b, divideUp(b, kSize, block), block);
}

/// The inner loops of `expandRows`: everything of one index of the other dimensions.
static void expandRow(ImplicitLocOpBuilder &b, const Contraction &c, Value kSize, int64_t block,
                      Coordinates coordinates, Value expanded) {
  const Side &side = c.rows;
  auto store = [&](Value number) {
    memref::StoreOp::create(b, number, expanded, applyMap(b, side.map, coordinates));
  };
  forEach(b, indexConstant(b, 0), getGroupCount(b, side, kSize), 1, [&](Value group) {
    auto [begin, end] = getGroupBounds(b, side, group, kSize);
    coordinates[c.k] = begin;
    Value scale = side.scales && !c.integer ? loadScale(b, side, coordinates) : Value();
    Value zero = side.zeroPoints ? loadZeroPoint(b, side, coordinates) : Value();
    forEach(b, begin, end, 1, [&](Value k) {
      coordinates[c.k] = k;
      store(getNumber(b, c, side, loadCode(b, side, coordinates), scale, zero));
    });
  });
  Value padded = getPaddedSize(b, kSize, block);
  if (padded == kSize || getConstantIntValue(padded) == getConstantIntValue(kSize))
    return;
  forEach(b, kSize, padded, 1, [&](Value k) {
    coordinates[c.k] = k;
    store(constantLike(b, getNumberType(c), 0));
  });
}

/// Bytes after which lines fall on the same place of a first cache again, and rows of a tile that
/// find room there all the same.
static constexpr int64_t cachePeriod = 4096, crowd = 8;

/// Rows of a tile lie where they drive one another out of the first cache.
static bool areCrowded(const Contraction &c) {
  const Side &side = c.rows;
  int64_t size = c.getStaticSize(c.m);
  if (!c.m || (!ShapedType::isDynamic(size) && size <= crowd) ||
      !isContiguousAlong(side.data, side.map, c.k))
    return false;
  SmallVector<int64_t> strides;
  int64_t offset;
  MemRefType type = side.getType();
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  for (auto [expr, stride] : llvm::zip(side.map.getResults(), strides))
    if (expr == getAffineDimExpr(*c.m, type.getContext()))
      return ShapedType::isDynamic(stride) ||
             stride * type.getElementTypeBitWidth() / 8 % cachePeriod == 0;
  return false;
}

Value expandRows(ImplicitLocOpBuilder &b, const Contraction &c, ArrayRef<Value> sizes,
                 bool parallel, int64_t block) {
  const Side &side = c.rows;
  int64_t size = c.staticSizes[c.k];
  bool isWhole = block == 1 || (!ShapedType::isDynamic(size) && size % block == 0);
  bool crowded = !c.integer && areCrowded(c);
  if (!side.scheme && side.getType().getElementType() == c.computeType && isWhole && !crowded)
    return side.data;
  SmallVector<Value> shape, others;
  SmallVector<unsigned> otherDims;
  for (AffineExpr expr : side.map.getResults()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    if (dim == c.k) {
      // A line more, so that rows of a tile do not fall on one another.
      Value padded = getPaddedSize(b, sizes[c.k], block);
      shape.push_back(crowded ? add(b, padded, 16) : padded);
      continue;
    }
    shape.push_back(sizes[dim]);
    others.push_back(sizes[dim]);
    otherDims.push_back(dim);
  }
  Value expanded = allocate(b, shape, getNumberType(c));
  Coordinates coordinates(sizes.size());
  if (others.empty()) {
    expandRow(b, c, sizes[c.k], block, coordinates, expanded);
    return expanded;
  }
  forEachParallel(b, others.front(), parallel, [&](Value first) {
    coordinates[otherDims.front()] = first;
    forEachIndex(b, ArrayRef(others).drop_front(), [&](ArrayRef<Value> indices) {
      for (auto [dim, index] : llvm::zip(ArrayRef(otherDims).drop_front(), indices))
        coordinates[dim] = index;
      expandRow(b, c, sizes[c.k], block, coordinates, expanded);
    });
  });
  return expanded;
}

} // namespace qlinalg::kernels
