//===- ErrorFeedback.cpp - Later columns make up for earlier ones ---------===//
//
// Blocks of columns: what the errors of all blocks before say of a block is one product of
// matrices, [rows, columns before] x [columns before, block]; inside the block each column is told
// as soon as the one before is coded. Rows lie side by side, so no sum depends on the width of the
// registers.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/ErrorFeedback.h"

#include "Clones.h"

#include <algorithm>
#include <vector>

using namespace qlinalg;

namespace {

/// A tile of targets: 12 registers of 8 numbers.
constexpr int64_t tileColumns = 6, tileRows = 16;
constexpr int64_t blockColumns = 8 * tileColumns;

/// A loop over arrays is vectorized along the wrong one here.
typedef float Lanes __attribute__((vector_size(tileRows * sizeof(float)), aligned(4), may_alias));

/// targets[k][r] -= sum over i < before of errors[i][r] * M_ik, for the columns k of a tile.
/// `factors` is [before][tileColumns] of M; rows of errors and targets are `stride` apart.
QLINALG_CLONES void tellTile(const float *errors, const float *factors, int64_t before,
                             int64_t stride, float *__restrict targets) {
  Lanes sums[tileColumns] = {};
  for (int64_t i = 0; i < before; ++i) {
    Lanes error = *reinterpret_cast<const Lanes *>(errors + i * stride);
    for (int64_t k = 0; k < tileColumns; ++k)
      sums[k] += error * factors[i * tileColumns + k];
  }
  for (int64_t k = 0; k < tileColumns; ++k)
    *reinterpret_cast<Lanes *>(targets + k * stride) -= sums[k];
}

QLINALG_CLONES void tellColumn(const float *errors, float factor, int64_t count,
                               float *__restrict targets) {
  for (int64_t r = 0; r < count; ++r)
    targets[r] -= errors[r] * factor;
}

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
        stride((panel.rows + tileRows - 1) / tileRows * tileRows), errors(columns * stride),
        weights(blockColumns * stride), targets(blockColumns * stride),
        factors(columns * tileColumns), decoded(panel.rows) {}

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
    for (int64_t first = begin; first < end; first += tileColumns) {
      int64_t last = std::min(first + tileColumns, end);
      std::fill_n(factors.begin(), begin * tileColumns, 0.0f);
      for (int64_t i = 0; i < begin; ++i)
        std::copy(factor.row(i) + first, factor.row(i) + last, factors.begin() + i * tileColumns);
      for (int64_t row = 0; row < stride; row += tileRows)
        tellTile(errors.data() + row, factors.data(), begin, stride,
                 targets.data() + (first - begin) * stride + row);
    }
  }

  double codeColumn(int64_t i, int64_t begin, int64_t end) {
    const float *target = targets.data() + (i - begin) * stride;
    float *error = errors.data() + i * stride;
    coder.code(factor.column(i), target, panel.rows, decoded.data());
    double residual = takeErrors(weights.data() + (i - begin) * stride, target, decoded.data(),
                                 panel.rows, error);
    for (int64_t k = i + 1; k < end; ++k)
      tellColumn(error, factor.row(i)[k], panel.rows, targets.data() + (k - begin) * stride);
    return factor.price(i) * residual;
  }

  const MomentFactor &factor;
  MatrixView panel;
  ColumnCoder &coder;
  int64_t columns, stride;
  /// [columns][stride]; of a block of columns: [blockColumns][stride].
  std::vector<float> errors, weights, targets;
  /// [columns][tileColumns] of M.
  std::vector<float> factors;
  std::vector<float> decoded;
};

} // namespace

int64_t qlinalg::feedbackRows(int64_t columns) {
  // Errors of half a MiB, at least four tiles of rows: each element of M is read once a panel.
  int64_t rows = (1 << 17) / std::max<int64_t>(1, columns) / tileRows * tileRows;
  return std::max(4 * tileRows, rows);
}

double qlinalg::feedErrors(const MomentFactor &factor, MatrixView panel, ColumnCoder &coder) {
  return Feedback(factor, panel, coder).run();
}
