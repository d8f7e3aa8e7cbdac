//===- FrozenTrellis.cpp - A constant weight becomes a trellis ------------===//

#include "FrozenTrellis.h"

#include "QLinalg/Numerics/Packing.h"

#include "mlir/IR/Threading.h"

#include <mutex>
#include <utility>
#include <vector>

using namespace mlir;

namespace qlinalg {

namespace {
/// Rows of one block of a matrix.
struct Block {
  int64_t first, count;
};
} // namespace

/// The blocks of all matrices: each is coded by itself.
static std::vector<Block> getBlocks(int64_t rows, int64_t matrixRows) {
  std::vector<Block> blocks;
  for (int64_t matrix = 0; matrix < rows; matrix += matrixRows)
    for (int64_t first = 0; first < matrixRows; first += trellisRows)
      blocks.push_back({matrix + first, std::min(trellisRows, matrixRows - first)});
  return blocks;
}

std::optional<QuantizeError> freezeTrellis(MLIRContext *context, int bits, const Scheme &scheme,
                                           const MomentFactor *factor, const WeightRows &rows,
                                           int64_t matrixRows, FloatSource source,
                                           FrozenParams &params,
                                           function_ref<void(const FrozenRows &)> consume) {
  int64_t columns = rows.getColumns(), rowBytes = bytesPerRow(bits, columns);
  int64_t scaleBytes = scaleCount(scheme, 1, columns) * byteWidth(scheme.scales);
  params.scales.resize(rows.getRows() * scaleBytes);
  std::vector<std::byte> codes(rows.getRows() * rowBytes);
  std::vector<int16_t> levels(rows.getRows() * columns);
  std::vector<Block> blocks = getBlocks(rows.getRows(), matrixRows);
  std::vector<WeightError> costs(blocks.size());
  std::optional<QuantizeError> wrong;
  std::mutex mutex;
  parallelFor(context, 0, blocks.size(), [&](size_t i) {
    auto [first, count] = blocks[i];
    std::vector<float> values(count * columns);
    rows.read(source, first, count, values.data());
    MatrixView matrix{values.data(), count, columns};
    TrellisView view{codes.data() + first * rowBytes, params.scales.data() + first * scaleBytes,
                     levels.data() + first * columns};
    if (std::optional<QuantizeError> error = quantizeTrellis(bits, scheme, factor, matrix, view)) {
      error->row += first;
      std::lock_guard<std::mutex> lock(mutex);
      if (!wrong || std::pair(error->row, error->column) < std::pair(wrong->row, wrong->column))
        wrong = error;
      return;
    }
    costs[i] = measureWeight(scheme, matrix,
                             {reinterpret_cast<std::byte *>(view.levels), view.scales, nullptr});
  });
  if (wrong)
    return wrong;
  WeightError cost;
  for (const WeightError &part : costs)
    cost += part;
  ArrayRef<std::byte> numbers(reinterpret_cast<const std::byte *>(levels.data()),
                              levels.size() * sizeof(int16_t));
  consume({0, rows.getRows(), numbers, nullptr, cost, codes});
  return std::nullopt;
}

} // namespace qlinalg
