//===- RowExpansion.cpp - Rows as numbers to multiply with ----------------===//

#include "Elements.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelUnpack.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace qlinalg::kernels {

/// The inner loops of `expandRows`: everything of one index of the other dimensions.
static void expandRow(ImplicitLocOpBuilder &b, const Contraction &c, Value kSize,
                      Coordinates coordinates, Value expanded) {
  const Side &side = c.rows;
  forEach(b, indexConstant(b, 0), getGroupCount(b, side, kSize), 1, [&](Value group) {
    auto [begin, end] = getGroupBounds(b, side, group, kSize);
    coordinates[c.k] = begin;
    Value scale = side.scales && !c.integer ? loadScale(b, side, coordinates) : Value();
    Value zero = side.zeroPoints ? loadZeroPoint(b, side, coordinates) : Value();
    forEach(b, begin, end, 1, [&](Value k) {
      coordinates[c.k] = k;
      Value number = getNumber(b, c, side, loadCode(b, side, coordinates), scale, zero);
      memref::StoreOp::create(b, number, expanded, applyMap(b, side.map, coordinates));
    });
  });
}

Value expandRows(ImplicitLocOpBuilder &b, const Contraction &c, ArrayRef<Value> sizes,
                 bool parallel) {
  const Side &side = c.rows;
  if (!side.scheme && side.getType().getElementType() == c.computeType)
    return side.data;
  SmallVector<Value> shape, others;
  SmallVector<unsigned> otherDims;
  for (AffineExpr expr : side.map.getResults()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    shape.push_back(sizes[dim]);
    if (dim == c.k)
      continue;
    others.push_back(sizes[dim]);
    otherDims.push_back(dim);
  }
  Value expanded = allocate(b, shape, getNumberType(c));
  Coordinates coordinates(sizes.size());
  if (others.empty()) {
    expandRow(b, c, sizes[c.k], coordinates, expanded);
    return expanded;
  }
  forEachParallel(b, others.front(), parallel, [&](Value first) {
    coordinates[otherDims.front()] = first;
    forEachIndex(b, ArrayRef(others).drop_front(), [&](ArrayRef<Value> indices) {
      for (auto [dim, index] : llvm::zip(ArrayRef(otherDims).drop_front(), indices))
        coordinates[dim] = index;
      expandRow(b, c, sizes[c.k], coordinates, expanded);
    });
  });
  return expanded;
}

} // namespace qlinalg::kernels
