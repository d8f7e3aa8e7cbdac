//===- Awq.cpp - Channels that matter are rounded more finely -------------===//

#include "QLinalg/Numerics/Awq.h"

#include "QLinalg/Numerics/Packing.h"

#include <cmath>

using namespace qlinalg;

std::vector<float> qlinalg::awqScales(const ChannelMoments &moments, double alpha) {
  std::vector<float> scales(moments.channels(), 1.0f);
  double logarithms = 0;
  int64_t seen = 0;
  for (double square : moments.squares)
    if (square > 0) {
      logarithms += std::log(square);
      ++seen;
    }
  if (seen == 0)
    return scales;
  double mean = logarithms / static_cast<double>(seen);
  for (int64_t k = 0; k < moments.channels(); ++k)
    if (moments.squares[k] > 0)
      scales[k] = static_cast<float>(std::exp(alpha / 2 * (std::log(moments.squares[k]) - mean)));
  return scales;
}

/// Q(W s) / s, what `weight` decodes to.
static std::optional<QuantizeError> codeScaled(const Scheme &scheme, MatrixView weight,
                                               std::span<const float> scales,
                                               std::vector<float> &decoded) {
  int64_t rows = weight.rows, columns = weight.columns, count = rows * columns;
  decoded.resize(count);
  for (int64_t i = 0; i < count; ++i)
    decoded[i] = weight.data[i] * scales[i % columns];
  int64_t parameters = scaleCount(scheme, rows, columns);
  std::vector<std::byte> codes(rows * bytesPerRow(bitWidth(scheme.storage), columns));
  std::vector<std::byte> stored(parameters * byteWidth(scheme.scales));
  std::vector<std::byte> zeroPoints(
      storesZeroPoints(scheme) ? parameters * zeroPointWidth(scheme.storage) / 8 : 0);
  QuantizedView view{codes.data(), stored.data(), zeroPoints.empty() ? nullptr : zeroPoints.data()};
  if (std::optional<QuantizeError> error =
          quantize(scheme, Method::Nearest, {decoded.data(), rows, columns}, view))
    return error;
  dequantize(scheme, rows, columns, view.codes, view.scales, view.zeroPoints, decoded.data());
  for (int64_t i = 0; i < count; ++i)
    decoded[i] /= scales[i % columns];
  return std::nullopt;
}

std::optional<QuantizeError> qlinalg::chooseAwqScales(const Scheme &scheme,
                                                      const ChannelMoments &moments,
                                                      std::span<const MatrixView> weights,
                                                      int steps, AwqChoice &choice,
                                                      const ForEach &threads) {
  MeanMoments mean(moments);
  std::vector<float> decoded;
  for (int step = 0; step < steps; ++step) {
    double alpha = static_cast<double>(step) / std::max(1, steps - 1);
    std::vector<float> scales = awqScales(moments, alpha);
    OutputError sum;
    bool isCoded = true;
    for (const MatrixView &weight : weights) {
      if (std::optional<QuantizeError> error = codeScaled(scheme, weight, scales, decoded)) {
        if (step == 0)
          return error;
        isCoded = false;
        break;
      }
      sum += outputError(mean, weight, decoded.data(), threads);
    }
    if (isCoded && (step == 0 || sum.error < choice.error.error))
      choice = {alpha, std::move(scales), sum};
  }
  return std::nullopt;
}
