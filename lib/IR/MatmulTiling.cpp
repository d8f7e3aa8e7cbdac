//===- MatmulTiling.cpp - TilingInterface of qlinalg.matmul ---------------===//
//
// A tile of the iteration space takes a slice of each operand: parameters follow the data through
// their own maps, so a tile along k must begin at a group's boundary and hold whole groups, or all
// of k.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/ParamsMap.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace qlinalg {

SmallVector<utils::IteratorType> MatmulOp::getLoopIteratorTypes() {
  SmallVector<utils::IteratorType> types(getNumLoops(), utils::IteratorType::parallel);
  types[getReductionDim()] = utils::IteratorType::reduction;
  return types;
}

static OpFoldResult sizeOf(OpBuilder &builder, Location loc, Value value, int64_t dim) {
  if (isa<MemRefType>(value.getType()))
    return memref::getMixedSize(builder, loc, value, dim);
  return tensor::getMixedSize(builder, loc, value, dim);
}

SmallVector<Range> MatmulOp::getIterationDomain(OpBuilder &builder) {
  SmallVector<Range> domain(getNumLoops(), {builder.getIndexAttr(0), {}, builder.getIndexAttr(1)});
  auto collect = [&](Value value, AffineMap map, bool packed) {
    for (unsigned i = 0, e = map.getNumResults() - (packed ? 2 : 0); i < e; ++i) {
      OpFoldResult &size = domain[map.getDimPosition(i)].size;
      if (!size)
        size = sizeOf(builder, getLoc(), value, i);
    }
  };
  collect(getInit(), getInitMap(), false);
  collect(getLhs(), getLhsMap(), !!getLhsLayout());
  collect(getRhs(), getRhsMap(), !!getRhsLayout());
  return domain;
}

/// The slice of `value` that a tile reads, or null if a tile along k does not fit the groups.
static Value sliceOperand(OpBuilder &builder, MatmulOp op, Value value, AffineMap map,
                          ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> sliceOffsets, sliceSizes;
  for (AffineExpr expr : map.getResults()) {
    if (isa<AffineConstantExpr>(expr)) {
      sliceOffsets.push_back(builder.getIndexAttr(0));
      sliceSizes.push_back(builder.getIndexAttr(1));
      continue;
    }
    auto division = dyn_cast<AffineBinaryOpExpr>(expr);
    unsigned dim = cast<AffineDimExpr>(division ? division.getLHS() : expr).getPosition();
    if (!division) {
      sliceOffsets.push_back(offsets[dim]);
      sliceSizes.push_back(sizes[dim]);
      continue;
    }
    int64_t group = cast<AffineConstantExpr>(division.getRHS()).getValue();
    AffineExpr symbol = builder.getAffineSymbolExpr(0);
    sliceOffsets.push_back(affine::makeComposedFoldedAffineApply(
        builder, loc, symbol.floorDiv(group), {offsets[dim]}));
    sliceSizes.push_back(
        affine::makeComposedFoldedAffineApply(builder, loc, symbol.ceilDiv(group), {sizes[dim]}));
  }
  SmallVector<OpFoldResult> strides(sliceOffsets.size(), builder.getIndexAttr(1));
  if (isa<MemRefType>(value.getType()))
    return memref::SubViewOp::create(builder, loc, value, sliceOffsets, sliceSizes, strides);
  return tensor::ExtractSliceOp::create(builder, loc, value, sliceOffsets, sliceSizes, strides);
}

/// `size` is read from an operand's dimension along `loop`.
static bool isSizeOfLoop(MatmulOp op, OpFoldResult size, unsigned loop) {
  auto value = dyn_cast<Value>(size);
  auto dim = value ? value.getDefiningOp<ShapedDimOpInterface>() : ShapedDimOpInterface();
  std::optional<int64_t> index = dim ? getConstantIntValue(dim.getDimension()) : std::nullopt;
  if (!index)
    return false;
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    if (operand == dim.getShapedValue() &&
        op.getMap(i).getResult(*index) == getAffineDimExpr(loop, op.getContext()))
      return true;
  return false;
}

/// The tile holds all of k.
static bool holdsReduction(MatmulOp op, ArrayRef<OpFoldResult> offsets,
                           ArrayRef<OpFoldResult> sizes) {
  unsigned k = op.getReductionDim();
  int64_t whole = op.getStaticLoopSizes()[k];
  if (getConstantIntValue(offsets[k]) != 0)
    return false;
  return ShapedType::isDynamic(whole) ? isSizeOfLoop(op, sizes[k], k)
                                      : getConstantIntValue(sizes[k]) == whole;
}

/// A tile along k fits if it starts at a multiple of each group and holds a multiple of it, or all
/// of k.
static bool fitsGroups(MatmulOp op, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  unsigned k = op.getReductionDim();
  std::optional<int64_t> size = getConstantIntValue(sizes[k]);
  std::optional<int64_t> offset = getConstantIntValue(offsets[k]);
  if (holdsReduction(op, offsets, sizes))
    return true;
  bool hasGroups = false;
  for (std::optional<SchemeAttr> scheme : {op.getLhsScheme(), op.getRhsScheme()}) {
    int64_t group = scheme ? scheme->getValue().group : 0;
    if (group > 1 && (!size || *size % group != 0 || (offset && *offset % group != 0)))
      return false;
    hasGroups |= group > 0;
  }
  // Where all of k shares its scales its integers are one sum, rounded once.
  // Modulo 2^32 the parts of a sum that stays an integer add up to it.
  return hasGroups || !op.isInteger() || op.keepsIntegers();
}

FailureOr<TilingResult> MatmulOp::getTiledImplementation(OpBuilder &builder,
                                                         ArrayRef<OpFoldResult> offsets,
                                                         ArrayRef<OpFoldResult> sizes) {
  if (getLhsLayout() || getRhsLayout())
    return emitOpError() << "expected logical codes to tile, got a layout; tile before packing";
  if (!fitsGroups(*this, offsets, sizes))
    return emitOpError() << "expected tiles along k that are a multiple of the group";
  // Each tile along k adds to outs: what comes after the sum would come after each.
  if ((getBias() || getMultiplier() || getEpilogue() != Epilogue::None || givesCodes()) &&
      !holdsReduction(*this, offsets, sizes))
    return emitOpError()
           << "expected tiles of all of k with a bias, an epilogue, a multiplier or codes in outs";
  SmallVector<Value> operands;
  SmallVector<Operation *> slices;
  for (auto [index, operand] : llvm::enumerate(getOperands())) {
    operands.push_back(sliceOperand(builder, *this, operand, getMap(index), offsets, sizes));
    slices.push_back(operands.back().getDefiningOp());
  }
  SmallVector<Type> types;
  if (getResult())
    types.push_back(operands[getInitMutable().getOperandNumber()].getType());
  Operation *tiled = mlir::clone(builder, getOperation(), types, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

LogicalResult MatmulOp::getResultTilePosition(OpBuilder &, unsigned, ArrayRef<OpFoldResult> offsets,
                                              ArrayRef<OpFoldResult> sizes,
                                              SmallVector<OpFoldResult> &resultOffsets,
                                              SmallVector<OpFoldResult> &resultSizes) {
  for (AffineExpr expr : getInitMap().getResults()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    resultOffsets.push_back(offsets[dim]);
    resultSizes.push_back(sizes[dim]);
  }
  return success();
}

FailureOr<TilingResult> MatmulOp::generateResultTileValue(OpBuilder &builder, unsigned,
                                                          ArrayRef<OpFoldResult> offsets,
                                                          ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> loopOffsets, loopSizes;
  for (Range range : getIterationDomain(builder)) {
    loopOffsets.push_back(range.offset);
    loopSizes.push_back(range.size);
  }
  for (auto [i, expr] : llvm::enumerate(getInitMap().getResults())) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    loopOffsets[dim] = offsets[i];
    loopSizes[dim] = sizes[i];
  }
  return getTiledImplementation(builder, loopOffsets, loopSizes);
}

} // namespace qlinalg
