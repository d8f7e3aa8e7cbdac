//===- QuantizeTrellis.cpp - Scales of runs, codes of columns -------------===//

#include "QLinalg/Numerics/QuantizeTrellis.h"

#include "Parameters.h"
#include "QLinalg/Numerics/Packing.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace qlinalg;

namespace {

/// The squared error of each width for normal numbers of deviation 1 (Trellis.h).
float normalError(int bits) { return 1.3f * std::ldexp(1.0f, -2 * bits); }

/// Scales that are tried, in root mean squares over `trellisDeviation`.
constexpr float widenings[] = {0.95f, 1, 1.05f, 1.1f, 1.2f, 1.35f, 1.5f, 1.7f, 2, 2.4f, 3};

/// What a run costs whose scale is `scale`: each value the error of the trellis, which grows with
/// the scale, and beyond the largest level what it lies beyond.
double costOf(int bits, float greatest, const float *values, int64_t count, float scale) {
  float unit = scale * trellisDeviation, limit = scale * greatest;
  double beyond = 0;
  for (int64_t i = 0; i < count; ++i) {
    float over = std::max(0.0f, std::abs(values[i]) - limit);
    beyond += static_cast<double>(over) * over;
  }
  return static_cast<double>(count) * normalError(bits) * unit * unit + beyond;
}

class TrellisCoder : public ColumnCoder {
public:
  TrellisCoder(int bits, const Scheme &scheme, MatrixView matrix)
      : bits(bits), scheme(scheme), matrix(matrix), groups(groupsPerRow(scheme, matrix.columns)),
        scales(scheme, matrix.rows * groups), codes(matrix.rows * matrix.columns),
        levels(matrix.rows * matrix.columns), search(bits) {
    greatest = *std::max_element(trellisLevels(bits).begin(), trellisLevels(bits).end());
  }

  std::optional<QuantizeError> chooseScales() {
    int64_t run = groups > 1 ? scheme.group : matrix.columns;
    for (int64_t row = 0; row < matrix.rows; ++row)
      for (int64_t group = 0; group < groups; ++group) {
        int64_t first = group * run, count = std::min(run, matrix.columns - first);
        if (std::optional<QuantizeError> error =
                chooseScale(row, first, count, row * groups + group))
          return error;
      }
    return std::nullopt;
  }

  void code(int64_t column, const float *targets, int64_t count, float *decoded) override {
    int64_t group = groups > 1 ? column / scheme.group : 0;
    for (int64_t first = 0; first < count; first += trellisRows) {
      int64_t length = std::min(trellisRows, count - first);
      for (int64_t i = 0; i < length; ++i)
        blockScales[i] = scales.scales[(first + i) * groups + group];
      search.code(targets + first, blockScales, length, blockCodes, blockLevels);
      for (int64_t i = 0; i < length; ++i) {
        int64_t at = (first + i) * matrix.columns + column;
        codes[at] = static_cast<std::byte>(blockCodes[i]);
        levels[at] = blockLevels[i];
        decoded[first + i] = static_cast<float>(blockLevels[i]) * blockScales[i];
      }
    }
  }

  /// Each column by itself.
  void codeColumns() {
    std::vector<float> column(matrix.rows);
    for (int64_t k = 0; k < matrix.columns; ++k) {
      for (int64_t row = 0; row < matrix.rows; ++row)
        column[row] = matrix.data[row * matrix.columns + k];
      code(k, column.data(), matrix.rows, column.data());
    }
  }

  void store(TrellisView result) const {
    scales.store(scheme, 0, result.scales, nullptr);
    packRows(bits, matrix.rows, matrix.columns, codes.data(), result.codes);
    if (result.levels)
      std::copy(levels.begin(), levels.end(), result.levels);
  }

private:
  std::optional<QuantizeError> chooseScale(int64_t row, int64_t first, int64_t count, int64_t at) {
    const float *values = matrix.data + row * matrix.columns + first;
    double squares = 0;
    int64_t largest = 0;
    for (int64_t i = 0; i < count; ++i) {
      if (!std::isfinite(values[i]))
        return QuantizeError{QuantizeError::Kind::NotFinite, row, first + i, values[i]};
      squares += static_cast<double>(values[i]) * values[i];
      if (std::abs(values[i]) > std::abs(values[largest]))
        largest = i;
    }
    float root = static_cast<float>(std::sqrt(squares / static_cast<double>(count)));
    float best = root;
    double least = std::numeric_limits<double>::infinity();
    for (float widening : widenings)
      if (double cost = costOf(bits, greatest, values, count, root * widening / trellisDeviation);
          cost < least) {
        least = cost;
        best = root * widening;
      }
    float &scale = scales.scales[at];
    qlinalg::chooseScales(scheme.scales, trellisDeviation, &best, 1, &scale);
    if (!std::isfinite(scale))
      return QuantizeError{QuantizeError::Kind::ScaleOverflow, row, first + largest,
                           best / trellisDeviation, scheme.scales};
    return std::nullopt;
  }

  int bits;
  const Scheme &scheme;
  MatrixView matrix;
  int64_t groups;
  float greatest;
  Parameters scales;
  std::vector<std::byte> codes;
  std::vector<int16_t> levels;
  TrellisSearch search;
  float blockScales[trellisRows];
  uint8_t blockCodes[trellisRows];
  int16_t blockLevels[trellisRows];
};

} // namespace

std::optional<QuantizeError> qlinalg::quantizeTrellis(int bits, const Scheme &scheme,
                                                      const MomentFactor *factor, MatrixView matrix,
                                                      TrellisView result) {
  TrellisCoder coder(bits, scheme, matrix);
  if (std::optional<QuantizeError> error = coder.chooseScales())
    return error;
  if (factor)
    feedErrors(*factor, matrix, coder);
  else
    coder.codeColumns();
  coder.store(result);
  return std::nullopt;
}
