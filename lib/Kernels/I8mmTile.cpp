//===- I8mmTile.cpp - A tile of smmla -------------------------------------===//

#include "QLinalg/Kernels/I8mmTile.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelLayout.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <map>

using namespace mlir;

namespace qlinalg::kernels {

int64_t I8mmTile::getGreatestHeight() const {
  // Beside the sums, four registers of columns and one for each two rows; with groups, as many sums
  // of floats.
  return plan.run != 0 ? 4 : 8;
}

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

/// Lanes of two registers by turns, from `first` on.
static Value interleave(ImplicitLocOpBuilder &b, Value even, Value odd, int64_t first) {
  return vector::ShuffleOp::create(b, even, odd,
                                   ArrayRef<int64_t>{first, first + 4, first + 1, first + 5});
}

/// `count` blocks; what their last step lacks is 0.
void I8mmTile::unpackBlocks(const Coordinates &coordinates, Value block, int64_t count) {
  int64_t steps = plan.getBlockCodes().getSteps();
  auto words = plan.getSumType(b.getContext());
  Value first = divide(b, multiply(b, block, plan.block), plan.getStep());
  for (int64_t vector = 0; vector < plan.vectors; ++vector) {
    // By the element of k that they begin with.
    std::map<int64_t, Value> lanes;
    for (int64_t i = 0; i < count; ++i)
      for (int64_t step = 0; step < steps; ++step) {
        Vectors stored = loadStored(coordinates, add(b, block, i), step, vector);
        for (auto [part, numbers] : llvm::enumerate(unpackStored(stored, step)))
          lanes[i * plan.block + getElementOffset(step, part)] =
              vector::BitCastOp::create(b, words, numbers);
      }
    for (int64_t k = 0; k < count * plan.block; k += plan.getStep()) {
      Value odd = lanes[k + laneBytes];
      if (!odd)
        odd = constantLike(b, words, 0);
      for (int64_t half = 0; half < 2; ++half) {
        Value pairs = vector::BitCastOp::create(b, plan.getVectorType(b.getContext()),
                                                interleave(b, lanes[k], odd, 2 * half));
        int64_t column = vector * plan.lanes + 2 * half;
        vector::StoreOp::create(b, pairs, panel.numbers,
                                ValueRange{add(b, first, k / plan.getStep()),
                                           indexConstant(b, column * plan.getStep())});
      }
    }
  }
}

void I8mmTile::unpackColumns(const Coordinates &coordinates) {
  int64_t step = plan.getStep(), together = std::max<int64_t>(1, step / plan.block);
  Value blocks = divideUp(b, sizes[c.k], plan.block);
  Value whole = multiply(b, divide(b, blocks, together), together);
  Value count = divideUp(b, multiply(b, blocks, plan.block), step);
  auto type = MemRefType::get({ShapedType::kDynamic, plan.getPanel() * step}, b.getI8Type());
  panel.numbers = memref::AllocOp::create(b, type, count, b.getI64IntegerAttr(64));
  forEach(b, indexConstant(b, 0), whole, together,
          [&](Value block) { unpackBlocks(coordinates, block, together); });
  if (together > 1)
    forEach(b, whole, blocks, 1, [&](Value block) { unpackBlocks(coordinates, block, 1); });
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// The numbers of a row and the next, which is filled up at the end.
Value I8mmTile::loadRowNumbers(const Coordinates &coordinates, int64_t row, Value k) {
  SmallVector<Value> indices = getRowIndices(coordinates, row, multiply(b, k, plan.getStepRows()));
  for (auto [dim, index] : llvm::zip(rows.dims, indices))
    if (dim == c.m)
      index = divide(b, index, plan.getStepRows());
  return vector::LoadOp::create(b, plan.getVectorType(b.getContext()), rows.numbers, indices);
}

/// The first and second two of four columns of two rows, and back: it is its own inverse.
static std::pair<Value, Value> exchange(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  return {vector::ShuffleOp::create(b, lhs, rhs, ArrayRef<int64_t>{0, 1, 4, 5}),
          vector::ShuffleOp::create(b, lhs, rhs, ArrayRef<int64_t>{2, 3, 6, 7})};
}

Tile::Vectors I8mmTile::sumRun(const Coordinates &, Value begin, Value end, int64_t height,
                               Vectors sums, LoadRow loadRow) {
  // A row without a second one has any in its place.
  Vectors squares;
  for (int64_t row = 0; row < height; row += 2)
    for (int64_t vector = 0; vector < plan.vectors; ++vector) {
      Value first = sums[row * plan.vectors + vector];
      Value second = row + 1 < height ? sums[(row + 1) * plan.vectors + vector] : first;
      auto [left, right] = exchange(b, first, second);
      squares.append({left, right});
    }
  int64_t step = plan.getStep(), pairs = plan.getPanel() / 2;
  VectorType type = plan.getVectorType(b.getContext());
  squares = forCarrying(
      b, divide(b, begin, step), divideUp(b, end, step), 1, squares,
      [&](Value lane, ValueRange carried) {
        Vectors columns, next;
        for (int64_t pair = 0; pair < pairs; ++pair)
          columns.push_back(vector::LoadOp::create(
              b, type, panel.numbers, ValueRange{lane, indexConstant(b, pair * 2 * step)}));
        for (int64_t row = 0; row < height; row += 2) {
          Value numbers = loadRow(row, multiply(b, lane, step));
          for (Value column : columns)
            next.push_back(LLVM::CallIntrinsicOp::create(
                               b, plan.getSumType(b.getContext()),
                               b.getStringAttr("llvm.aarch64.neon.smmla.v4i32.v16i8"),
                               ValueRange{carried[next.size()], numbers, column})
                               .getResult(0));
        }
        return next;
      });
  for (int64_t row = 0; row < height; row += 2)
    for (int64_t vector = 0; vector < plan.vectors; ++vector) {
      size_t square = row / 2 * pairs + 2 * vector;
      auto [first, second] = exchange(b, squares[square], squares[square + 1]);
      sums[row * plan.vectors + vector] = first;
      if (row + 1 < height)
        sums[(row + 1) * plan.vectors + vector] = second;
    }
  return sums;
}

} // namespace qlinalg::kernels
