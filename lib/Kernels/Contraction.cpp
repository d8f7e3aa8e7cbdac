//===- Contraction.cpp - A matmul as the kernels see it -------------------===//

#include "QLinalg/Kernels/Contraction.h"

#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace qlinalg::kernels {

/// The side whose operands start at `first` (0 or 3).
static Side getSide(MatmulOp op, unsigned first) {
  auto operand = [&](unsigned i) {
    auto [index, length] = op.getODSOperandIndexAndLength(first + i);
    return length ? op->getOperand(index) : Value();
  };
  auto map = [&](unsigned i) {
    auto [index, length] = op.getODSOperandIndexAndLength(first + i);
    return length ? op.getMap(index) : AffineMap();
  };
  bool lhs = first == 0;
  SchemeAttr scheme = lhs ? op.getLhsSchemeAttr() : op.getRhsSchemeAttr();
  LayoutAttr layout = lhs ? op.getLhsLayoutAttr() : op.getRhsLayoutAttr();
  return {operand(0),
          operand(1),
          operand(2),
          map(0),
          map(1),
          map(2),
          scheme,
          layout,
          lhs ? op.getLhsScaleScales() : op.getRhsScaleScales(),
          op.getScaleScalesMap(lhs),
          lhs ? op.getLhsScalesSchemeAttr() : op.getRhsScalesSchemeAttr()};
}

/// The dimensions of `side` that `other` lacks (never the reduced one).
static SmallVector<unsigned> ownDims(const Side &side, const Side &other) {
  SmallVector<unsigned> dims;
  for (AffineExpr expr : side.map.getResults()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    if (!other.map.isFunctionOfDim(dim))
      dims.push_back(dim);
  }
  return dims;
}

static int64_t sizeOr(int64_t size, int64_t unknown) {
  return ShapedType::isDynamic(size) ? unknown : size;
}

/// Whether lhs should be loaded as vectors.
static bool lhsIsColumns(const Side &lhs, const Side &rhs, ArrayRef<int64_t> sizes, int64_t lanes) {
  auto isPanel = [](const Side &side) { return side.layout && !side.layout.isRows(); };
  if (isPanel(lhs) != isPanel(rhs))
    return isPanel(lhs);
  SmallVector<unsigned> left = ownDims(lhs, rhs), right = ownDims(rhs, lhs);
  if (left.empty() || right.empty())
    return right.empty() && !left.empty();
  auto largest = [&](ArrayRef<unsigned> dims) {
    int64_t size = 0;
    for (unsigned dim : dims)
      size = std::max(size, sizeOr(sizes[dim], lanes));
    return size;
  };
  if (largest(right) >= lanes || largest(left) >= lanes) {
    if (largest(right) < lanes || largest(left) < lanes)
      return largest(right) < lanes;
  }
  return lhs.scheme && !rhs.scheme;
}

/// The dimension for the lanes: the one that panels are made of, else the widest, the one that lies
/// innermost in the result first.
static std::optional<unsigned> chooseLanes(const Side &columns, const Side &rows, AffineMap result,
                                           ArrayRef<int64_t> sizes, int64_t lanes) {
  SmallVector<unsigned> dims = ownDims(columns, rows);
  if (columns.layout && !columns.layout.isRows()) {
    unsigned n = columns.map.getDimPosition(columns.map.getNumResults() - 2);
    if (llvm::is_contained(dims, n))
      return n;
  }
  std::optional<unsigned> chosen;
  int64_t widest = 0;
  for (AffineExpr expr : llvm::reverse(result.getResults())) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    int64_t width = std::min(sizeOr(sizes[dim], lanes), lanes);
    if (llvm::is_contained(dims, dim) && (!chosen || width > widest)) {
      chosen = dim;
      widest = width;
    }
  }
  return chosen;
}

/// The dimension for the rows of a tile: the longest.
static std::optional<unsigned> chooseRows(const Side &rows, const Side &columns,
                                          ArrayRef<int64_t> sizes) {
  std::optional<unsigned> chosen;
  for (unsigned dim : ownDims(rows, columns))
    if (!chosen || sizeOr(sizes[dim], INT64_MAX) > sizeOr(sizes[*chosen], INT64_MAX))
      chosen = dim;
  return chosen;
}

Contraction analyzeContraction(MatmulOp op, int64_t lanes) {
  Contraction c;
  c.op = op;
  c.staticSizes = op.getStaticLoopSizes();
  Side lhs = getSide(op, 0), rhs = getSide(op, 3);
  bool swap = lhsIsColumns(lhs, rhs, c.staticSizes, lanes);
  c.rows = swap ? rhs : lhs;
  c.columns = swap ? lhs : rhs;
  c.k = op.getReductionDim();
  c.n = chooseLanes(c.columns, c.rows, op.getInitMap(), c.staticSizes, lanes);
  c.m = chooseRows(c.rows, c.columns, c.staticSizes);
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
    if (dim != c.k && dim != c.n && dim != c.m)
      c.outer.push_back(dim);
  c.integer = op.isInteger();
  c.keepsIntegers = op.keepsIntegers();
  auto result = cast<MemRefType>(op.getInit().getType()).getElementType();
  c.computeType = result.isF64() ? mlir::FloatType(Float64Type::get(op.getContext()))
                                 : Float32Type::get(op.getContext());
  // They are those of the side in panels, which is that of the columns.
  c.sums = op.getSums();
  c.sumsMap = op.getSumsMap();
  return c;
}

Type Contraction::getTileType() const {
  return keepsIntegers ? Type(IntegerType::get(computeType.getContext(), 32)) : Type(computeType);
}

Coordinates Contraction::atRow(ImplicitLocOpBuilder &b, Coordinates coordinates,
                               int64_t row) const {
  if (m)
    coordinates[*m] = add(b, coordinates[*m], row);
  return coordinates;
}

bool Contraction::hasColumnPanels(int64_t lanes) const {
  return columns.layout && columns.layout.getPanel() == lanes && n &&
         columns.map.getDimPosition(columns.map.getNumResults() - 2) == *n;
}

int64_t Contraction::getWork() const {
  int64_t work = 1;
  for (int64_t size : staticSizes)
    work *= sizeOr(size, 16);
  return work;
}

SmallVector<Value> getLoopSizes(ImplicitLocOpBuilder &b, const Contraction &c) {
  MatmulOp op = c.op;
  SmallVector<Value> sizes(c.staticSizes.size());
  auto collect = [&](Value memref, AffineMap map) {
    for (auto [i, expr] : llvm::enumerate(map.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr); dim && !sizes[dim.getPosition()])
        sizes[dim.getPosition()] = memref::DimOp::create(b, memref, i);
  };
  for (auto [size, value] : llvm::zip(c.staticSizes, sizes))
    if (!ShapedType::isDynamic(size))
      value = indexConstant(b, size);
  collect(op.getInit(), op.getInitMap());
  for (const Side *side : {&c.rows, &c.columns})
    if (!side->layout)
      collect(side->data, side->map);
  return sizes;
}

SmallVector<Value> applyMap(ImplicitLocOpBuilder &b, AffineMap map, ArrayRef<Value> coordinates) {
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults()) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      indices.push_back(indexConstant(b, constant.getValue()));
      continue;
    }
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      indices.push_back(coordinates[dim.getPosition()]);
      continue;
    }
    auto division = cast<AffineBinaryOpExpr>(expr);
    Value dividend = coordinates[cast<AffineDimExpr>(division.getLHS()).getPosition()];
    int64_t divisor = cast<AffineConstantExpr>(division.getRHS()).getValue();
    indices.push_back(divide(b, dividend, divisor));
  }
  return indices;
}

bool isContiguousAlong(Value memref, AffineMap map, std::optional<unsigned> dim) {
  if (!dim || map.getNumResults() == 0)
    return false;
  auto last = dyn_cast<AffineDimExpr>(map.getResult(map.getNumResults() - 1));
  if (!last || last.getPosition() != *dim)
    return false;
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(cast<MemRefType>(memref.getType()).getStridesAndOffset(strides, offset)) &&
         strides.back() == 1;
}

} // namespace qlinalg::kernels
