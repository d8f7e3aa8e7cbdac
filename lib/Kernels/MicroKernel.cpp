//===- MicroKernel.cpp - Rows times one panel -----------------------------===//

#include "QLinalg/Kernels/MicroKernel.h"

#include "QLinalg/Kernels/Epilogue.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

void branchOnFullPanel(ImplicitLocOpBuilder &b, const Contraction &c, ArrayRef<Value> sizes,
                       int64_t lanes, const Coordinates &coordinates,
                       function_ref<void(bool)> body) {
  if (!hasVectorResults(c))
    return body(false);
  int64_t nSize = c.getStaticSize(c.n);
  if (!ShapedType::isDynamic(nSize) && nSize % lanes == 0)
    return body(true);
  Value last = add(b, coordinates[*c.n], lanes);
  Value isFull = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ule, last, sizes[*c.n]);
  ifThenElse(b, isFull, [&] { body(true); }, [&] { body(false); });
}

void forEachResult(ImplicitLocOpBuilder &b, const Contraction &c, ArrayRef<Value> sizes,
                   int64_t lanes, const Coordinates &coordinates, Value rows,
                   function_ref<void(const Coordinates &, Value, Value)> body) {
  Value used = indexConstant(b, c.n ? lanes : 1);
  if (c.n)
    used = minimum(b, used, subtract(b, sizes[*c.n], coordinates[*c.n]));
  forEachIndex(b, {rows, used}, [&](ArrayRef<Value> indices) {
    Coordinates own = coordinates;
    if (c.m)
      own[*c.m] = add(b, own[*c.m], indices[0]);
    if (c.n)
      own[*c.n] = add(b, own[*c.n], indices[1]);
    body(own, indices[0], indices[1]);
  });
}

Value MicroKernel::loadStaged(Value staging, int64_t row) {
  return vector::LoadOp::create(b, VectorType::get(lanes, c.getTileType()), staging,
                                ValueRange{indexConstant(b, row), indexConstant(b, 0)});
}

/// With `staging` (a memref [tile rows][lanes]) numbers go to and from memory one by one: for
/// results whose n is not innermost, and for the last panel, which is not full.
void MicroKernel::emitTile(Coordinates coordinates, int64_t tileRows, Value staging) {
  Tile::Vectors sums;
  auto forEachStaged = [&](function_ref<void(const Coordinates &, Value, Value)> body) {
    forEachResult(b, c, sizes, lanes, coordinates, indexConstant(b, tileRows), body);
  };
  if (staging)
    forEachStaged([&](const Coordinates &own, Value row, Value lane) {
      memref::StoreOp::create(b, loadInit(b, c, own), staging, ValueRange{row, lane});
    });
  for (int64_t row = 0; row < tileRows; ++row)
    sums.push_back(staging ? loadStaged(staging, row)
                           : loadInit(b, c, c.atRow(b, coordinates, row), lanes));
  sums = tile.accumulate(coordinates, sums);
  if (!staging) {
    ResultStore results(b, c, coordinates, lanes);
    for (auto [row, sum] : llvm::enumerate(sums))
      results.store(c.atRow(b, coordinates, row), sum);
    return;
  }
  for (auto [row, sum] : llvm::enumerate(sums))
    vector::StoreOp::create(b, sum, staging,
                            ValueRange{indexConstant(b, row), indexConstant(b, 0)});
  forEachStaged([&](const Coordinates &own, Value row, Value lane) {
    ResultStore(b, c, own).store(own, memref::LoadOp::create(b, staging, ValueRange{row, lane}));
  });
}

namespace {
/// Tiles of one height, as many as there are rows for up to `end` (none: the last row).
struct Tiles {
  int64_t height;
  std::optional<int64_t> end;
};
} // namespace

/// As few tiles as `greatest` allows, of two heights that differ by one step: no row is left to a
/// tile that is too low to hide the latency of its sums. Of an unknown number of rows the greatest
/// first, then what is left over.
static SmallVector<Tiles> getTiles(int64_t rows, int64_t greatest, int64_t step) {
  SmallVector<Tiles> tiles;
  if (ShapedType::isDynamic(rows)) {
    for (int64_t height : {greatest, int64_t(4), step, int64_t(1)})
      if (tiles.empty() || height < tiles.back().height)
        tiles.push_back({height, {}});
    return tiles;
  }
  int64_t steps = rows / step, left = rows % step;
  if (int64_t count = llvm::divideCeil(steps, greatest / step)) {
    int64_t high = llvm::divideCeil(steps, count), end = (steps - count * (high - 1)) * high;
    tiles.push_back({high * step, end * step});
    if (end < steps)
      tiles.push_back({(high - 1) * step, steps * step});
  }
  if (left)
    tiles.push_back({left, rows});
  return tiles;
}

void MicroKernel::emitTiles(const Coordinates &coordinates, Value staging) {
  if (!c.m)
    return emitTile(coordinates, 1, staging);
  Value begin = coordinates[*c.m], size = rowEnd ? rowEnd : sizes[*c.m];
  int64_t rows = rowEnd ? ShapedType::kDynamic : c.getStaticSize(c.m);
  for (auto [height, last] : getTiles(rows, tile.getGreatestHeight(), tile.getHeightStep())) {
    Value end =
        last ? indexConstant(b, *last)
             : add(b, begin, multiply(b, divide(b, subtract(b, size, begin), height), height));
    forEach(b, begin, end, height, [&, height = height](Value m) {
      Coordinates own = coordinates;
      own[*c.m] = m;
      emitTile(own, height, staging);
    });
    begin = end;
  }
}

void MicroKernel::emit(const Coordinates &coordinates) {
  branchOnFullPanel(b, c, sizes, lanes, coordinates, [&](bool isFull) {
    if (isFull)
      return emitTiles(coordinates, Value());
    auto type = MemRefType::get({tile.getGreatestHeight(), lanes}, c.getTileType());
    Value staging = memref::AllocOp::create(b, type, b.getI64IntegerAttr(64));
    emitTiles(coordinates, staging);
    memref::DeallocOp::create(b, staging);
  });
}

} // namespace qlinalg::kernels
