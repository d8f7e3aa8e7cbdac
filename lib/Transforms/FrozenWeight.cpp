//===- FrozenWeight.cpp - A constant weight becomes codes -----------------===//

#include "FrozenWeight.h"

#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Numerics/Packing.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Threading.h"

#include <mutex>
#include <vector>

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Rows of a view
//===----------------------------------------------------------------------===//

WeightRows::WeightRows(const WeightView &view) {
  for (const ViewDim &dim : ArrayRef(view.dims).drop_back())
    rowAtoms.append(dim.begin(), dim.end());
  for (const Atom &atom : rowAtoms)
    rows *= atom.size;
  columnOffsets.push_back(0);
  for (const Atom &atom : view.dims.back()) {
    SmallVector<int64_t> offsets;
    offsets.reserve(columnOffsets.size() * atom.size);
    for (int64_t offset : columnOffsets)
      for (int64_t step = 0; step < atom.size; ++step)
        offsets.push_back(offset + step * atom.stride);
    columnOffsets = std::move(offsets);
  }
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
  int64_t columns = getColumns();
  if (columnOffsets.back() != columns - 1)
    return false;
  int64_t stride = columns;
  for (const Atom &atom : llvm::reverse(rowAtoms)) {
    if (atom.size != 1 && atom.stride != stride)
      return false;
    stride *= atom.size;
  }
  return true;
}

void WeightRows::read(FloatSource source, int64_t first, int64_t count, float *result) const {
  int64_t columns = getColumns(), width = byteWidth(source.type);
  // K lies dense: whole rows at once.
  if (columnOffsets.back() == columns - 1) {
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

//===----------------------------------------------------------------------===//
// Freezing
//===----------------------------------------------------------------------===//

/// Elements of a block: it and its codes stay in the second-level cache.
static constexpr int64_t blockElements = 1 << 16;

FrozenSizes frozenSizes(const Scheme &scheme, const WeightRows &rows) {
  int64_t codes = rows.getRows() * bytesPerRow(bitWidth(scheme.storage), rows.getColumns());
  int64_t count = scaleCount(scheme, rows.getRows(), rows.getColumns());
  return {codes, count * byteWidth(scheme.scales), storesZeroPoints(scheme) ? count : 0};
}

/// All of the weight at once, for parameters that are shared by all rows.
static std::optional<QuantizeError> freezeWhole(const Scheme &scheme, Method method,
                                                const WeightRows &rows, FloatSource source,
                                                QuantizedView result) {
  MatrixView matrix{nullptr, rows.getRows(), rows.getColumns()};
  std::vector<float> copy;
  bool aligned = reinterpret_cast<uintptr_t>(source.data) % alignof(float) == 0;
  if (source.type == FloatType::F32 && aligned && rows.isDense()) {
    matrix.data = reinterpret_cast<const float *>(source.data);
  } else {
    copy.resize(matrix.rows * matrix.columns);
    rows.read(source, 0, matrix.rows, copy.data());
    matrix.data = copy.data();
  }
  return quantize(scheme, method, matrix, result);
}

std::optional<QuantizeError> freezeWeight(MLIRContext *context, const Scheme &scheme, Method method,
                                          const WeightRows &rows, FloatSource source,
                                          QuantizedView result) {
  if (scheme.granularity == Granularity::Tensor && !isDowncast(scheme.storage))
    return freezeWhole(scheme, method, rows, source, result);
  int64_t columns = rows.getColumns();
  int64_t block = std::max<int64_t>(1, blockElements / columns);
  int64_t rowBytes = bytesPerRow(bitWidth(scheme.storage), columns);
  int64_t scalesPerRow = scaleCount(scheme, 1, columns);
  std::mutex mutex;
  std::optional<QuantizeError> error;
  parallelFor(context, 0, llvm::divideCeil(rows.getRows(), block), [&](size_t index) {
    int64_t first = index * block, count = std::min(block, rows.getRows() - first);
    std::vector<float> values(count * columns);
    rows.read(source, first, count, values.data());
    QuantizedView view{result.codes + first * rowBytes,
                       result.scales ? result.scales + first * scalesPerRow * byteWidth(scheme.scales)
                                     : nullptr,
                       result.zeroPoints ? result.zeroPoints + first * scalesPerRow : nullptr};
    std::optional<QuantizeError> wrong =
        quantize(scheme, method, {values.data(), count, columns}, view);
    if (!wrong)
      return;
    wrong->row += first;
    std::lock_guard<std::mutex> lock(mutex);
    // The first one in the weight, whichever thread comes first.
    if (!error || wrong->row < error->row)
      error = wrong;
  });
  return error;
}

} // namespace qlinalg
