//===- MicroKernel.cpp - Rows times one unpacked panel --------------------===//

#include "QLinalg/Kernels/MicroKernel.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Epilogue.h"
#include "QLinalg/Kernels/IntegerSums.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

VectorType MicroKernel::getVectorType(Type element) const {
  return VectorType::get(lanes, element);
}

Value MicroKernel::loadPanel(Value memref, Value row) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  return vector::LoadOp::create(b, getVectorType(element), memref,
                                ValueRange{row, indexConstant(b, 0)});
}

/// Coordinates of a row of the tile.
static Coordinates atRow(ImplicitLocOpBuilder &b, const Contraction &c, Coordinates coordinates,
                         int64_t row) {
  if (c.m)
    coordinates[*c.m] = add(b, coordinates[*c.m], row);
  return coordinates;
}

Value MicroKernel::loadRow(const Coordinates &coordinates, int64_t row, Value k) {
  Coordinates own = atRow(b, c, coordinates, row);
  own[c.k] = k;
  return memref::LoadOp::create(b, rows, applyMap(b, c.rows.map, own));
}

//===----------------------------------------------------------------------===//
// Sums over k
//===----------------------------------------------------------------------===//

MicroKernel::Vectors MicroKernel::accumulateFloats(const Coordinates &coordinates, Vectors sums) {
  VectorType type = getVectorType(c.computeType);
  return forCarrying(b, indexConstant(b, 0), sizes[c.k], 1, sums, [&](Value k, ValueRange carried) {
    Value column = loadPanel(panel.numbers, k);
    Vectors next;
    for (auto [row, sum] : llvm::enumerate(carried)) {
      Value number = vector::BroadcastOp::create(b, type, loadRow(coordinates, row, k));
      next.push_back(vector::FMAOp::create(b, number, column, sum));
    }
    return next;
  });
}

/// Products of `begin` to `end` added to the integers `sums`; i16 times i16 fits i32.
MicroKernel::Vectors MicroKernel::sumProducts(const Coordinates &coordinates, Value begin,
                                              Value end, Vectors sums) {
  VectorType wide = getVectorType(b.getI32Type());
  return forCarrying(b, begin, end, 1, sums, [&](Value k, ValueRange carried) {
    Value column = arith::ExtSIOp::create(b, wide, loadPanel(panel.numbers, k));
    Vectors next;
    for (auto [row, sum] : llvm::enumerate(carried)) {
      Value number = arith::ExtSIOp::create(b, b.getI32Type(), loadRow(coordinates, row, k));
      Value product =
          arith::MulIOp::create(b, vector::BroadcastOp::create(b, wide, number), column);
      if (sum.getType() != product.getType())
        product = arith::ExtSIOp::create(b, sum.getType(), product);
      next.push_back(arith::AddIOp::create(b, sum, product));
    }
    return next;
  });
}

/// `sums + products * (row scale * column scales)`, the scales being those of `k`.
MicroKernel::Vectors MicroKernel::addScaled(const Coordinates &coordinates, Value k, Vectors sums,
                                            ValueRange products) {
  VectorType type = getVectorType(c.computeType);
  Value group = c.columns.getGroup() ? divide(b, k, c.columns.getGroup()) : indexConstant(b, 0);
  Value columnScales = convertFloat(b, loadPanel(panel.scales, group), c.computeType);
  for (size_t row = 0; row < sums.size(); ++row) {
    Coordinates own = atRow(b, c, coordinates, row);
    own[c.k] = k;
    Value rowScale = convertFloat(b, loadScale(b, c.rows, own), c.computeType);
    Value scale =
        arith::MulFOp::create(b, vector::BroadcastOp::create(b, type, rowScale), columnScales);
    Value number = arith::SIToFPOp::create(b, type, products[row]);
    // No fused multiply-add: the definition rounds the product too.
    sums[row] = arith::AddFOp::create(b, sums[row], arith::MulFOp::create(b, number, scale));
  }
  return sums;
}

MicroKernel::Vectors MicroKernel::accumulateIntegers(const Coordinates &coordinates, Vectors sums) {
  IntegerRuns runs = getIntegerRuns(c);
  Value zero =
      arith::ConstantOp::create(b, b.getZeroAttr(getVectorType(b.getIntegerType(runs.width))));
  Vectors zeros(sums.size(), zero);
  Value kSize = sizes[c.k];
  if (runs.step == 0) {
    Vectors products = sumProducts(coordinates, indexConstant(b, 0), kSize, zeros);
    return addScaled(coordinates, indexConstant(b, 0), sums, products);
  }
  if (runs.isEvery())
    return forCarrying(b, indexConstant(b, 0), kSize, runs.step, sums,
                       [&](Value begin, ValueRange carried) {
                         Value end = minimum(b, add(b, begin, runs.step), kSize);
                         Vectors products = sumProducts(coordinates, begin, end, zeros);
                         return addScaled(coordinates, begin, Vectors(carried), products);
                       });
  // Groups of the two sides that do not nest: runs end where either does.
  Vectors both = sums;
  both.append(zeros);
  size_t count = sums.size();
  Vectors result = forCarrying(
      b, indexConstant(b, 0), kSize, runs.step, both, [&](Value begin, ValueRange carried) {
        Value end = minimum(b, add(b, begin, runs.step), kSize);
        Vectors products = sumProducts(coordinates, begin, end, Vectors(carried.drop_front(count)));
        auto branch = scf::IfOp::create(b, carried.getTypes(), isRunEnd(b, runs, end, kSize), true);
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(branch.thenBlock());
        Vectors flushed =
            addScaled(coordinates, begin, Vectors(carried.take_front(count)), products);
        flushed.append(zeros);
        scf::YieldOp::create(b, flushed);
        b.setInsertionPointToStart(branch.elseBlock());
        Vectors kept(carried.take_front(count));
        kept.append(products);
        scf::YieldOp::create(b, kept);
        return Vectors(branch.getResults());
      });
  result.truncate(count);
  return result;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Calls `body` for each number of a [tileRows][used lanes] part of the staging memref.
static void forEachStaged(MicroKernel &kernel, const Coordinates &coordinates, int64_t tileRows,
                          function_ref<void(const Coordinates &, Value, Value)> body) {
  ImplicitLocOpBuilder &b = kernel.b;
  const Contraction &c = kernel.c;
  Value used = indexConstant(b, c.n ? kernel.lanes : 1);
  if (c.n)
    used = minimum(b, used, subtract(b, kernel.sizes[*c.n], coordinates[*c.n]));
  forEachIndex(b, {indexConstant(b, tileRows), used}, [&](ArrayRef<Value> indices) {
    Coordinates own = coordinates;
    if (c.m)
      own[*c.m] = add(b, own[*c.m], indices[0]);
    if (c.n)
      own[*c.n] = add(b, own[*c.n], indices[1]);
    body(own, indices[0], indices[1]);
  });
}

/// With `staging` (a memref [tile rows][lanes]) numbers go to and from memory one by one: for
/// results whose n is not innermost, and for the last panel, which is not full.
void MicroKernel::emitTile(Coordinates coordinates, int64_t tileRows, Value staging) {
  Vectors sums;
  if (staging)
    forEachStaged(*this, coordinates, tileRows, [&](const Coordinates &own, Value row, Value lane) {
      memref::StoreOp::create(b, loadInit(b, c, own), staging, ValueRange{row, lane});
    });
  for (int64_t row = 0; row < tileRows; ++row)
    sums.push_back(staging ? loadPanel(staging, indexConstant(b, row))
                           : loadInit(b, c, atRow(b, c, coordinates, row), lanes));
  sums = c.integer ? accumulateIntegers(coordinates, sums) : accumulateFloats(coordinates, sums);
  for (auto [row, sum] : llvm::enumerate(sums)) {
    if (staging)
      vector::StoreOp::create(b, sum, staging,
                              ValueRange{indexConstant(b, row), indexConstant(b, 0)});
    else
      storeResult(b, c, atRow(b, c, coordinates, row), sum);
  }
  if (staging)
    forEachStaged(*this, coordinates, tileRows, [&](const Coordinates &own, Value row, Value lane) {
      storeResult(b, c, own, memref::LoadOp::create(b, staging, ValueRange{row, lane}));
    });
}

/// Accumulators that fit the registers; integers of 64 bits, which are rare, spill.
int64_t MicroKernel::getGreatestHeight() const {
  mlir::FloatType type = c.computeType;
  return target.getTileRows(lanes, c.integer ? 32 : type.getWidth());
}

/// Tile heights, in the order in which they cover the rows: the greatest first. A height that
/// divides the rows and still hides the latency of the adds (two thirds of the greatest) leaves
/// nothing over.
static SmallVector<int64_t> getTileHeights(int64_t rows, int64_t greatest) {
  if (ShapedType::isDynamic(rows))
    return greatest > 4 ? SmallVector<int64_t>{greatest, 4, 1} : SmallVector<int64_t>{greatest, 1};
  for (int64_t height = greatest; height >= (2 * greatest + 2) / 3; --height)
    if (rows % height == 0)
      return {height};
  SmallVector<int64_t> heights;
  if (rows >= greatest)
    heights.push_back(greatest);
  if (rows % greatest)
    heights.push_back(rows % greatest);
  return heights;
}

void MicroKernel::emitTiles(const Coordinates &coordinates, Value staging) {
  if (!c.m)
    return emitTile(coordinates, 1, staging);
  Value begin = indexConstant(b, 0), size = sizes[*c.m];
  for (int64_t height : getTileHeights(c.getStaticSize(c.m), getGreatestHeight())) {
    Value count = divide(b, subtract(b, size, begin), height);
    Value end = add(b, begin, multiply(b, count, height));
    forEach(b, begin, end, height, [&](Value m) {
      Coordinates own = coordinates;
      own[*c.m] = m;
      emitTile(own, height, staging);
    });
    begin = end;
  }
}

void MicroKernel::emit(const Coordinates &coordinates) {
  int64_t nSize = c.getStaticSize(c.n);
  bool vectors = hasVectorResults(c);
  bool allFull = vectors && !ShapedType::isDynamic(nSize) && nSize % lanes == 0;
  if (allFull)
    return emitTiles(coordinates, Value());
  auto stagingType = MemRefType::get({getGreatestHeight(), lanes}, c.computeType);
  auto emitStaged = [&] {
    Value staging = memref::AllocOp::create(b, stagingType, b.getI64IntegerAttr(64));
    emitTiles(coordinates, staging);
    memref::DeallocOp::create(b, staging);
  };
  if (!vectors)
    return emitStaged();
  Value last = add(b, coordinates[*c.n], lanes);
  Value isFull = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ule, last, sizes[*c.n]);
  ifThenElse(b, isFull, [&] { emitTiles(coordinates, Value()); }, emitStaged);
}

} // namespace qlinalg::kernels
