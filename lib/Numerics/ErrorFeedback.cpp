//===- ErrorFeedback.cpp - Later columns make up for earlier ones ---------===//
//
// Blocks of columns: what the errors of all blocks before say of a block is one product of
// matrices, [rows, columns before] x [columns before, block]; inside the block each column is told
// as soon as the one before is coded. Rows lie side by side, so no sum depends on the width of the
// registers.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/ErrorFeedback.h"

#include "RowTiles.h"

#include <algorithm>
#include <vector>

using namespace qlinalg;

namespace {

constexpr int64_t blockColumns = 8 * columnTile;

/// errors = decoded - weights; gives |decoded - targets|^2.
double takeErrors(const float *weights, const float *targets, const float *decoded, int64_t count,
                  float *errors) {
  double sum = 0;
  for (int64_t r = 0; r < count; ++r) {
    double residual = static_cast<double>(decoded[r]) - targets[r];
    sum += residual * residual;
    errors[r] = decoded[r] - weights[r];
  }
  return sum;
}

class Feedback {
public:
  Feedback(const MomentFactor &factor, MatrixView panel, ColumnCoder &coder)
      : factor(factor), panel(panel), coder(coder), columns(panel.columns),
        stride(rowStride(panel.rows)), errors(columns * stride), weights(blockColumns * stride),
        targets(blockColumns * stride), decoded(panel.rows) {}

  double run() {
    double cost = 0;
    for (int64_t begin = 0; begin < columns; begin += blockColumns) {
      int64_t end = std::min(begin + blockColumns, columns);
      load(begin, end);
      tellBlock(begin, end);
      for (int64_t i = begin; i < end; ++i)
        cost += codeColumn(i, begin, end);
    }
    return cost;
  }

private:
  /// The weights of the block, column after column.
  void load(int64_t begin, int64_t end) {
    for (int64_t row = 0; row < panel.rows; ++row)
      for (int64_t i = begin; i < end; ++i)
        weights[(i - begin) * stride + row] = panel.data[row * columns + factor.column(i)];
    targets = weights;
  }

  void tellBlock(int64_t begin, int64_t end) {
    auto rowOf = [&](int64_t i) { return factor.row(i); };
    subtractProducts(errors.data(), begin, stride, rowOf, begin, end, packed, targets.data());
  }

  double codeColumn(int64_t i, int64_t begin, int64_t end) {
    const float *target = targets.data() + (i - begin) * stride;
    float *error = errors.data() + i * stride;
    coder.code(factor.column(i), target, panel.rows, decoded.data());
    double residual = takeErrors(weights.data() + (i - begin) * stride, target, decoded.data(),
                                 panel.rows, error);
    for (int64_t k = i + 1; k < end; ++k)
      subtractMultiple(error, factor.row(i)[k], panel.rows, targets.data() + (k - begin) * stride);
    return factor.price(i) * residual;
  }

  const MomentFactor &factor;
  MatrixView panel;
  ColumnCoder &coder;
  int64_t columns, stride;
  /// [columns][stride]; of a block of columns: [blockColumns][stride].
  std::vector<float> errors, weights, targets;
  std::vector<float> packed;
  std::vector<float> decoded;
};

} // namespace

int64_t qlinalg::feedbackRows(int64_t columns) {
  // Errors of half a MiB, at least four tiles of rows: each element of M is read once a panel.
  int64_t rows = (1 << 17) / std::max<int64_t>(1, columns) / rowTile * rowTile;
  return std::max(4 * rowTile, rows);
}

double qlinalg::feedErrors(const MomentFactor &factor, MatrixView panel, ColumnCoder &coder) {
  return Feedback(factor, panel, coder).run();
}
