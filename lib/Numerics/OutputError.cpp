//===- OutputError.cpp - What errors of a weight cost its results ---------===//

#include "QLinalg/Numerics/OutputError.h"

#include "QLinalg/Numerics/ErrorFeedback.h"
#include "RowTiles.h"

#include <algorithm>

using namespace qlinalg;

MeanMoments::MeanMoments(const ChannelMoments &moments, double damping)
    : size(moments.channels()), values(size * size) {
  double rows = static_cast<double>(std::max<int64_t>(1, moments.rows)), sum = 0;
  for (int64_t i = 0; i < size; ++i) {
    sum += moments.squares[i];
    values[i * size + i] = static_cast<float>(moments.squares[i] / rows);
    if (!moments.hasProducts())
      continue;
    const double *row = moments.products.data() + ChannelMoments::triangleRow(i, size);
    for (int64_t k = i; k < size; ++k)
      values[i * size + k] = values[k * size + i] = static_cast<float>(row[k] / rows);
  }
  double added = damping * sum / rows / static_cast<double>(std::max<int64_t>(1, size));
  for (int64_t i = 0; i < size; ++i)
    values[i * size + i] += static_cast<float>(added);
}

/// The sum over rows of x H x^T for rows [columns][stride] side by side.
static double quadraticForm(const MeanMoments &moments, const std::vector<float> &rows,
                            int64_t stride) {
  int64_t columns = moments.columns();
  std::vector<float> products(columnTile * stride), packed;
  double sum = 0;
  for (int64_t first = 0; first < columns; first += columnTile) {
    int64_t last = std::min(first + columnTile, columns);
    std::ranges::fill(products, 0.0f);
    subtractProducts(
        rows.data(), columns, stride, [&](int64_t i) { return moments.row(i); }, first, last,
        packed, products.data());
    for (int64_t i = 0; i < (last - first) * stride; ++i)
      sum -= static_cast<double>(products[i]) * rows[first * stride + i];
  }
  return sum;
}

OutputError qlinalg::outputError(const MeanMoments &moments, MatrixView weight,
                                 const float *decoded, const ForEach &threads) {
  int64_t columns = weight.columns, panelRows = feedbackRows(columns);
  int64_t panels = (weight.rows + panelRows - 1) / panelRows;
  std::vector<OutputError> parts(panels);
  forEach(threads, panels, [&](int64_t panel) {
    int64_t first = panel * panelRows, count = std::min(panelRows, weight.rows - first);
    int64_t stride = rowStride(count);
    std::vector<float> values(columns * stride), errors(columns * stride);
    for (int64_t row = 0; row < count; ++row)
      for (int64_t k = 0; k < columns; ++k) {
        float value = weight.data[(first + row) * columns + k];
        values[k * stride + row] = value;
        errors[k * stride + row] = decoded[(first + row) * columns + k] - value;
      }
    parts[panel] = {quadraticForm(moments, values, stride), quadraticForm(moments, errors, stride)};
  });
  OutputError sum;
  for (const OutputError &part : parts)
    sum += part;
  return sum;
}

OutputError qlinalg::outputError(const Scheme &scheme, const MeanMoments &moments,
                                 MatrixView weight, QuantizedView codes, const ForEach &threads) {
  std::vector<float> decoded(weight.rows * weight.columns);
  dequantize(scheme, weight.rows, weight.columns, codes.codes, codes.scales, codes.zeroPoints,
             decoded.data());
  return outputError(moments, weight, decoded.data(), threads);
}
