//===- SmoothQuant.cpp - Scales moved from activation to weight -----------===//

#include "QLinalg/Numerics/SmoothQuant.h"

#include "Parameters.h"
#include "QLinalg/Numerics/ChannelTails.h"
#include "QLinalg/Numerics/Packing.h"
#include "Ranges.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

using namespace qlinalg;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Mean squares of the channels of x.
std::vector<double> meanSquares(const ChannelMoments &channels) {
  std::vector<double> result(channels.squares);
  for (double &square : result)
    square /= static_cast<double>(std::max<int64_t>(channels.rows, 1));
  return result;
}

/// Rows of a weight times s, as codes and back.
class RoundedRows {
public:
  RoundedRows(const Scheme &scheme, int64_t rows, int64_t columns)
      : scheme(scheme), scaled(rows * columns), decoded(rows * columns),
        codes(rows * bytesPerRow(bitWidth(scheme.storage), columns)),
        scales(scaleCount(scheme, rows, columns) * byteWidth(scheme.scales)),
        zeroPoints(storesZeroPoints(scheme) ? scaleCount(scheme, rows, columns) : 0) {}

  /// The sum over all elements of the squared error times `counts[k]`.
  double errorOf(MatrixView matrix, std::span<const float> factors,
                 std::span<const double> counts) {
    for (int64_t i = 0; i < matrix.rows * matrix.columns; ++i)
      scaled[i] = matrix.data[i] * factors[i % matrix.columns];
    MatrixView view{scaled.data(), matrix.rows, matrix.columns};
    QuantizedView result{codes.data(), scales.data(),
                         zeroPoints.empty() ? nullptr : zeroPoints.data()};
    if (quantize(scheme, Method::Nearest, view, result))
      return infinity;
    dequantize(scheme, matrix.rows, matrix.columns, result.codes, result.scales, result.zeroPoints,
               decoded.data());
    double sum = 0;
    for (int64_t row = 0; row < matrix.rows; ++row)
      for (int64_t k = 0; k < matrix.columns; ++k) {
        int64_t i = row * matrix.columns + k;
        double difference = double{decoded[i]} - scaled[i];
        sum += difference * difference * counts[k];
      }
    return sum;
  }

private:
  const Scheme &scheme;
  std::vector<float> scaled, decoded;
  std::vector<std::byte> codes, scales, zeroPoints;
};

/// The sum over channels of what errors of `step` * s_k cost.
double roundingError(const ChannelTails &tails, std::span<const double> importance,
                     std::span<const float> scales, double step, int64_t first, int64_t count) {
  double sum = 0;
  for (int64_t k = first; k < first + count; ++k)
    sum += tails.meanRoundingError(k, step * scales[k]) * importance[k];
  return sum;
}

/// The ends of the range of x / s over channels [first, first + count), each from 0 on.
struct Ends {
  double below = 0, above = 0;
};
Ends endsOf(const SmoothingProblem &problem, std::span<const float> scales, int64_t first,
            int64_t count) {
  double least = std::max(-double{problem.seen.least}, 0.0);
  double greatest = std::max(double{problem.seen.greatest}, 0.0);
  Ends ends;
  for (int64_t k = first; k < first + count; ++k) {
    double magnitude = problem.channels.magnitudes[k];
    ends.below = std::max(ends.below, std::min(magnitude, least) / scales[k]);
    ends.above = std::max(ends.above, std::min(magnitude, greatest) / scales[k]);
  }
  return ends;
}

/// Of a scale a token (and group).
double dynamicError(const SmoothingProblem &problem, const ChannelTails &tails,
                    std::span<const float> scales, std::span<const double> importance) {
  const Scheme &scheme = problem.activationScheme;
  int64_t columns = problem.channels.channels(), run = scheme.group ? scheme.group : columns;
  double sum = 0, divisor = scaleDivisor(scheme);
  for (int64_t first = 0; first < columns; first += run) {
    int64_t count = std::min(run, columns - first);
    double width = std::sqrt(tails.meanSquareOfMaximum(scales, first, count));
    if (storesZeroPoints(scheme)) {
      Ends ends = endsOf(problem, scales, first, count);
      width = std::min(width, ends.below) + std::min(width, ends.above);
    }
    sum += roundingError(tails, importance, scales, width / divisor, first, count);
  }
  return sum;
}

} // namespace

std::vector<float> qlinalg::smoothingScales(std::span<const float> magnitudes,
                                            std::span<const float> weightMagnitudes, double alpha) {
  std::vector<double> logs(magnitudes.size());
  std::vector<float> scales(magnitudes.size(), 1);
  double sum = 0;
  int64_t count = 0;
  auto isSeen = [&](size_t k) { return magnitudes[k] > 0 && weightMagnitudes[k] > 0; };
  for (size_t k = 0; k < magnitudes.size(); ++k)
    if (isSeen(k)) {
      logs[k] = alpha * std::log(magnitudes[k]) - (1 - alpha) * std::log(weightMagnitudes[k]);
      sum += logs[k];
      ++count;
    }
  for (size_t k = 0; k < magnitudes.size(); ++k)
    if (isSeen(k))
      scales[k] = static_cast<float>(
          std::clamp(std::exp(logs[k] - sum / static_cast<double>(count)), 0x1p-60, 0x1p60));
  return scales;
}

std::vector<float> qlinalg::columnMagnitudes(std::span<const MatrixView> weights) {
  std::vector<float> result(weights.empty() ? 0 : weights.front().columns);
  for (const MatrixView &matrix : weights)
    for (int64_t i = 0; i < matrix.rows * matrix.columns; ++i) {
      float &magnitude = result[i % matrix.columns];
      magnitude = std::max(magnitude, std::abs(matrix.data[i]));
    }
  return result;
}

std::vector<double> qlinalg::columnSquares(std::span<const MatrixView> weights) {
  std::vector<double> result(weights.empty() ? 0 : weights.front().columns);
  for (const MatrixView &matrix : weights)
    for (int64_t i = 0; i < matrix.rows * matrix.columns; ++i)
      result[i % matrix.columns] += double{matrix.data[i]} * matrix.data[i];
  return result;
}

ValueRange qlinalg::smoothedRange(const SmoothingProblem &problem, std::span<const float> scales) {
  Ends ends = endsOf(problem, scales, 0, problem.channels.channels());
  return {static_cast<float>(-ends.below), static_cast<float>(ends.above)};
}

double qlinalg::expectedWeightError(const SmoothingProblem &problem,
                                    std::span<const float> scales) {
  std::vector<double> counts = meanSquares(problem.channels);
  for (size_t k = 0; k < counts.size(); ++k)
    counts[k] /= double{scales[k]} * scales[k];
  double sum = 0;
  for (const MatrixView &matrix : problem.weights) {
    // Some rows at a time stay in the cache; one scale for all needs all of them.
    bool whole = problem.weightScheme.granularity == Granularity::Tensor;
    int64_t block =
        whole ? matrix.rows : std::clamp<int64_t>(16384 / matrix.columns, 1, matrix.rows);
    RoundedRows rows(problem.weightScheme, block, matrix.columns);
    for (int64_t first = 0; first < matrix.rows; first += block)
      sum += rows.errorOf({matrix.data + first * matrix.columns,
                           std::min(block, matrix.rows - first), matrix.columns},
                          scales, counts);
  }
  return sum;
}

double qlinalg::expectedActivationError(const SmoothingProblem &problem,
                                        std::span<const float> scales) {
  std::vector<double> importance = columnSquares(problem.weights);
  ChannelTails tails(problem.channels);
  const Scheme &scheme = problem.activationScheme;
  if (scheme.granularity != Granularity::Tensor)
    return dynamicError(problem, tails, scales, importance);
  double step = parametersOf(scheme, smoothedRange(problem, scales)).scale;
  return roundingError(tails, importance, scales, step, 0, problem.channels.channels());
}

MatmulError qlinalg::expectedMatmulError(const SmoothingProblem &problem,
                                         std::span<const float> scales) {
  return {expectedWeightError(problem, scales), expectedActivationError(problem, scales)};
}

double qlinalg::expectedOutput(const ChannelMoments &channels,
                               std::span<const MatrixView> weights) {
  int64_t columns = channels.channels();
  double sum = 0;
  if (!channels.hasProducts()) {
    std::vector<double> squares = columnSquares(weights);
    for (int64_t k = 0; k < columns; ++k)
      sum += channels.squares[k] * squares[k];
    return sum / static_cast<double>(std::max<int64_t>(channels.rows, 1));
  }
  for (const MatrixView &matrix : weights)
    for (int64_t row = 0; row < matrix.rows; ++row) {
      const float *w = matrix.data + row * columns;
      for (int64_t i = 0; i < columns; ++i) {
        const double *products = channels.products.data() + ChannelMoments::triangleRow(i, columns);
        double others = 0;
        for (int64_t k = i + 1; k < columns; ++k)
          others += products[k] * w[k];
        sum += w[i] * (2 * others + products[i] * w[i]);
      }
    }
  return sum / static_cast<double>(std::max<int64_t>(channels.rows, 1));
}

std::span<const std::optional<double>> qlinalg::automaticAlphas() {
  static const auto alphas = [] {
    std::array<std::optional<double>, 22> result;
    for (size_t i = 1; i < result.size(); ++i)
      result[i] = static_cast<double>(i - 1) / 20;
    return result;
  }();
  return alphas;
}

std::vector<float> qlinalg::scalesOf(const SmoothingProblem &problem, std::optional<double> alpha) {
  if (!alpha)
    return std::vector<float>(problem.channels.magnitudes.size(), 1);
  return smoothingScales(problem.channels.magnitudes, columnMagnitudes(problem.weights), *alpha);
}
