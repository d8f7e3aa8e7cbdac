//===- DotRows.cpp - Rows as a dot product takes them ---------------------===//

#include "QLinalg/Kernels/DotRows.h"

#include "Elements.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

void DotRows::free(ImplicitLocOpBuilder &b) const {
  for (Value memref : {numbers, sums, scales})
    if (memref)
      memref::DeallocOp::create(b, memref);
}

/// Elements that are copied at once.
static constexpr int64_t chunk = 32;

namespace {
/// One row being copied.
struct Row {
  /// Folds an element, or a vector of them, into what is carried.
  using Step = function_ref<Value(Value k, Value element, Value carried)>;

  ImplicitLocOpBuilder &b;
  const Contraction &c;
  const DotPlan &plan;
  Value kSize;
  Coordinates coordinates;
  /// Indices of the row in `numbers` and `sums`, without the last.
  SmallVector<Value> indices;
  DotRows rows;

  SmallVector<Value> at(Value last) const {
    SmallVector<Value> all = indices;
    all.push_back(last);
    return all;
  }
  SmallVector<Value> atNumber(Value k) const;
  void storeNumber(Value number, Value k);
  Value fold(Value begin, Value end, Value initial, vector::CombiningKind kind, Step step);
  Value toNumber(Value element, Value inverse);
  Value chooseScale(Value begin, Value end, Value run);
  void copyRun(Value run, Value begin, Value end);
  void copy();
};
} // namespace

/// Whole chunks as vectors, whose lanes `kind` combines, then the rest one by one.
Value Row::fold(Value begin, Value end, Value initial, vector::CombiningKind kind, Step step) {
  Value tail = begin, result = initial;
  auto load = [&](Value k, bool isVector) -> Value {
    coordinates[c.k] = k;
    SmallVector<Value> from = applyMap(b, c.rows.map, coordinates);
    Type element = c.rows.getType().getElementType();
    if (isVector)
      return vector::LoadOp::create(b, VectorType::get(chunk, element), c.rows.data, from);
    return memref::LoadOp::create(b, c.rows.data, from);
  };
  auto loop = [&](Value first, Value last, int64_t stride, Value start) {
    return forCarrying(b, first, last, stride, start,
                       [&](Value k, ValueRange carried) {
                         return SmallVector<Value>{step(k, load(k, stride > 1), carried[0])};
                       })
        .front();
  };
  if (isContiguousAlong(c.rows.data, c.rows.map, c.k)) {
    tail = add(b, begin, multiply(b, divide(b, subtract(b, end, begin), chunk), chunk));
    Value lanes =
        vector::BroadcastOp::create(b, VectorType::get(chunk, initial.getType()), initial);
    result = vector::ReductionOp::create(b, kind, loop(begin, tail, chunk, lanes));
  }
  return loop(tail, end, 1, result);
}

/// A code, or a float times `inverse`, as a signed number.
Value Row::toNumber(Value element, Value inverse) {
  Type type = getTypeLike(plan.getElementType(b.getContext()), element.getType());
  if (inverse) {
    Value real = convertFloat(b, element, b.getF32Type());
    if (isa<VectorType>(real.getType()))
      inverse = vector::BroadcastOp::create(b, real.getType(), inverse);
    Value scaled = math::RoundEvenOp::create(b, arith::MulFOp::create(b, real, inverse));
    // A NaN is in the scale.
    Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, scaled, scaled);
    scaled = arith::SelectOp::create(b, isNumber, scaled, constantLike(b, scaled.getType(), 0));
    Type wide = getTypeLike(b.getI32Type(), element.getType());
    return arith::TruncIOp::create(b, type, arith::FPToSIOp::create(b, wide, scaled));
  }
  if (plan.rowOffset != 0)
    element = arith::XOrIOp::create(b, element, constantLike(b, element.getType(), -128));
  return type == element.getType() ? element : Value(arith::ExtSIOp::create(b, type, element));
}

static constexpr double greatestWord = 32767;

/// What is multiplied with so that the run's numbers fill 16 bits; the inverse is stored.
Value Row::chooseScale(Value begin, Value end, Value run) {
  // Below it, where no inverse is finite, numbers do not fill 16 bits.
  Value least = constantLike(b, b.getF32Type(), 0x1p-100);
  Value greatest =
      fold(begin, end, least, vector::CombiningKind::MAXIMUMF,
           [&](Value, Value element, Value carried) -> Value {
             Value real = convertFloat(b, element, b.getF32Type());
             return arith::MaximumFOp::create(b, math::AbsFOp::create(b, real), carried);
           });
  Value limit = constantLike(b, b.getF32Type(), greatestWord);
  memref::StoreOp::create(b, arith::DivFOp::create(b, greatest, limit), rows.scales, at(run));
  return arith::DivFOp::create(b, limit, greatest);
}

/// Where element k is in `numbers`.
SmallVector<Value> Row::atNumber(Value k) const {
  if (plan.matrix != MatrixUnit::I8mm)
    return at(k);
  SmallVector<Value> place = indices;
  Value parity;
  for (auto [dim, index] : llvm::zip(rows.dims, place))
    if (dim == c.m) {
      parity = remainder(b, index, 2);
      index = divide(b, index, 2);
    }
  int64_t step = plan.getStep();
  Value pair = add(b, multiply(b, divide(b, k, step), 2), parity);
  place.push_back(add(b, multiply(b, pair, step), remainder(b, k, step)));
  return place;
}

/// A number, or a chunk that begins a step.
void Row::storeNumber(Value number, Value k) {
  if (!isa<VectorType>(number.getType())) {
    memref::StoreOp::create(b, number, rows.numbers, atNumber(k));
    return;
  }
  int64_t width = plan.matrix == MatrixUnit::I8mm ? plan.getStep() : chunk;
  for (int64_t first = 0; first < chunk; first += width) {
    Value part = number;
    if (width < chunk)
      part = vector::ShuffleOp::create(b, number, number,
                                       llvm::to_vector(llvm::seq(first, first + width)));
    vector::StoreOp::create(b, part, rows.numbers, atNumber(add(b, k, first)));
  }
}

void Row::copyRun(Value run, Value begin, Value end) {
  Value inverse = plan.quantizesRows ? chooseScale(begin, end, run) : Value();
  Value sum = fold(begin, end, constantLike(b, b.getI32Type(), 0), vector::CombiningKind::ADD,
                   [&](Value k, Value element, Value carried) -> Value {
                     Value number = toNumber(element, inverse);
                     storeNumber(number, k);
                     Value wide = arith::ExtSIOp::create(b, carried.getType(), number);
                     return arith::AddIOp::create(b, carried, wide);
                   });
  if (!c.columns.zeroPoints)
    sum = arith::MulIOp::create(b, sum, constantLike(b, sum.getType(), -plan.columnOffset));
  memref::StoreOp::create(b, sum, rows.sums, at(run));
}

void Row::copy() {
  Value zero = indexConstant(b, 0);
  if (plan.run == 0)
    copyRun(zero, zero, kSize);
  else
    forEach(b, zero, divideUp(b, kSize, plan.run), 1, [&](Value run) {
      Value begin = multiply(b, run, plan.run);
      copyRun(run, begin, minimum(b, add(b, begin, plan.run), kSize));
    });
  int64_t filled = std::max(plan.block, plan.getStep());
  Value padded = multiply(b, divideUp(b, kSize, filled), filled);
  forEach(b, kSize, padded, 1, [&](Value k) {
    Value nothing = constantLike(b, plan.getElementType(b.getContext()), 0);
    memref::StoreOp::create(b, nothing, rows.numbers, atNumber(k));
  });
}

/// Elements from one row to the next: whole blocks, and a cache line more, so that rows of a tile
/// do not fall on the same few lines of the first cache.
static Value getRowStride(ImplicitLocOpBuilder &b, Value kSize) {
  return add(b, multiply(b, divideUp(b, kSize, 64), 64), 64);
}

DotRows prepareRows(ImplicitLocOpBuilder &b, const Contraction &c, const DotPlan &plan,
                    ArrayRef<Value> sizes, bool parallel) {
  DotRows rows;
  SmallVector<Value> shape;
  for (AffineExpr expr : c.rows.map.getResults()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    if (dim == c.k)
      continue;
    rows.dims.push_back(dim);
    shape.push_back(sizes[dim]);
  }
  SmallVector<Value> numbersShape = shape, runsShape = shape;
  Value stride = getRowStride(b, sizes[c.k]);
  for (auto [dim, size] : llvm::zip(rows.dims, numbersShape))
    if (dim == c.m && plan.matrix == MatrixUnit::Amx)
      size = multiply(b, divideUp(b, size, plan.getStepRows()), plan.getStepRows());
    else if (dim == c.m && plan.matrix == MatrixUnit::I8mm) {
      size = divideUp(b, size, plan.getStepRows());
      stride = multiply(b, stride, plan.getStepRows());
    }
  numbersShape.push_back(stride);
  runsShape.push_back(plan.run ? divideUp(b, sizes[c.k], plan.run) : indexConstant(b, 1));
  rows.numbers = allocate(b, numbersShape, plan.getElementType(b.getContext()));
  rows.sums = allocate(b, runsShape, b.getI32Type());
  if (plan.quantizesRows)
    rows.scales = allocate(b, runsShape, b.getF32Type());
  auto copyRow = [&](ArrayRef<Value> indices) {
    Row row{b, c, plan, sizes[c.k], Coordinates(sizes.size()), SmallVector<Value>(indices), rows};
    for (auto [dim, index] : llvm::zip(rows.dims, indices))
      row.coordinates[dim] = index;
    row.copy();
  };
  if (shape.empty()) {
    copyRow({});
    return rows;
  }
  forEachParallel(b, shape.front(), parallel, [&](Value first) {
    forEachIndex(b, ArrayRef(shape).drop_front(), [&](ArrayRef<Value> rest) {
      SmallVector<Value> indices{first};
      indices.append(rest.begin(), rest.end());
      copyRow(indices);
    });
  });
  return rows;
}

} // namespace qlinalg::kernels
