//===- DotTile.cpp - A tile of dot product instructions -------------------===//

#include "QLinalg/Kernels/DotTile.h"

#include "Elements.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

int64_t DotTile::getGreatestHeight() const {
  bool grouped = plan.run != 0;
  if (plan.digits > 1)
    return target.vectorRegisters >= 32 ? 2 : 1;
  // Sums of floats, and of integers beside them while a run lasts. A row's number is an operand in
  // memory of vpdpbusd, but a register of sdot.
  if (target.vectorRegisters >= 32)
    return plan.unit == DotUnit::SignedDot ? (grouped ? 4 : 8) : (grouped ? 6 : 12);
  // Sums of floats are in memory meanwhile. One row more and the loop spills, once unrolled.
  return plan.product == DotProduct::BytePairs || grouped ? 4 : 5;
}

Value DotTile::broadcast(Value number) {
  return vector::BroadcastOp::create(b, VectorType::get(plan.lanes, number.getType()), number);
}

Value DotTile::loadPerLane(Value memref, Value row, int64_t vector) {
  auto type = VectorType::get(plan.lanes, cast<MemRefType>(memref.getType()).getElementType());
  return vector::LoadOp::create(b, type, memref,
                                ValueRange{row, indexConstant(b, vector * plan.lanes)});
}

/// Bytes ahead of the parameters of a group. They are read too slowly for the processor to see the
/// stream, and are what a row waits for; codes it fetches best by itself (Rationale.md).
static constexpr int64_t paramsAhead = 512;

/// Parameters of the group that element `begin` of k is in.
Value DotTile::loadParams(const Coordinates &coordinates, Value params, AffineMap map,
                          Value scratch, Value begin, int64_t vector) {
  Value group = isGrouped(c.columns) ? divide(b, begin, c.columns.getGroup()) : indexConstant(b, 0);
  if (scratch)
    return loadPerLane(scratch, group, vector);
  Coordinates own = coordinates;
  own[c.k] = indexConstant(b, 0);
  SmallVector<Value> indices = applyMap(b, map, own);
  indices.pop_back_n(2);
  indices.append({divide(b, coordinates[*c.n], plan.getPanel()), group,
                  indexConstant(b, vector * plan.lanes)});
  Type element = cast<MemRefType>(params.getType()).getElementType();
  if (prefetches && isGrouped(c.columns) && vector == 0)
    prefetchAhead(b, params, indices, VectorType::get(plan.getPanel(), element), paramsAhead);
  return vector::LoadOp::create(b, VectorType::get(plan.lanes, element), params, indices);
}

Value DotTile::loadColumnScales(const Coordinates &coordinates, Value begin, int64_t vector) {
  return convertFloat(
      b,
      loadParams(coordinates, c.columns.scales, c.columns.scalesMap, panel.scales, begin, vector),
      b.getF32Type());
}

Value DotTile::loadColumnZeros(const Coordinates &coordinates, Value begin, int64_t vector) {
  Value zeros = loadParams(coordinates, c.columns.zeroPoints, c.columns.zeroPointsMap,
                           panel.zeroPoints, begin, vector);
  return panel.zeroPoints ? zeros : widenZeroPoint(b, c.columns, zeros);
}

/// `sum (S - o - z)` of a run of each column.
Value DotTile::loadColumnSums(const Coordinates &coordinates, Value run, Value begin,
                              int64_t vector) {
  if (panel.sums)
    return loadPerLane(panel.sums, run, vector);
  return loadParams(coordinates, c.sums, c.sumsMap, Value(), begin, vector);
}

/// Rows have zero points, or what does as one, from what the instruction takes them for.
bool DotTile::hasRowZeros() const {
  return c.rows.scheme &&
         (c.rows.zeroPoints || impliedZeroPoint(c.rows.scheme.getValue()) + plan.rowOffset != 0);
}

/// Digits of a row count as rows, but for its scale.
SmallVector<Value> DotTile::getRowIndices(const Coordinates &coordinates, int64_t row,
                                          Value last) const {
  Coordinates own = c.atRow(b, coordinates, row / plan.digits);
  SmallVector<Value> indices;
  for (unsigned dim : rows.dims)
    indices.push_back(own[dim]);
  indices.push_back(last);
  return indices;
}

/// One lane of a row's numbers, in all lanes.
Value DotTile::loadRowNumbers(const Coordinates &coordinates, int64_t row, Value k) {
  auto lane = VectorType::get(plan.getLaneElements(), plan.getElementType(b.getContext()));
  k = add(b, k, multiply(b, rows.digitStride, row % plan.digits));
  Value numbers = vector::LoadOp::create(b, lane, rows.numbers, getRowIndices(coordinates, row, k));
  Value word = vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), numbers);
  Value all = vector::BroadcastOp::create(b, VectorType::get(plan.lanes, b.getI32Type()),
                                          vector::ExtractOp::create(b, word, 0));
  return vector::BitCastOp::create(b, plan.getVectorType(b.getContext()), all);
}

//===----------------------------------------------------------------------===//
// Sums of one run
//===----------------------------------------------------------------------===//

/// What products are added to until `flushPairs`: sums of 16 bits for pairs, else `sums`.
Tile::Vectors DotTile::startPairs(ArrayRef<Value> sums) {
  if (plan.product != DotProduct::BytePairs)
    return Vectors(sums);
  auto type = VectorType::get(plan.lanes * 2, b.getI16Type());
  return Vectors(sums.size(), constantLike(b, type, 0));
}

void DotTile::flushPairs(Vectors &sums, Vectors &pairs) {
  if (plan.product != DotProduct::BytePairs) {
    sums = pairs;
    return;
  }
  for (auto [sum, own] : llvm::zip(sums, pairs))
    sum = addPairs(b, plan, sum, own);
}

/// Products of one block whose columns are unpacked in registers.
Tile::Vectors DotTile::addBlock(const Coordinates &coordinates, Value block, int64_t height,
                                Vectors sums, LoadRow loadRow) {
  int64_t steps = plan.getBlockCodes().getSteps(), added = 0;
  Value begin = multiply(b, block, plan.block);
  Vectors partial = startPairs(sums);
  for (int64_t step = 0; step < steps; ++step) {
    SmallVector<Vectors> columns;
    for (int64_t vector = 0; vector < plan.vectors; ++vector)
      columns.push_back(unpackStored(loadStored(coordinates, block, step, vector), step));
    for (size_t part = 0; part < columns.front().size(); ++part) {
      Value k = add(b, begin, getElementOffset(step, part));
      for (int64_t row = 0; row < height; ++row) {
        Value numbers = loadRow(row, k);
        for (int64_t vector = 0; vector < plan.vectors; ++vector) {
          Value &sum = partial[row * plan.vectors + vector];
          sum = addDot(b, plan, sum, columns[vector][part], numbers);
        }
      }
      if (plan.product == DotProduct::BytePairs && ++added % plan.pairedLanes == 0 &&
          added < plan.block / laneBytes) {
        flushPairs(sums, partial);
        partial = startPairs(sums);
      }
    }
  }
  flushPairs(sums, partial);
  return sums;
}

/// Unrolled wholly, LLVM's scheduler goes row by row and spills the columns where registers are
/// few.
static void limitUnrolling(scf::ForOp loop) {
  MLIRContext *context = loop.getContext();
  auto unroll = LLVM::LoopUnrollAttr::get(context, {}, Builder(context).getI32IntegerAttr(2), {},
                                          {}, {}, {}, {});
  loop->setAttr("loop_annotation",
                LLVM::LoopAnnotationAttr::get(context, {}, {}, {}, unroll, {}, {}, {}, {}, {}, {},
                                              {}, {}, {}, {}, {}));
}

/// Products of lanes `begin` to `end` of an unpacked panel.
Tile::Vectors DotTile::addUnpacked(Value begin, Value end, int64_t height, Vectors sums,
                                   LoadRow loadRow) {
  VectorType type = plan.getVectorType(b.getContext());
  Vectors results = forCarrying(b, begin, end, 1, sums, [&](Value lane, ValueRange carried) {
    Value k = multiply(b, lane, plan.getLaneElements());
    Vectors columns, next(carried);
    for (int64_t vector = 0; vector < plan.vectors; ++vector)
      columns.push_back(vector::LoadOp::create(
          b, type, panel.numbers,
          ValueRange{lane, indexConstant(b, vector * type.getNumElements())}));
    for (int64_t row = 0; row < height; ++row) {
      Value numbers = loadRow(row, k);
      for (int64_t vector = 0; vector < plan.vectors; ++vector) {
        Value &sum = next[row * plan.vectors + vector];
        sum = addDot(b, plan, sum, columns[vector], numbers);
      }
    }
    return next;
  });
  if (target.vectorRegisters < 32)
    if (auto loop = results.front().getDefiningOp<scf::ForOp>())
      limitUnrolling(loop);
  return results;
}

Tile::Vectors DotTile::sumRun(const Coordinates &coordinates, Value begin, Value end,
                              int64_t height, Vectors sums, LoadRow loadRow) {
  bool isPairs = plan.product == DotProduct::BytePairs;
  int64_t laneElements = plan.getLaneElements(), lanesPerBlock = plan.block / laneElements;
  Value first = divide(b, begin, plan.block), last = divideUp(b, end, plan.block);
  if (panel.numbers && !isPairs)
    return addUnpacked(multiply(b, first, lanesPerBlock), multiply(b, last, lanesPerBlock), height,
                       sums, loadRow);
  return forCarrying(b, first, last, 1, sums, [&](Value block, ValueRange carried) {
    Vectors next(carried);
    if (!panel.numbers)
      return addBlock(coordinates, block, height, next, loadRow);
    for (int64_t done = 0; done < lanesPerBlock; done += plan.pairedLanes) {
      Value lane = add(b, multiply(b, block, lanesPerBlock), done);
      Vectors partial =
          addUnpacked(lane, add(b, lane, plan.pairedLanes), height, startPairs(next), loadRow);
      flushPairs(next, partial);
    }
    return next;
  });
}

Value DotTile::loadRowSum(const Coordinates &coordinates, int64_t row, Value run) {
  Value place = add(b, multiply(b, run, plan.digits), row % plan.digits);
  return memref::LoadOp::create(b, rows.sums, getRowIndices(coordinates, row, place));
}

/// What zero points and the form of the stored codes take from the products.
Tile::Vectors DotTile::mendSums(const Coordinates &coordinates, Value run, Value begin,
                                Vectors products) {
  int64_t height = products.size() / plan.vectors;
  auto multiplyBy = [&](Value lanes, Value number) {
    return Value(arith::MulIOp::create(b, lanes, broadcast(number)));
  };
  for (int64_t row = 0; row < height; ++row) {
    Value rowSum, rowZero;
    if (c.columns.zeroPoints)
      rowSum = loadRowSum(coordinates, row, run);
    if (hasRowZeros()) {
      Coordinates own = c.atRow(b, coordinates, row);
      own[c.k] = begin;
      rowZero = c.rows.zeroPoints
                    ? loadZeroPoint(b, c.rows, own)
                    : constantLike(b, b.getI32Type(), impliedZeroPoint(c.rows.scheme.getValue()));
      rowZero = arith::AddIOp::create(b, rowZero, constantLike(b, b.getI32Type(), plan.rowOffset));
    }
    for (int64_t vector = 0; vector < plan.vectors; ++vector) {
      Value &product = products[row * plan.vectors + vector];
      if (rowSum) {
        Value zeros = loadColumnZeros(coordinates, begin, vector);
        if (plan.columnOffset)
          zeros =
              arith::AddIOp::create(b, zeros, constantLike(b, zeros.getType(), plan.columnOffset));
        product = arith::SubIOp::create(b, product, multiplyBy(zeros, rowSum));
      }
      if (rowZero)
        product = arith::SubIOp::create(
            b, product, multiplyBy(loadColumnSums(coordinates, run, begin, vector), rowZero));
    }
  }
  return products;
}

/// What `columnOffset` adds to the sums of a row, in all lanes; null where it is 0 or, with column
/// zero points, mended.
Value DotTile::loadRunStart(const Coordinates &coordinates, int64_t row, Value run) {
  if (c.columns.zeroPoints || !plan.columnOffset)
    return {};
  return broadcast(loadRowSum(coordinates, row, run));
}

/// The sums `sum (code - zero) (code - zero)` of one run.
Tile::Vectors DotTile::sumIntegers(const Coordinates &coordinates, Value run, Value begin,
                                   Value end, int64_t height) {
  Vectors sums;
  Value zeros = constantLike(b, plan.getSumType(b.getContext()), 0);
  for (int64_t row = 0; row < height; ++row) {
    Value start = loadRunStart(coordinates, row, run);
    sums.append(plan.vectors, start ? start : zeros);
  }
  Vectors products = sumRun(coordinates, begin, end, height, sums, [&](int64_t row, Value k) {
    return loadRowNumbers(coordinates, row, k);
  });
  return mendSums(coordinates, run, begin, products);
}

//===----------------------------------------------------------------------===//
// The tile
//===----------------------------------------------------------------------===//

Value DotTile::loadRowScale(const Coordinates &coordinates, int64_t row, Value run, Value begin) {
  if (rows.scales)
    return broadcast(
        memref::LoadOp::create(b, rows.scales, getRowIndices(coordinates, row * plan.digits, run)));
  Coordinates own = c.atRow(b, coordinates, row);
  own[c.k] = begin;
  return broadcast(loadScale(b, c.rows, own));
}

/// Calls `body` for each run of k.
Tile::Vectors DotTile::forEachRun(ValueRange carried, RunBody body) {
  Value zero = indexConstant(b, 0), kSize = sizes[c.k];
  if (plan.run == 0)
    return body(zero, zero, kSize, carried);
  return forCarrying(b, zero, divideUp(b, kSize, plan.run), 1, carried,
                     [&](Value run, ValueRange carried) {
                       Value begin = multiply(b, run, plan.run);
                       return body(run, begin, minimum(b, add(b, begin, plan.run), kSize), carried);
                     });
}

/// The sums of each row and register, as floats, of those of its digits: the higher ones are exact
/// together (128 elements of 16 by 8 bits).
Tile::Vectors DotTile::combineDigits(ArrayRef<Value> sums) {
  Type floats = getFloatsType();
  Vectors numbers;
  int64_t rowSums = plan.digits * plan.vectors;
  for (int64_t row = 0; row < std::ssize(sums); row += rowSums) {
    for (int64_t vector = row; vector < row + plan.vectors; ++vector) {
      Value high = sums[vector + rowSums - plan.vectors];
      for (int64_t digit = plan.digits - 2; digit > 0; --digit)
        high = arith::AddIOp::create(
            b, arith::ShLIOp::create(b, high, constantLike(b, high.getType(), 8)),
            sums[vector + digit * plan.vectors]);
      Value number = arith::SIToFPOp::create(b, floats, high);
      if (plan.digits > 1)
        number = vector::FMAOp::create(b, number, constantLike(b, floats, 256),
                                       arith::SIToFPOp::create(b, floats, sums[vector]));
      numbers.push_back(number);
    }
  }
  return numbers;
}

/// `floats` plus the sums of a run with its scales.
Tile::Vectors DotTile::addScaled(const Coordinates &coordinates, Value run, Value begin,
                                 Vectors integers, Vectors floats) {
  Vectors numbers = combineDigits(integers);
  int64_t height = numbers.size() / plan.vectors;
  for (int64_t vector = 0; vector < plan.vectors; ++vector) {
    Value columnScale = loadColumnScales(coordinates, begin, vector);
    for (int64_t row = 0; row < height; ++row) {
      int64_t i = row * plan.vectors + vector;
      Value scale = columnScale;
      if (scalesRuns())
        scale = arith::MulFOp::create(b, scale, loadRowScale(coordinates, row, run, begin));
      floats[i] = vector::FMAOp::create(b, numbers[i], scale, floats[i]);
    }
  }
  return floats;
}

/// The sums of all runs with the scales that are the same for all.
Tile::Vectors DotTile::scaleRows(const Coordinates &coordinates, Vectors floats) {
  Value zero = indexConstant(b, 0);
  if (!scalesRuns())
    for (auto [i, number] : llvm::enumerate(floats))
      number =
          arith::MulFOp::create(b, number, loadRowScale(coordinates, i / plan.vectors, zero, zero));
  return floats;
}

/// The same where nothing is scaled.
Tile::Vectors DotTile::addIntegers(const Coordinates &coordinates, Vectors sums) {
  Value zero = indexConstant(b, 0);
  Vectors integers = sumIntegers(coordinates, zero, zero, sizes[c.k], sums.size());
  for (auto [row, sum] : llvm::enumerate(sums)) {
    ArrayRef<Value> own(&integers[row * plan.vectors], plan.vectors);
    sum = arith::AddIOp::create(b, sum, concatenate(b, own));
  }
  return sums;
}

Tile::Vectors DotTile::accumulate(const Coordinates &coordinates, Vectors sums) {
  int64_t height = sums.size();
  if (c.keepsIntegers)
    return addIntegers(coordinates, sums);
  Vectors floats(height * plan.vectors, constantLike(b, getFloatsType(), 0));
  floats = forEachRun(floats, [&](Value run, Value begin, Value end, ValueRange carried) {
    Vectors integers = sumIntegers(coordinates, run, begin, end, height * plan.digits);
    return addScaled(coordinates, run, begin, integers, Vectors(carried));
  });
  floats = scaleRows(coordinates, floats);
  for (int64_t row = 0; row < height; ++row) {
    ArrayRef<Value> own(&floats[row * plan.vectors], plan.vectors);
    Value products = convertFloat(b, concatenate(b, own), c.computeType);
    sums[row] = arith::AddFOp::create(b, sums[row], products);
  }
  return sums;
}

} // namespace qlinalg::kernels
