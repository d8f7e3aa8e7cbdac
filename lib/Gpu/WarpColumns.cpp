//===- WarpColumns.cpp - A warp for each column of a matmul ---------------===//

#include "WarpColumns.h"

#include "Launch.h"
#include "MatrixTile.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// Warps of a block, each a column; rows that share one reading of it.
static constexpr int64_t warps = 4, greatestRows = 4;

static Value isBelow(ImplicitLocOpBuilder &b, Value value, Value limit) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value, limit);
}

Value WarpColumn::getRow(int64_t r) const {
  Value last = i.add(rowCount, i.number(-1));
  return b.createOrFold<arith::MinUIOp>(i.add(firstRow, r), last);
}

Value WarpColumn::sumLanes(Value value) const {
  for (int64_t mask = 16; mask > 0; mask /= 2) {
    Value other = i.shuffle(value, mask);
    value = isa<mlir::FloatType>(value.getType()) ? Value(arith::AddFOp::create(b, value, other))
                                                  : i.add(value, other);
  }
  return value;
}

Value WarpColumn::chooseOwn(ArrayRef<Value> values) const {
  Value own = values[0];
  for (int64_t r = 1; r < count; ++r) {
    Value isRow = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, i.number(r));
    own = arith::SelectOp::create(b, isRow, values[r], own);
  }
  return own;
}

void WarpColumn::storeOwn(function_ref<void(const Coordinates &)> store) const {
  Value row = i.add(firstRow, lane);
  Value stores =
      arith::AndIOp::create(b, isBelow(b, lane, i.number(count)), isBelow(b, row, rowCount));
  auto storeRow = [&] {
    Coordinates place = at;
    if (c.m)
      place[*c.m] = i.toIndex(row);
    store(place);
  };
  ifThenElse(b, stores, storeRow, nullptr);
}

void launchWarpColumns(ImplicitLocOpBuilder &b, const Contraction &c, StringRef kind,
                       function_ref<void(const WarpColumn &)> body) {
  Instructions i{b};
  int64_t m = c.getStaticSize(c.m);
  int64_t count = ShapedType::isDynamic(m) ? greatestRows : std::clamp<int64_t>(m, 1, greatestRows);
  SmallVector<Value> loops = getLoopSizes(b, c);
  BlockGrid grid(b, c, count, warps);
  launchBlocks(b, kind, grid.sizes, 32 * warps, [&](mlir::gpu::LaunchOp launch) {
    WarpColumn warp{b, i, c, count, {}, {}, {}, grid.getOuter(b, c, launch.getBlockIds().z)};
    Value thread = i.toI32(launch.getThreadIds().x);
    warp.lane = i.remainder(thread, 32);
    Value column = i.add(i.multiply(i.toI32(launch.getBlockIds().x), warps), i.divide(thread, 32));
    warp.firstRow = i.multiply(i.toI32(launch.getBlockIds().y), count);
    Value columnCount = c.n ? i.toI32(loops[*c.n]) : i.number(1);
    warp.rowCount = c.m ? i.toI32(loops[*c.m]) : i.number(1);
    auto emitColumn = [&] {
      if (c.n)
        warp.at[*c.n] = i.toIndex(column);
      body(warp);
    };
    // All lanes of a warp have one column.
    ifThenElse(b, isBelow(b, column, columnCount), emitColumn, nullptr);
  });
}

} // namespace qlinalg::gpu
