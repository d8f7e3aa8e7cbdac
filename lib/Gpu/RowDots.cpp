//===- RowDots.cpp - Few rows by dp4a -------------------------------------===//
//
//   each warp: one column, up to four rows
//     for each run of K: every lane multiplies its bytes of the column with those of each row, four
//     at once the lanes' sums are added up; lane r scales and stores the result of row r
//
// Each byte of the weights is read once, by lanes side by side.
//
//===----------------------------------------------------------------------===//

#include "Launch.h"
#include "MatrixTile.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// Warps of a block, each a column; rows that share one reading of it.
static constexpr int64_t warps = 4, greatestRows = 4;

namespace {
class DotKernel {
public:
  DotKernel(ImplicitLocOpBuilder &b, const Contraction &c, const CodeRows &rows,
            const CodeRows &columns, int64_t count, int64_t k)
      : b(b), i{b}, c(c), rows(rows), columns(columns), count(count), k(k),
        width(std::min(rows.width, columns.width)) {}

  void emit(mlir::gpu::LaunchOp launch, const BlockGrid &grid, ArrayRef<Value> loops);

private:
  SmallVector<Value> loadWords(Value address);
  SmallVector<Value> addRun(ArrayRef<Value> rowAddresses, Value columnAddress, ValueRange sums);

  ImplicitLocOpBuilder &b;
  Instructions i;
  const Contraction &c;
  const CodeRows &rows, &columns;
  int64_t count, k, width;
};
} // namespace

/// `width` bytes as words; fewer than four are a word with zeros.
SmallVector<Value> DotKernel::loadWords(Value address) {
  if (width < 4)
    return {i.toI32(i.load(address, b.getIntegerType(8 * width), width))};
  if (width == 4)
    return {i.load(address, b.getI32Type(), 4)};
  auto type = VectorType::get(width / 4, b.getI32Type());
  Value vector = i.load(address, type, width);
  SmallVector<Value> words;
  for (int64_t n = 0; n < width / 4; ++n)
    words.push_back(LLVM::ExtractElementOp::create(b, vector, i.number(n)));
  return words;
}

/// Sums of the products of each row, then of each row's codes and of the column's, as they are
/// needed.
SmallVector<Value> DotKernel::addRun(ArrayRef<Value> rowAddresses, Value columnAddress,
                                     ValueRange sums) {
  SmallVector<Value> next(sums);
  Value ones = i.number(0x01010101);
  SmallVector<Value> column = loadWords(columnAddress);
  for (auto [r, address] : llvm::enumerate(rowAddresses))
    for (auto [a, w] : llvm::zip_equal(loadWords(address), column)) {
      next[r] = i.dot(rows.isUnsigned(), a, columns.isUnsigned(), w, next[r]);
      if (columns.hasZero())
        next[count + r] = i.dot(rows.isUnsigned(), a, true, ones, next[count + r]);
    }
  if (rows.hasZero())
    for (Value word : column)
      next.back() = i.dot(columns.isUnsigned(), word, true, ones, next.back());
  return next;
}

void DotKernel::emit(mlir::gpu::LaunchOp launch, const BlockGrid &grid, ArrayRef<Value> loops) {
  Coordinates at = grid.getOuter(b, c, launch.getBlockIds().z);
  Value thread = i.toI32(launch.getThreadIds().x), lane = i.remainder(thread, 32);
  Value column = i.add(i.multiply(i.toI32(launch.getBlockIds().x), warps), i.divide(thread, 32));
  Value firstRow = i.multiply(i.toI32(launch.getBlockIds().y), count);
  Value columnCount = c.n ? i.toI32(loops[*c.n]) : i.number(1);
  Value rowCount = c.m ? i.toI32(loops[*c.m]) : i.number(1);
  // All lanes of a warp have one column.
  Value isColumn = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column, columnCount);
  ifThenElse(
      b, isColumn,
      [&] {
        Coordinates place = at;
        if (c.n)
          place[*c.n] = i.toIndex(column);
        Value columnBegin = columns.getAddress(i, place);
        SmallVector<Value> rowBegins;
        Value last = i.add(rowCount, i.number(-1));
        for (int64_t r = 0; r < count; ++r) {
          // A row that is not there is the last one again.
          Value row = b.createOrFold<arith::MinUIOp>(i.add(firstRow, r), last);
          if (c.m)
            place[*c.m] = i.toIndex(row);
          rowBegins.push_back(rows.getAddress(i, place));
        }
        int64_t sums = count * (columns.hasZero() ? 2 : 1) + (rows.hasZero() ? 1 : 0);
        SmallVector<Value> zeros(sums, i.number(0));
        SmallVector<Value> totals =
            forCarrying(b, i.toIndex(i.multiply(lane, width)), indexConstant(b, k), 32 * width,
                        zeros, [&](Value begin, ValueRange carried) {
                          Value offset = i.toI64(begin);
                          SmallVector<Value> addresses = llvm::map_to_vector(
                              rowBegins, [&](Value address) { return i.add(address, offset); });
                          return addRun(addresses, i.add(columnBegin, offset), carried);
                        });
        for (Value &total : totals)
          for (int64_t mask = 16; mask > 0; mask /= 2)
            total = i.add(total, i.shuffle(total, mask));
        auto select = [&](int64_t first) {
          Value chosen = totals[first];
          for (int64_t r = 1; r < count; ++r) {
            Value isRow = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, i.number(r));
            chosen = arith::SelectOp::create(b, isRow, totals[first + r], chosen);
          }
          return chosen;
        };
        Value row = i.add(firstRow, lane);
        auto isBelow = [&](Value value, Value limit) -> Value {
          return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value, limit);
        };
        Value stores =
            arith::AndIOp::create(b, isBelow(lane, i.number(count)), isBelow(row, rowCount));
        ifThenElse(
            b, stores,
            [&] {
              if (c.m)
                place[*c.m] = i.toIndex(row);
              Value sum = subtractZeros(i, select(0), columns.hasZero() ? select(count) : Value(),
                                        rows.hasZero() ? totals.back() : Value(),
                                        rows.getZero(i, place), columns.getZero(i, place), k);
              finishResult(i, c, place, sum);
            },
            nullptr);
      },
      nullptr);
}

void launchRowDots(ImplicitLocOpBuilder &b, const Contraction &c) {
  Instructions i{b};
  int64_t k = c.staticSizes[c.k], m = c.getStaticSize(c.m);
  int64_t count = ShapedType::isDynamic(m) ? greatestRows : std::clamp<int64_t>(m, 1, greatestRows);
  SmallVector<Value> loops = getLoopSizes(b, c);
  CodeRows rows = analyzeRows(i, c.rows, c.m, c.k, k),
           columns = analyzeRows(i, c.columns, c.n, c.k, k);
  BlockGrid grid(b, c, count, warps);
  launchBlocks(b, "matmul_dots", grid.sizes, 32 * warps, [&](mlir::gpu::LaunchOp launch) {
    DotKernel(b, c, rows, columns, count, k).emit(launch, grid, loops);
  });
}

} // namespace qlinalg::gpu
