//===- WeightDots.cpp - Codes beside floats, a warp for each column -------===//
//
//   each warp: one column of codes, up to four rows of floats (WarpColumns.h)
//     every lane: a word of codes, then the word 32 further on: each code to its f32, times the
//     scale, times each row's
//
// Words are read as files hold them. Products and sums are f32: a result differs from the
// definition by the order of the sum alone, a few times 2^-24 of sum |x w|.
//
//===----------------------------------------------------------------------===//

#include "MatrixTile.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Epilogue.h"
#include "QLinalg/Kernels/Loops.h"
#include "WarpColumns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

namespace {
class WeightKernel {
public:
  WeightKernel(const WarpColumn &warp, const CodeRows &columns)
      : b(warp.b), i(warp.i), c(warp.c), warp(warp), columns(columns), count(warp.count),
        k(c.staticSizes[c.k]), storage(c.columns.scheme.getStorage()) {}

  void emit(int64_t bytes);

private:
  Value getLevel(Value word, int64_t position, const Coordinates &at);
  SmallVector<Value> addWord(Value word, Value unit, Coordinates at, ArrayRef<Value> rows,
                             ValueRange sums);

  ImplicitLocOpBuilder &b;
  Instructions i;
  const Contraction &c;
  const WarpColumn &warp;
  const CodeRows &columns;
  int64_t count, k;
  Storage storage;
};
} // namespace

/// The f32 that code `position` of a word stands for.
Value WeightKernel::getLevel(Value word, int64_t position, const Coordinates &at) {
  Value code = extractFromWord(b, storage, word, position * bitWidth(storage), /*excess=*/false);
  Value level;
  if (!isInteger(storage)) {
    level = kernels::getLevel(b, storage, code);
  } else {
    if (Value zero = columns.getZero(i, at))
      code = arith::SubIOp::create(b, code, zero);
    level = arith::SIToFPOp::create(b, b.getF32Type(), code);
  }
  Value scale =
      memref::LoadOp::create(b, columns.side.scales, applyMap(b, columns.side.scalesMap, at));
  return arith::MulFOp::create(b, level, convertFloat(b, scale, b.getF32Type()));
}

/// Adds the products of the codes of word number `unit` to the sum of each row.
SmallVector<Value> WeightKernel::addWord(Value word, Value unit, Coordinates at,
                                         ArrayRef<Value> rows, ValueRange sums) {
  SmallVector<Value> next(sums);
  int64_t codes = columns.width * 8 / bitWidth(storage);
  Value first = i.multiply(unit, codes);
  for (int64_t position = 0; position < codes; ++position) {
    Value index = i.add(first, position), isCode;
    if (k % codes != 0) {
      isCode = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, i.number(k));
      index = arith::SelectOp::create(b, isCode, index, i.number(0));
    }
    at[c.k] = i.toIndex(index);
    Value level = getLevel(word, position, at);
    for (int64_t r = 0; r < count; ++r) {
      if (c.m)
        at[*c.m] = rows[r];
      Value x = memref::LoadOp::create(b, c.rows.data, applyMap(b, c.rows.map, at));
      Value product = arith::MulFOp::create(b, convertFloat(b, x, b.getF32Type()), level);
      Value sum = arith::AddFOp::create(b, next[r], product);
      next[r] = isCode ? Value(arith::SelectOp::create(b, isCode, sum, next[r])) : sum;
    }
  }
  return next;
}

/// `bytes`: of a column's codes.
void WeightKernel::emit(int64_t bytes) {
  SmallVector<Value> rows;
  for (int64_t r = 0; r < count; ++r)
    rows.push_back(i.toIndex(warp.getRow(r)));
  Value begin = columns.getAddress(i, warp.at);
  Value zero = constantLike(b, b.getF32Type(), 0);
  SmallVector<Value> sums =
      forCarrying(b, i.toIndex(warp.lane), indexConstant(b, bytes / columns.width), 32,
                  SmallVector<Value>(count, zero), [&](Value unit, ValueRange carried) {
                    Value address = i.add(begin, i.multiply(i.toI64(unit), columns.width));
                    Value word =
                        i.load(address, b.getIntegerType(8 * columns.width), columns.width);
                    return addWord(i.toI32(word), i.toI32(unit), warp.at, rows, carried);
                  });
  for (Value &sum : sums)
    sum = warp.sumLanes(sum);
  warp.storeOwn([&](const Coordinates &place) {
    Value total = addToTile(b, c, loadInit(b, c, place), warp.chooseOwn(sums));
    ResultStore(b, c, place).store(place, total);
  });
}

void launchWeightDots(ImplicitLocOpBuilder &b, const Contraction &c) {
  Instructions i{b};
  int64_t bytes = (c.staticSizes[c.k] * bitWidth(c.columns.scheme.getStorage()) + 7) / 8;
  CodeRows columns = analyzeRows(i, c.columns, c.n, c.k, bytes);
  columns.width = std::min<int64_t>(columns.width, 4);
  launchWarpColumns(b, c, "weight_dots",
                    [&](const WarpColumn &warp) { WeightKernel(warp, columns).emit(bytes); });
}

} // namespace qlinalg::gpu
