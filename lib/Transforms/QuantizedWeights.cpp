//===- QuantizedWeights.cpp - One quantize per weight and scheme ----------===//

#include "QuantizedWeights.h"

#include "ScaledRows.h"
#include "WeightMethod.h"

#include "QLinalg/ParamsMap.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {

/// What the codes of `scales`, whose dimension `kDim` is their K, stand for.
static Value codeScales(OpBuilder &builder, Location loc, Value scales, unsigned kDim,
                        SchemeAttr scheme) {
  QuantizedValue value = quantizeValue(builder, loc, scales, kDim, scheme);
  unsigned rank = cast<RankedTensorType>(scales.getType()).getRank();
  auto map = AffineMapAttr::get(getParamsMap(scheme.getValue(), rank, kDim, builder.getContext()));
  return DequantizeOp::create(builder, loc, scales.getType(), value.codes, value.scales,
                              value.zeroPoints, scheme, map);
}

QuantizedValue quantizeValue(OpBuilder &builder, Location loc, Value input, unsigned kDim,
                             SchemeAttr scheme, SchemeAttr scalesScheme) {
  unsigned rank = cast<RankedTensorType>(input.getType()).getRank();
  auto map = AffineMapAttr::get(getParamsMap(scheme.getValue(), rank, kDim, builder.getContext()));
  QuantizedValue result{{}, {}, {}, scheme};
  if (!scheme.isDowncast()) {
    auto params = ChooseParamsOp::create(builder, loc, input, scheme, map);
    result.scales = params.getScales();
    result.zeroPoints = params.getZeroPoints();
  }
  if (scalesScheme)
    result.scales = codeScales(builder, loc, result.scales, kDim, scalesScheme);
  result.codes =
      QuantizeOp::create(builder, loc, input, result.scales, result.zeroPoints, scheme, map);
  return result;
}

//===----------------------------------------------------------------------===//
// Reshapes of row-major data
//===----------------------------------------------------------------------===//

/// One group of dimensions [begin, end).
static ReassociationIndices range(int64_t begin, int64_t end) {
  return llvm::to_vector<2>(llvm::seq(begin, end));
}

Value reshapeLeading(OpBuilder &builder, Location loc, Value value, ArrayRef<int64_t> leading,
                     unsigned trailing) {
  auto type = cast<RankedTensorType>(value.getType());
  unsigned old = type.getRank() - trailing;
  if (type.getShape().take_front(old) == leading)
    return value;
  auto tail = [&](int64_t first) {
    SmallVector<ReassociationIndices> groups;
    for (unsigned i = 0; i < trailing; ++i)
      groups.push_back(range(first + i, first + i + 1));
    return groups;
  };
  // All of the leading dimensions into one (or none), then that one into the new ones.
  SmallVector<int64_t> flat;
  if (old != 1) {
    SmallVector<ReassociationIndices> groups;
    flat.push_back(std::accumulate(type.getShape().begin(), type.getShape().begin() + old,
                                   int64_t(1), std::multiplies<>()));
    llvm::append_range(flat, type.getShape().drop_front(old));
    if (old > 1) {
      groups.push_back(range(0, old));
      llvm::append_range(groups, tail(old));
      value = tensor::CollapseShapeOp::create(builder, loc, value, groups);
    } else {
      if (trailing > 0) {
        groups.push_back(range(0, 2));
        for (unsigned i = 1; i < trailing; ++i)
          groups.push_back(range(i + 1, i + 2));
      }
      value = tensor::ExpandShapeOp::create(
          builder, loc, RankedTensorType::get(flat, type.getElementType()), value, groups);
    }
    type = cast<RankedTensorType>(value.getType());
  }
  if (leading.size() == 1)
    return value;
  SmallVector<int64_t> shape(leading);
  llvm::append_range(shape, type.getShape().drop_front(1));
  auto result = RankedTensorType::get(shape, type.getElementType());
  SmallVector<ReassociationIndices> groups;
  if (leading.empty()) {
    // The one leading dimension is of size 1 and goes into the first trailing one.
    if (trailing > 0)
      groups.push_back(range(0, 2));
    for (unsigned i = 1; i < trailing; ++i)
      groups.push_back(range(i + 1, i + 2));
    return tensor::CollapseShapeOp::create(builder, loc, result, value, groups);
  }
  groups.push_back(range(0, leading.size()));
  llvm::append_range(groups, tail(leading.size()));
  return tensor::ExpandShapeOp::create(builder, loc, result, value, groups);
}

static SmallVector<int64_t> sizesOf(ArrayRef<Atom> atoms) {
  return llvm::map_to_vector(atoms, [](const Atom &atom) { return atom.size; });
}

/// The root as [kept .., K].
static Value buildRows(OpBuilder &builder, Location loc, Value root, ArrayRef<Atom> kept,
                       ArrayRef<Atom> reduced) {
  SmallVector<Atom> all(kept);
  llvm::append_range(all, reduced);
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(0, all.size()));
  // Strides are all different but for those of size 1.
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return all[a].stride != all[b].stride ? all[a].stride > all[b].stride
                                          : all[a].rootDim < all[b].rootDim;
  });
  SmallVector<int64_t> stored;
  for (unsigned index : order)
    stored.push_back(all[index].size);
  Value value = reshapeLeading(builder, loc, root, stored, 0);
  SmallVector<int64_t> permutation(all.size());
  for (auto [position, index] : llvm::enumerate(order))
    permutation[index] = position;
  if (!llvm::is_sorted(permutation)) {
    Type element = cast<RankedTensorType>(root.getType()).getElementType();
    Value empty = tensor::EmptyOp::create(builder, loc, sizesOf(all), element);
    value = linalg::TransposeOp::create(builder, loc, value, empty, permutation)->getResult(0);
  }
  if (reduced.size() == 1)
    return value;
  // K of size 1 has no atom; K of several becomes one.
  int64_t columns = 1;
  for (const Atom &atom : reduced)
    columns *= atom.size;
  SmallVector<int64_t> shape = sizesOf(kept);
  shape.push_back(columns);
  return reshapeLeading(builder, loc, value, shape, 0);
}

static bool sameAtoms(ArrayRef<Atom> a, ArrayRef<Atom> b) {
  return llvm::equal(
      a, b, [](const Atom &x, const Atom &y) { return x.size == y.size && x.stride == y.stride; });
}

QuantizedValue QuantizedWeights::get(OpBuilder &builder, Value root, ArrayRef<Atom> kept,
                                     ArrayRef<Atom> reduced, const WeightCoding &coding) {
  for (const Entry &entry : entries)
    if (entry.root == root && entry.coding == coding && sameAtoms(entry.kept, kept) &&
        sameAtoms(entry.reduced, reduced))
      return entry.value;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(root);
  Location loc = root.getLoc();
  Value rows = buildRows(builder, loc, root, kept, reduced);
  if (coding.factors)
    rows = scaleRows(builder, loc, rows, kept.size(), coding.factors);
  QuantizedValue value =
      quantizeValue(builder, loc, rows, kept.size(), coding.scheme, coding.scales);
  if (coding.method)
    value.codes.getDefiningOp()->setAttr(methodAttrName, coding.method);
  if (coding.trellis)
    value.codes.getDefiningOp()->setAttr(trellisAttrName,
                                         builder.getI64IntegerAttr(coding.trellis));
  entries.push_back({root, SmallVector<Atom>(kept), SmallVector<Atom>(reduced), coding, value});
  return value;
}

} // namespace qlinalg
