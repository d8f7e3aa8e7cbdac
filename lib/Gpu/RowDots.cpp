//===- RowDots.cpp - Few rows by dp4a -------------------------------------===//
//
//   each warp: one column, up to four rows (WarpColumns.h)
//     for each run of K: every lane multiplies its bytes of the column with those of each row, four
//     at once
//
//===----------------------------------------------------------------------===//

#include "MatrixTile.h"
#include "QLinalg/Kernels/Loops.h"
#include "WarpColumns.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

namespace {
class DotKernel {
public:
  DotKernel(const WarpColumn &warp, const CodeRows &rows, const CodeRows &columns)
      : b(warp.b), i(warp.i), c(warp.c), warp(warp), rows(rows), columns(columns),
        count(warp.count), k(c.staticSizes[c.k]), width(std::min(rows.width, columns.width)) {}

  void emit();

private:
  SmallVector<Value> loadWords(Value address);
  SmallVector<Value> addRun(ArrayRef<Value> rowAddresses, Value columnAddress, ValueRange sums);

  ImplicitLocOpBuilder &b;
  Instructions i;
  const Contraction &c;
  const WarpColumn &warp;
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

void DotKernel::emit() {
  Coordinates place = warp.at;
  Value columnBegin = columns.getAddress(i, place);
  SmallVector<Value> rowBegins;
  for (int64_t r = 0; r < count; ++r) {
    if (c.m)
      place[*c.m] = i.toIndex(warp.getRow(r));
    rowBegins.push_back(rows.getAddress(i, place));
  }
  int64_t sums = count * (columns.hasZero() ? 2 : 1) + (rows.hasZero() ? 1 : 0);
  SmallVector<Value> zeros(sums, i.number(0));
  SmallVector<Value> totals =
      forCarrying(b, i.toIndex(i.multiply(warp.lane, width)), indexConstant(b, k), 32 * width,
                  zeros, [&](Value begin, ValueRange carried) {
                    Value offset = i.toI64(begin);
                    SmallVector<Value> addresses = llvm::map_to_vector(
                        rowBegins, [&](Value address) { return i.add(address, offset); });
                    return addRun(addresses, i.add(columnBegin, offset), carried);
                  });
  for (Value &total : totals)
    total = warp.sumLanes(total);
  warp.storeOwn([&](const Coordinates &place) {
    ArrayRef<Value> all = totals;
    Value ofRow = columns.hasZero() ? warp.chooseOwn(all.slice(count, count)) : Value();
    Value sum = subtractZeros(i, warp.chooseOwn(all.take_front(count)), ofRow,
                              rows.hasZero() ? totals.back() : Value(), rows.getZero(i, place),
                              columns.getZero(i, place), k);
    finishResult(i, c, place, sum);
  });
}

void launchRowDots(ImplicitLocOpBuilder &b, const Contraction &c) {
  Instructions i{b};
  int64_t k = c.staticSizes[c.k];
  CodeRows rows = analyzeRows(i, c.rows, c.m, c.k, k),
           columns = analyzeRows(i, c.columns, c.n, c.k, k);
  launchWarpColumns(b, c, "matmul_dots",
                    [&](const WarpColumn &warp) { DotKernel(warp, rows, columns).emit(); });
}

} // namespace qlinalg::gpu
