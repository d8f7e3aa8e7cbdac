//===- WeightError.cpp - What codes cost a weight -------------------------===//

#include "QLinalg/Numerics/WeightError.h"

#include "Clones.h"
#include "QLinalg/Numerics/Packing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace qlinalg;

namespace {

/// The sums are taken in so many parts whatever the width of the registers, so that they do not
/// depend on the processor.
constexpr int lanes = 16;

/// Adds to `energy` and `error`, `lanes` sums each.
QLINALG_CLONES void addSquares(const float *__restrict weight, const float *__restrict decoded,
                               int64_t count, double *__restrict energy, double *__restrict error) {
  for (int64_t first = 0; first < count; first += lanes) {
    int64_t length = std::min<int64_t>(lanes, count - first);
    for (int64_t lane = 0; lane < length; ++lane) {
      double value = weight[first + lane];
      double difference = static_cast<double>(decoded[first + lane]) - value;
      energy[lane] += value * value;
      error[lane] += difference * difference;
    }
  }
}

} // namespace

double WeightError::sqnr() const {
  return error == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(energy / error);
}

WeightError WeightError::fromSqnr(double energy, double sqnr) {
  return {energy, energy == 0 ? 0 : energy * std::pow(10, -sqnr / 10)};
}

WeightError qlinalg::measureWeight(const Scheme &scheme, MatrixView weight, QuantizedView codes) {
  // What is decoded is read again while it is in the first cache.
  constexpr int64_t piece = 4096;
  int64_t rows = std::max<int64_t>(1, piece / std::max<int64_t>(1, weight.columns));
  int64_t rowBytes = bytesPerRow(bitWidth(scheme.storage), weight.columns);
  bool isShared = scheme.granularity == Granularity::Tensor;
  int64_t params = isShared ? 0 : scaleCount(scheme, 1, weight.columns);
  int64_t zeroPointBytes = zeroPointWidth(scheme.storage) / 8;
  std::vector<float> decoded(std::min(rows, weight.rows) * weight.columns);
  double energy[lanes] = {}, error[lanes] = {};
  for (int64_t row = 0; row < weight.rows; row += rows) {
    int64_t count = std::min(rows, weight.rows - row);
    dequantize(scheme, count, weight.columns, codes.codes + row * rowBytes,
               codes.scales ? codes.scales + row * params * byteWidth(scheme.scales) : nullptr,
               codes.zeroPoints ? codes.zeroPoints + row * params * zeroPointBytes : nullptr,
               decoded.data());
    addSquares(weight.data + row * weight.columns, decoded.data(), count * weight.columns, energy,
               error);
  }
  WeightError sums;
  for (int lane = 0; lane < lanes; ++lane)
    sums += {energy[lane], error[lane]};
  return sums;
}
