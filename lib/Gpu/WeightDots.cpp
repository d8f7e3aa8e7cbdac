//===- WeightDots.cpp - Codes beside floats, a warp for each column -------===//
//
//   each warp: one column of codes, up to four rows of floats
//     every lane: a word of codes, then the word 32 further on: each code to its f32, times the
//     scale, times each row's the lanes' sums are added up; lane r stores the result of row r
//
// Each word of codes is read once for four rows, by lanes side by side, as files hold it. Products
// and sums are f32: a result differs from the definition by the order of the sum alone, a few times
// 2^-24 of sum |x w|.
//
//===----------------------------------------------------------------------===//

#include "Launch.h"
#include "MatrixTile.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Epilogue.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <numeric>

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// Warps of a block, each a column; rows that share one reading of it.
static constexpr int64_t warps = 4, greatestRows = 4;

namespace {
class WeightKernel {
public:
  WeightKernel(ImplicitLocOpBuilder &b, const Contraction &c, const CodeRows &columns,
               int64_t count)
      : b(b), i{b}, c(c), columns(columns), count(count), k(c.staticSizes[c.k]),
        storage(c.columns.scheme.getStorage()) {}

  void emit(mlir::gpu::LaunchOp launch, const BlockGrid &grid, ArrayRef<Value> loops);

private:
  Value getLevel(Value word, int64_t position, const Coordinates &at);
  SmallVector<Value> addWord(Value word, Value unit, Coordinates at, ArrayRef<Value> rows,
                             ValueRange sums);

  ImplicitLocOpBuilder &b;
  Instructions i;
  const Contraction &c;
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

void WeightKernel::emit(mlir::gpu::LaunchOp launch, const BlockGrid &grid, ArrayRef<Value> loops) {
  Coordinates at = grid.getOuter(b, c, launch.getBlockIds().z);
  Value thread = i.toI32(launch.getThreadIds().x), lane = i.remainder(thread, 32);
  Value column = i.add(i.multiply(i.toI32(launch.getBlockIds().x), warps), i.divide(thread, 32));
  Value firstRow = i.multiply(i.toI32(launch.getBlockIds().y), count);
  Value columnCount = c.n ? i.toI32(loops[*c.n]) : i.number(1);
  Value rowCount = c.m ? i.toI32(loops[*c.m]) : i.number(1);
  auto isBelow = [&](Value value, Value limit) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value, limit);
  };
  auto emitColumn = [&] {
    if (c.n)
      at[*c.n] = i.toIndex(column);
    // A row that is not there is the last one again.
    SmallVector<Value> rows;
    Value last = i.add(rowCount, i.number(-1));
    for (int64_t r = 0; r < count; ++r)
      rows.push_back(i.toIndex(b.createOrFold<arith::MinUIOp>(i.add(firstRow, r), last)));
    Value begin = columns.getAddress(i, at);
    int64_t bytes = (k * bitWidth(storage) + 7) / 8;
    Value zero = constantLike(b, b.getF32Type(), 0);
    SmallVector<Value> sums =
        forCarrying(b, i.toIndex(lane), indexConstant(b, bytes / columns.width), 32,
                    SmallVector<Value>(count, zero), [&](Value unit, ValueRange carried) {
                      Value address = i.add(begin, i.multiply(i.toI64(unit), columns.width));
                      Value word =
                          i.load(address, b.getIntegerType(8 * columns.width), columns.width);
                      return addWord(i.toI32(word), i.toI32(unit), at, rows, carried);
                    });
    for (Value &sum : sums)
      for (int64_t mask = 16; mask > 0; mask /= 2)
        sum = arith::AddFOp::create(b, sum, i.shuffle(sum, mask));
    Value own = sums[0];
    for (int64_t r = 1; r < count; ++r) {
      Value isRow = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, i.number(r));
      own = arith::SelectOp::create(b, isRow, sums[r], own);
    }
    Value row = i.add(firstRow, lane);
    Value stores = arith::AndIOp::create(b, isBelow(lane, i.number(count)), isBelow(row, rowCount));
    auto store = [&] {
      Coordinates place = at;
      if (c.m)
        place[*c.m] = i.toIndex(row);
      Value total = addToTile(b, c, loadInit(b, c, place), own);
      ResultStore(b, c, place).store(place, total);
    };
    ifThenElse(b, stores, store, nullptr);
  };
  // All lanes of a warp have one column.
  ifThenElse(b, isBelow(column, columnCount), emitColumn, nullptr);
}

void launchWeightDots(ImplicitLocOpBuilder &b, const Contraction &c) {
  Instructions i{b};
  int64_t m = c.getStaticSize(c.m);
  int64_t count = ShapedType::isDynamic(m) ? greatestRows : std::clamp<int64_t>(m, 1, greatestRows);
  SmallVector<Value> loops = getLoopSizes(b, c);
  int64_t bytes = (c.staticSizes[c.k] * bitWidth(c.columns.scheme.getStorage()) + 7) / 8;
  CodeRows columns = analyzeRows(i, c.columns, c.n, c.k, bytes);
  columns.width = std::min<int64_t>(columns.width, 4);
  BlockGrid grid(b, c, count, warps);
  launchBlocks(b, "weight_dots", grid.sizes, 32 * warps, [&](mlir::gpu::LaunchOp launch) {
    WeightKernel(b, c, columns, count).emit(launch, grid, loops);
  });
}

} // namespace qlinalg::gpu
