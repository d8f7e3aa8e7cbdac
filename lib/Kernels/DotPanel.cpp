//===- DotPanel.cpp - Columns as a dot product takes them -----------------===//
//
// A register of stored columns holds four bytes of each row of weights. Codes below 8 bits are
// moved to bytes of their own: the codes of one place in all bytes are a run along k.
//
//===----------------------------------------------------------------------===//

#include "Elements.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/DotTile.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

void DotPanel::free(ImplicitLocOpBuilder &b) const {
  for (Value memref : {numbers, scales, zeroPoints, sums, products, floats})
    if (memref)
      memref::DeallocOp::create(b, memref);
}

/// Of byte `byte` of lanes `lane` of the panel's columns.
SmallVector<Value> DotTile::getStoredIndices(const Coordinates &coordinates, Value lane,
                                             Value byte) {
  Coordinates own = coordinates;
  own[c.k] = indexConstant(b, 0);
  SmallVector<Value> indices = applyMap(b, c.columns.map, own);
  indices.pop_back_n(2);
  indices.append({divide(b, coordinates[*c.n], plan.getPanel()), lane, byte});
  return indices;
}

/// Register `vector` of step `step` of a block, as it is stored: one of each plane.
Tile::Vectors DotTile::loadStored(const Coordinates &coordinates, Value block, int64_t step,
                                  int64_t vector) {
  BlockCodes codes = plan.getBlockCodes();
  auto type = VectorType::get(plan.lanes * laneBytes, b.getI8Type());
  Vectors stored;
  for (auto [plane, word] : llvm::enumerate(codes.getStepWords(step))) {
    SmallVector<Value> indices =
        getStoredIndices(coordinates, add(b, multiply(b, block, codes.getWords()), word),
                         indexConstant(b, vector * plan.lanes * laneBytes));
    // A line of four codes a byte, or of several planes, keeps the processor busy for so long that
    // its own fetching lags.
    if (prefetches && plan.bits < 8 && plan.bits != 4 && vector == 0 && codes.isFirst(step, plane))
      prefetchAhead(b, c.columns.data, indices,
                    VectorType::get(plan.getPanel() * laneBytes, b.getI8Type()), codesAhead);
    stored.push_back(vector::LoadOp::create(b, type, c.columns.data, indices));
  }
  return stored;
}

/// The registers of numbers that lie in stored ones, ascending along k within each run.
Tile::Vectors DotTile::unpackStored(ArrayRef<Value> stored, int64_t step) {
  Vectors bytes;
  BlockCodes codes = plan.getBlockCodes();
  for (int64_t part = 0; part < codes.getParts(); ++part)
    bytes.push_back(codes.getBytes(b, stored, step, part));
  if (plan.product != DotProduct::Words)
    return bytes;
  // Each lane's first and second pair of bytes, in 16 bits each.
  Vectors pairs;
  auto words = VectorType::get(plan.lanes * 2, b.getI16Type());
  auto type = cast<VectorType>(bytes.front().getType());
  Value nothing = constantLike(b, type, 0);
  int64_t size = type.getNumElements();
  for (Value numbers : bytes)
    for (int64_t pair = 0; pair < 2; ++pair) {
      SmallVector<int64_t> mask;
      for (int64_t lane = 0; lane < plan.lanes; ++lane)
        for (int64_t i = 0; i < 2; ++i)
          mask.append({lane * laneBytes + 2 * pair + i, size + lane * laneBytes});
      Value widened = vector::ShuffleOp::create(b, numbers, nothing, mask);
      pairs.push_back(vector::BitCastOp::create(b, words, widened));
    }
  return pairs;
}

/// Where in a block register `part` of those of `unpackStored` begins.
int64_t DotTile::getElementOffset(int64_t step, int64_t part) const {
  int64_t pairs = plan.product == DotProduct::Words ? 2 : 1;
  return plan.getBlockCodes().getOffset(step, part / pairs) + part % pairs * plan.getLaneElements();
}

void DotTile::unpackBlock(const Coordinates &coordinates, Value block) {
  int64_t steps = plan.getBlockCodes().getSteps();
  Value begin = multiply(b, block, plan.block / plan.getLaneElements());
  for (int64_t step = 0; step < steps; ++step)
    for (int64_t vector = 0; vector < plan.vectors; ++vector) {
      Vectors stored = loadStored(coordinates, block, step, vector);
      for (auto [part, numbers] : llvm::enumerate(unpackStored(stored, step))) {
        int64_t lane = getElementOffset(step, part) / plan.getLaneElements();
        int64_t column = vector * plan.lanes * plan.getLaneElements();
        vector::StoreOp::create(b, numbers, panel.numbers,
                                ValueRange{add(b, begin, lane), indexConstant(b, column)});
      }
    }
}

/// `sum (S - o - z)` of each column and run.
void DotTile::sumColumns(const Coordinates &coordinates) {
  Value kSize = sizes[c.k], zero = indexConstant(b, 0);
  Value runs = plan.run ? divideUp(b, kSize, plan.run) : indexConstant(b, 1);
  panel.sums = allocate(b, {runs, indexConstant(b, plan.getPanel())}, b.getI32Type());
  Value ones = constantLike(b, plan.getVectorType(b.getContext()), 1);
  forEach(b, zero, runs, 1, [&](Value run) {
    Value begin = plan.run ? multiply(b, run, plan.run) : zero;
    Value end = plan.run ? minimum(b, add(b, begin, plan.run), kSize) : kSize;
    Vectors zeros(plan.vectors, constantLike(b, plan.getSumType(b.getContext()), 0));
    Vectors stored =
        sumRun(coordinates, begin, end, 1, zeros, [&](int64_t, Value) { return ones; });
    // Blocks are filled up with code 0, which is stored as o less the symmetric zero point.
    int64_t symmetric = c.columns.zeroPoints ? 0 : impliedZeroPoint(c.columns.scheme.getValue());
    auto toI32 = [&](Value index) {
      return Value(arith::IndexCastOp::create(b, b.getI32Type(), index));
    };
    Value length = toI32(subtract(b, end, begin));
    Value whole = multiply(b, divideUp(b, end, plan.block), plan.block);
    Value padding = toI32(subtract(b, whole, end));
    Value offset = arith::AddIOp::create(
        b, arith::MulIOp::create(b, length, constantLike(b, b.getI32Type(), plan.columnOffset)),
        arith::MulIOp::create(b, padding,
                              constantLike(b, b.getI32Type(), plan.columnOffset - symmetric)));
    for (auto [vector, sum] : llvm::enumerate(stored)) {
      Value result = arith::SubIOp::create(b, sum, broadcast(offset));
      if (c.columns.zeroPoints) {
        Value zeros = loadColumnZeros(coordinates, begin, vector);
        result =
            arith::SubIOp::create(b, result, arith::MulIOp::create(b, zeros, broadcast(length)));
      }
      vector::StoreOp::create(b, result, panel.sums,
                              ValueRange{run, indexConstant(b, vector * plan.lanes)});
    }
  });
}

/// Bytes need none.
bool DotTile::needsUnpacking() const { return plan.bits < 8 || plan.product == DotProduct::Words; }

void DotTile::unpackColumns(const Coordinates &coordinates) {
  int64_t filled = std::max(plan.block, plan.getStep()) / plan.getLaneElements();
  Value lanes = multiply(b, divideUp(b, sizes[c.k], filled * plan.getLaneElements()), filled);
  panel.numbers = allocate(b, {lanes, indexConstant(b, plan.getPanel() * plan.getLaneElements())},
                           plan.getElementType(b.getContext()));
  forEach(b, indexConstant(b, 0), divideUp(b, sizes[c.k], plan.block), 1,
          [&](Value block) { unpackBlock(coordinates, block); });
}

DotPanel DotTile::preparePanel(const Coordinates &coordinates, bool few) {
  panel = {};
  const Side &columns = c.columns;
  if ((columns.scales && !columns.hasPackedScales()) ||
      (columns.zeroPoints && !columns.isPackedParam(columns.zeroPoints, columns.zeroPointsMap))) {
    PanelScratch params = unpackParams(b, c, target, sizes, coordinates, plan.getPanel());
    panel.scales = params.scales;
    panel.zeroPoints = params.zeroPoints;
  }
  prefetches = few;
  // Many rows pay for unpacking into memory.
  if (!few && needsUnpacking())
    unpackColumns(coordinates);
  // Known ones are of the columns' groups.
  if (hasRowZeros() && !(c.sums && plan.run == columns.getGroup()))
    sumColumns(coordinates);
  return panel;
}

} // namespace qlinalg::kernels
