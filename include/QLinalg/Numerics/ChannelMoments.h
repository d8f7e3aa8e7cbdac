//===- ChannelMoments.h - What was seen of each channel of K ----*- C++ -*-===//
//
// What methods that weigh errors by the data need: AWQ and SmoothQuant the greatest magnitude of
// each channel, importance-weighted rounding the second moments, GPTQ all products of channels.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_CHANNELMOMENTS_H
#define QLINALG_NUMERICS_CHANNELMOMENTS_H

#include <cstdint>
#include <vector>

namespace qlinalg {

/// Sums over rows in f64; every product of two f32 is exact there.
struct ChannelMoments {
  int64_t rows = 0;
  /// max |x_k|
  std::vector<float> magnitudes;
  /// sum of x_k^2
  std::vector<double> squares;
  /// sum of x_i x_k for i <= k, row after row of the upper triangle: `triangleSize(channels)`
  /// numbers, or none when only the above are wanted.
  std::vector<double> products;

  explicit ChannelMoments(int64_t channels = 0, bool withProducts = false);

  int64_t channels() const { return static_cast<int64_t>(magnitudes.size()); }
  bool hasProducts() const { return !products.empty(); }

  /// Dense rows of `channels()` finite values.
  void update(const float *values, int64_t rows);
  /// Of as many channels, with products or without as this one.
  void merge(const ChannelMoments &other);
  void clear();

  static int64_t triangleSize(int64_t channels) { return channels * (channels + 1) / 2; }
  /// Where row `i` of the triangle begins, less `i`: products[triangleRow(i, channels) + k] is that
  /// of channels i and k.
  static int64_t triangleRow(int64_t i, int64_t channels) { return i * channels - i * (i + 1) / 2; }
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_CHANNELMOMENTS_H
