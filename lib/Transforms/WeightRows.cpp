//===- WeightRows.cpp - A weight as rows of K -----------------------------===//

#include "WeightRows.h"

#include "QLinalg/Numerics/Float.h"

#include "mlir/IR/Action.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace qlinalg {

std::optional<FloatType> floatTypeOf(Type type) {
  if (type.isF64())
    return FloatType::F64;
  if (type.isF32())
    return FloatType::F32;
  if (type.isF16())
    return FloatType::F16;
  if (type.isBF16())
    return FloatType::BF16;
  return std::nullopt;
}

WeightRows::WeightRows(const WeightView &view, std::vector<RowScaling> scalings)
    : scalings(std::move(scalings)) {
  for (const ViewDim &dim : ArrayRef(view.dims).drop_back()) {
    int64_t size = 1;
    for (const Atom &atom : dim)
      size *= atom.size;
    rowSizes.push_back(size);
    rows *= size;
    rowAtoms.append(dim.begin(), dim.end());
  }
  columnOffsets.push_back(0);
  for (const Atom &atom : view.dims.back()) {
    SmallVector<int64_t> offsets;
    offsets.reserve(columnOffsets.size() * atom.size);
    for (int64_t offset : columnOffsets)
      for (int64_t step = 0; step < atom.size; ++step)
        offsets.push_back(offset + step * atom.stride);
    columnOffsets = std::move(offsets);
  }
  hasDenseColumns = llvm::equal(columnOffsets, llvm::seq<int64_t>(0, columnOffsets.size()));
}

int64_t WeightRows::rowOffset(int64_t row) const {
  int64_t offset = 0;
  for (const Atom &atom : llvm::reverse(rowAtoms)) {
    offset += row % atom.size * atom.stride;
    row /= atom.size;
  }
  return offset;
}

bool WeightRows::isDense() const {
  if (!hasDenseColumns)
    return false;
  int64_t stride = getColumns();
  for (const Atom &atom : llvm::reverse(rowAtoms)) {
    if (atom.size != 1 && atom.stride != stride)
      return false;
    stride *= atom.size;
  }
  return true;
}

/// The elements as they are in the root.
void WeightRows::load(FloatSource source, int64_t first, int64_t count, float *result) const {
  int64_t columns = getColumns(), width = byteWidth(source.type);
  // K lies dense: whole rows at once.
  if (hasDenseColumns) {
    for (int64_t row = 0; row < count; ++row)
      loadFloats(source.type, source.data + rowOffset(first + row) * width, columns,
                 result + row * columns);
    return;
  }
  // Rows lie side by side (a transposed weight): a run of them at once, column after column.
  std::vector<float> run(count);
  int64_t row = 0;
  while (row < count) {
    int64_t length = 1, begin = rowOffset(first + row);
    while (row + length < count && rowOffset(first + row + length) == begin + length)
      ++length;
    for (int64_t column = 0; column < columns; ++column) {
      loadFloats(source.type, source.data + (begin + columnOffsets[column]) * width, length,
                 run.data());
      for (int64_t i = 0; i < length; ++i)
        result[(row + i) * columns + column] = run[i];
    }
    row += length;
  }
}

void WeightRows::scale(const RowScaling &scaling, int64_t first, int64_t count,
                       float *result) const {
  int64_t columns = getColumns();
  bool alongK = scaling.dim == rowSizes.size();
  // From one index of the dimension to the next.
  int64_t stride = 1;
  for (int64_t size : ArrayRef(rowSizes).drop_front(alongK ? rowSizes.size() : scaling.dim + 1))
    stride *= size;
  for (int64_t row = 0; row < count; ++row) {
    float *values = result + row * columns;
    if (alongK) {
      for (int64_t column = 0; column < columns; ++column)
        values[column] *= scaling.factors[column];
      continue;
    }
    float factor = scaling.factors[(first + row) / stride % rowSizes[scaling.dim]];
    for (int64_t column = 0; column < columns; ++column)
      values[column] *= factor;
  }
}

void WeightRows::read(FloatSource source, int64_t first, int64_t count, float *result) const {
  load(source, first, count, result);
  for (const RowScaling &scaling : scalings)
    scale(scaling, first, count, result);
}

//===----------------------------------------------------------------------===//
// Block by block
//===----------------------------------------------------------------------===//

/// Elements of a block: it and its codes stay in the second-level cache.
static constexpr int64_t blockElements = 1 << 16;

int64_t getBlockRows(int64_t columns) { return std::max<int64_t>(1, blockElements / columns); }

namespace {
/// Work on a block of rows. A handler that leaves it out, because a user interrupted it, leaves
/// results unwritten, and must drop them.
struct RowsAction : tracing::ActionImpl<RowsAction> {
  using ActionImpl::ActionImpl;
  static constexpr StringLiteral tag = "qlinalg-rows";
};
} // namespace

void forEachBlock(MLIRContext *context, int64_t begin, int64_t end, int64_t columns,
                  function_ref<void(int64_t, int64_t)> work) {
  int64_t block = getBlockRows(columns);
  parallelFor(context, 0, llvm::divideCeil(end - begin, block), [&](size_t index) {
    int64_t first = begin + static_cast<int64_t>(index) * block;
    context->executeAction<RowsAction>([&] { work(first, std::min(block, end - first)); },
                                       ArrayRef<IRUnit>());
  });
}

std::vector<double> sumColumnSquares(MLIRContext *context, const WeightRows &rows,
                                     FloatSource source) {
  int64_t columns = rows.getColumns(), block = getBlockRows(columns);
  // Sums of this many blocks are held at once.
  int64_t chunk = 64 * block;
  std::vector<double> sums(columns), partial;
  for (int64_t begin = 0; begin < rows.getRows(); begin += chunk) {
    int64_t end = std::min(begin + chunk, rows.getRows());
    partial.assign(llvm::divideCeil(end - begin, block) * columns, 0);
    forEachBlock(context, begin, end, columns, [&](int64_t first, int64_t count) {
      std::vector<float> values(count * columns);
      rows.read(source, first, count, values.data());
      double *own = partial.data() + (first - begin) / block * columns;
      for (int64_t row = 0; row < count; ++row)
        for (int64_t column = 0; column < columns; ++column) {
          double value = values[row * columns + column];
          own[column] += value * value;
        }
    });
    for (size_t i = 0; i < partial.size(); ++i)
      sums[i % columns] += partial[i];
  }
  return sums;
}

} // namespace qlinalg
