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
  using Step = function_ref<SmallVector<Value>(Value k, Value element, ValueRange carried)>;

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
  SmallVector<Value> fold(Value begin, Value end, ValueRange initial, vector::CombiningKind kind,
                          Step step);
  Value roundScaled(Value element, Value inverse);
  SmallVector<Value> toDigits(Value element, Value inverse);
  Value getDigitOffset(int64_t digit) { return multiply(b, rows.digitStride, digit); }
  Value chooseScale(Value begin, Value end, Value run);
  void copyRun(Value run, Value begin, Value end);
  void copy();
};
} // namespace

/// Whole chunks as vectors, whose lanes `kind` combines, then the rest one by one.
SmallVector<Value> Row::fold(Value begin, Value end, ValueRange initial, vector::CombiningKind kind,
                             Step step) {
  Value tail = begin;
  SmallVector<Value> results(initial);
  auto load = [&](Value k, bool isVector) -> Value {
    coordinates[c.k] = k;
    SmallVector<Value> from = applyMap(b, c.rows.map, coordinates);
    Type element = c.rows.getType().getElementType();
    if (isVector)
      return vector::LoadOp::create(b, VectorType::get(chunk, element), c.rows.data, from);
    return memref::LoadOp::create(b, c.rows.data, from);
  };
  auto loop = [&](Value first, Value last, int64_t stride, ValueRange start) {
    return forCarrying(b, first, last, stride, start, [&](Value k, ValueRange carried) {
      return step(k, load(k, stride > 1), carried);
    });
  };
  if (isContiguousAlong(c.rows.data, c.rows.map, c.k)) {
    tail = add(b, begin, multiply(b, divide(b, subtract(b, end, begin), chunk), chunk));
    SmallVector<Value> lanes;
    for (Value value : initial)
      lanes.push_back(
          vector::BroadcastOp::create(b, VectorType::get(chunk, value.getType()), value));
    for (auto [result, sums] : llvm::zip(results, loop(begin, tail, chunk, lanes)))
      result = vector::ReductionOp::create(b, kind, sums);
  }
  return loop(tail, end, 1, results);
}

/// A float times `inverse`, rounded, as i32.
Value Row::roundScaled(Value element, Value inverse) {
  Value real = convertFloat(b, element, b.getF32Type());
  if (isa<VectorType>(real.getType()))
    inverse = vector::BroadcastOp::create(b, real.getType(), inverse);
  Value scaled = math::RoundEvenOp::create(b, arith::MulFOp::create(b, real, inverse));
  // A NaN is in the scale.
  Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, scaled, scaled);
  scaled = arith::SelectOp::create(b, isNumber, scaled, constantLike(b, scaled.getType(), 0));
  return arith::FPToSIOp::create(b, getTypeLike(b.getI32Type(), element.getType()), scaled);
}

/// A code, or a float times `inverse`, as a signed number, by its digits, the lowest first.
SmallVector<Value> Row::toDigits(Value element, Value inverse) {
  Type type = getTypeLike(plan.getElementType(b.getContext()), element.getType());
  if (!inverse) {
    if (plan.rowOffset != 0)
      element = arith::XOrIOp::create(b, element, constantLike(b, element.getType(), -128));
    return {type == element.getType() ? element : Value(arith::ExtSIOp::create(b, type, element))};
  }
  Value number = roundScaled(element, inverse);
  SmallVector<Value> digits{arith::TruncIOp::create(b, type, number)};
  while (std::ssize(digits) < plan.digits) {
    Value lowest = arith::ExtSIOp::create(b, number.getType(), digits.back());
    number = arith::ShRSIOp::create(b, arith::SubIOp::create(b, number, lowest),
                                    constantLike(b, number.getType(), 8));
    digits.push_back(arith::TruncIOp::create(b, type, number));
  }
  return digits;
}

static constexpr double greatestWord = 32767;

/// The least power of two that makes a number of three digits (at most 127 * 65793) of `greatest`;
/// NaN where that is not finite. 24 bits of a float, with its leading one, are twice such a number
/// of the scale 2^-22: what exceeds it carries into the exponent.
static Value choosePowerOfTwo(ImplicitLocOpBuilder &b, Value greatest) {
  Type integer = b.getI32Type();
  Value bits = arith::BitcastOp::create(b, integer, greatest);
  Value carried =
      arith::AddIOp::create(b, bits, constantLike(b, integer, (1 << 24) - 1 - 2 * 127 * 65793));
  Value exponent = arith::AndIOp::create(b, carried, constantLike(b, integer, 0x7f800000));
  Value power = arith::BitcastOp::create(
      b, greatest.getType(),
      arith::SubIOp::create(b, exponent, constantLike(b, integer, 22 << 23)));
  // 0, but of an infinity or a NaN.
  return arith::AddFOp::create(b, power, arith::SubFOp::create(b, greatest, greatest));
}

/// What is multiplied with so that the run's numbers fill their bits; the inverse is stored.
Value Row::chooseScale(Value begin, Value end, Value run) {
  // Below it, where no inverse is finite, numbers do not fill them.
  Value least = constantLike(b, b.getF32Type(), 0x1p-100);
  Value greatest = fold(begin, end, least, vector::CombiningKind::MAXIMUMF,
                        [&](Value, Value element, ValueRange carried) -> SmallVector<Value> {
                          Value real = convertFloat(b, element, b.getF32Type());
                          real = math::AbsFOp::create(b, real);
                          return {arith::MaximumFOp::create(b, real, carried[0])};
                        })
                       .front();
  if (plan.digits > 1) {
    Value scale = choosePowerOfTwo(b, greatest);
    memref::StoreOp::create(b, scale, rows.scales, at(run));
    return arith::DivFOp::create(b, constantLike(b, scale.getType(), 1), scale);
  }
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
  SmallVector<Value> zeros(plan.digits, constantLike(b, b.getI32Type(), 0));
  SmallVector<Value> sums = fold(begin, end, zeros, vector::CombiningKind::ADD,
                                 [&](Value k, Value element, ValueRange carried) {
                                   SmallVector<Value> digits = toDigits(element, inverse), next;
                                   for (auto [digit, sum] : llvm::zip(digits, carried)) {
                                     storeNumber(digit, add(b, k, getDigitOffset(next.size())));
                                     Value wide = arith::ExtSIOp::create(b, sum.getType(), digit);
                                     next.push_back(arith::AddIOp::create(b, sum, wide));
                                   }
                                   return next;
                                 });
  for (auto [digit, sum] : llvm::enumerate(sums)) {
    if (!c.columns.zeroPoints)
      sum = arith::MulIOp::create(b, sum, constantLike(b, sum.getType(), -plan.columnOffset));
    memref::StoreOp::create(b, sum, rows.sums, at(add(b, multiply(b, run, plan.digits), digit)));
  }
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
    for (int64_t digit = 0; digit < plan.digits; ++digit)
      storeNumber(nothing, add(b, k, getDigitOffset(digit)));
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
  rows.digitStride = stride;
  numbersShape.push_back(multiply(b, stride, plan.digits));
  Value runs = plan.run ? divideUp(b, sizes[c.k], plan.run) : indexConstant(b, 1);
  runsShape.push_back(multiply(b, runs, plan.digits));
  rows.numbers = allocate(b, numbersShape, plan.getElementType(b.getContext()));
  rows.sums = allocate(b, runsShape, b.getI32Type());
  runsShape.back() = runs;
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
