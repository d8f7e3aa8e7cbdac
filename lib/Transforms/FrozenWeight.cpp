//===- FrozenWeight.cpp - A constant weight becomes codes -----------------===//

#include "FrozenWeight.h"

#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Numerics/Packing.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <cmath>
#include <mutex>
#include <utility>
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

void WeightRows::read(FloatSource source, int64_t first, int64_t count, float *result) const {
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

//===----------------------------------------------------------------------===//
// Freezing
//===----------------------------------------------------------------------===//

/// Elements of a block: it and its codes stay in the second-level cache.
static constexpr int64_t blockElements = 1 << 16;
/// Elements whose codes are handed on at once.
static constexpr int64_t chunkElements = 1 << 23;

/// Calls `work(first, count)` for blocks of the rows [begin, end), on the context's threads.
static void forEachBlock(MLIRContext *context, int64_t begin, int64_t end, int64_t columns,
                         function_ref<void(int64_t, int64_t)> work) {
  int64_t block = std::max<int64_t>(1, blockElements / columns);
  parallelFor(context, 0, llvm::divideCeil(end - begin, block), [&](size_t index) {
    int64_t first = begin + static_cast<int64_t>(index) * block;
    work(first, std::min(block, end - first));
  });
}

namespace {
/// The first error by its place in the weight, whichever thread comes first.
class FirstError {
public:
  void report(const QuantizeError &found) {
    std::lock_guard<std::mutex> lock(mutex);
    if (!error || std::pair(found.row, found.column) < std::pair(error->row, error->column))
      error = found;
  }
  std::optional<QuantizeError> error;

private:
  std::mutex mutex;
};

/// The least and the greatest value of a weight, and where the one of greatest magnitude stands.
struct Extremes {
  float least = 0, greatest = 0, largest = 0;
  int64_t row = 0, column = 0;

  void add(float value, int64_t atRow, int64_t atColumn) {
    least = std::min(least, value);
    greatest = std::max(greatest, value);
    float magnitude = std::fabs(value);
    bool earlier = std::pair(atRow, atColumn) < std::pair(row, column);
    if (magnitude > largest || (magnitude == largest && earlier)) {
      largest = magnitude;
      row = atRow;
      column = atColumn;
    }
  }
};
} // namespace

/// The parameters that all rows share, in one pass over the weight: they depend on its extremes
/// alone.
static std::optional<QuantizeError> chooseShared(MLIRContext *context, const Scheme &scheme,
                                                 const WeightRows &rows, FloatSource source,
                                                 QuantizedView params) {
  int64_t columns = rows.getColumns();
  FirstError wrong;
  Extremes all;
  std::mutex mutex;
  forEachBlock(context, 0, rows.getRows(), columns, [&](int64_t first, int64_t count) {
    std::vector<float> values(count * columns);
    rows.read(source, first, count, values.data());
    Extremes block;
    block.row = first;
    for (int64_t i = 0, e = values.size(); i < e; ++i) {
      int64_t row = first + i / columns, column = i % columns;
      if (!std::isfinite(values[i]))
        return wrong.report({QuantizeError::Kind::NotFinite, row, column, values[i]});
      block.add(values[i], row, column);
    }
    std::lock_guard<std::mutex> lock(mutex);
    all.add(block.least, block.row, block.column);
    all.add(block.greatest, block.row, block.column);
  });
  if (wrong.error)
    return wrong.error;
  float extremes[] = {all.least, all.greatest};
  std::byte codes[2 * sizeof(float)];
  params.codes = codes;
  std::optional<QuantizeError> error = quantize(scheme, Method::Nearest, {extremes, 1, 2}, params);
  if (error) {
    error->row = all.row;
    error->column = all.column;
  }
  return error;
}

/// All of the weight at once, for a search whose parameters are shared by all rows.
static std::optional<QuantizeError> freezeWhole(const Scheme &scheme, Method method,
                                                const WeightRows &rows, FloatSource source,
                                                QuantizedView params,
                                                function_ref<void(const FrozenRows &)> consume) {
  std::vector<float> values(rows.getRows() * rows.getColumns());
  rows.read(source, 0, rows.getRows(), values.data());
  std::vector<std::byte> codes(rows.getRows() *
                               bytesPerRow(bitWidth(scheme.storage), rows.getColumns()));
  params.codes = codes.data();
  if (std::optional<QuantizeError> error =
          quantize(scheme, method, {values.data(), rows.getRows(), rows.getColumns()}, params))
    return error;
  consume({0, rows.getRows(), codes, params.zeroPoints});
  return std::nullopt;
}

std::optional<QuantizeError> freezeWeight(MLIRContext *context, const Scheme &scheme, Method method,
                                          const WeightRows &rows, FloatSource source,
                                          FrozenParams &params,
                                          function_ref<void(const FrozenRows &)> consume) {
  int64_t columns = rows.getColumns();
  bool hasScales = !isDowncast(scheme.storage);
  bool isShared = hasScales && scheme.granularity == Granularity::Tensor;
  int64_t scales = hasScales ? scaleCount(scheme, rows.getRows(), columns) : 0;
  params.scales.resize(scales * byteWidth(scheme.scales));
  params.zeroPoints.resize(storesZeroPoints(scheme) ? scales : 0);
  QuantizedView whole{nullptr, hasScales ? params.scales.data() : nullptr,
                      params.zeroPoints.empty() ? nullptr : params.zeroPoints.data()};
  if (isShared && method != Method::Nearest)
    return freezeWhole(scheme, method, rows, source, whole, consume);
  if (isShared)
    if (std::optional<QuantizeError> error = chooseShared(context, scheme, rows, source, whole))
      return error;

  int64_t rowBytes = bytesPerRow(bitWidth(scheme.storage), columns);
  int64_t scalesPerRow = isShared || !hasScales ? 0 : scaleCount(scheme, 1, columns);
  auto paramsOf = [&](int64_t row) {
    QuantizedView view = whole;
    if (view.scales)
      view.scales += row * scalesPerRow * byteWidth(scheme.scales);
    if (view.zeroPoints)
      view.zeroPoints += row * scalesPerRow;
    return view;
  };
  int64_t chunk = std::max<int64_t>(1, chunkElements / columns);
  std::vector<std::byte> codes;
  for (int64_t begin = 0; begin < rows.getRows(); begin += chunk) {
    int64_t end = std::min(begin + chunk, rows.getRows());
    codes.resize((end - begin) * rowBytes);
    FirstError wrong;
    forEachBlock(context, begin, end, columns, [&](int64_t first, int64_t count) {
      std::vector<float> values(count * columns);
      rows.read(source, first, count, values.data());
      QuantizedView view = paramsOf(first);
      view.codes = codes.data() + (first - begin) * rowBytes;
      MatrixView matrix{values.data(), count, columns};
      if (isShared)
        return encode(scheme, matrix, view.scales, view.zeroPoints, view.codes);
      if (std::optional<QuantizeError> error = quantize(scheme, method, matrix, view)) {
        error->row += first;
        wrong.report(*error);
      }
    });
    if (wrong.error)
      return wrong.error;
    consume({begin, end - begin, codes, paramsOf(begin).zeroPoints});
  }
  return std::nullopt;
}

} // namespace qlinalg
