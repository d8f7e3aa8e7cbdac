//===- PlainTile.cpp - A tile of integer multiplications ------------------===//

#include "QLinalg/Kernels/PlainTile.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/IntegerSums.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

VectorType PlainTile::getVectorType(Type element) const { return VectorType::get(lanes, element); }

Value PlainTile::loadPanel(Value memref, Value row) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  return vector::LoadOp::create(b, getVectorType(element), memref,
                                ValueRange{row, indexConstant(b, 0)});
}

Value PlainTile::loadRow(const Coordinates &coordinates, int64_t row, Value k) {
  Coordinates own = c.atRow(b, coordinates, row);
  own[c.k] = k;
  return memref::LoadOp::create(b, rows, applyMap(b, c.rows.map, own));
}

/// Products of `begin` to `end` added to the integers `sums`; i16 times i16 fits i32, and what is
/// wider is multiplied in the type of the sums.
Tile::Vectors PlainTile::sumProducts(const Coordinates &coordinates, Value begin, Value end,
                                     Vectors sums) {
  Type element = b.getI32Type();
  if (!cast<MemRefType>(panel.numbers.getType()).getElementType().isInteger(16))
    element = cast<VectorType>(sums.front().getType()).getElementType();
  VectorType wide = getVectorType(element);
  auto widen = [&](Value number, Type type) {
    return number.getType() == type ? number : Value(arith::ExtSIOp::create(b, type, number));
  };
  return forCarrying(b, begin, end, 1, sums, [&](Value k, ValueRange carried) {
    Value column = widen(loadPanel(panel.numbers, k), wide);
    Vectors next;
    for (auto [row, sum] : llvm::enumerate(carried)) {
      Value number = widen(loadRow(coordinates, row, k), element);
      Value product =
          arith::MulIOp::create(b, vector::BroadcastOp::create(b, wide, number), column);
      next.push_back(arith::AddIOp::create(b, sum, widen(product, sum.getType())));
    }
    return next;
  });
}

/// `sums + products * (row scale * column scales)`, the scales being those of `k`.
Tile::Vectors PlainTile::addScaled(const Coordinates &coordinates, Value k, Vectors sums,
                                   ValueRange products) {
  VectorType type = getVectorType(c.computeType);
  Value group = c.columns.getGroup() ? divide(b, k, c.columns.getGroup()) : indexConstant(b, 0);
  Value columnScales = convertFloat(b, loadPanel(panel.scales, group), c.computeType);
  for (size_t row = 0; row < sums.size(); ++row) {
    Coordinates own = c.atRow(b, coordinates, row);
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

Tile::Vectors PlainTile::accumulate(const Coordinates &coordinates, Vectors sums) {
  if (c.keepsIntegers)
    return sumProducts(coordinates, indexConstant(b, 0), sizes[c.k], sums);
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

/// Accumulators that fit the registers; integers of 64 bits, which are rare, spill.
int64_t PlainTile::getGreatestHeight() const { return target.getTileRows(lanes, 32); }

} // namespace qlinalg::kernels
