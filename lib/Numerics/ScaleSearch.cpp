//===- ScaleSearch.cpp - Scales of least weighted error -------------------===//

#include "QLinalg/Numerics/ScaleSearch.h"

#include "ChooseRuns.h"
#include "NearestLevels.h"
#include "QLinalg/Numerics/Codebook.h"
#include "Range.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace qlinalg;

namespace {

/// Widths that are tried, as shares of the whole: below five bits a run's greatest value may be cut
/// off by half.
struct Widths {
  explicit Widths(int bits) : greatest(bits <= 4 ? 1.1f : 1.02f), least(bits <= 4 ? 0.5f : 0.8f) {
    if (bits == 2)
      least = 0.3f;
  }
  float operator[](int i) const {
    return greatest - (greatest - least) * static_cast<float>(i) / (count - 1);
  }
  static constexpr int count = 24;
  float greatest, least;
};

constexpr int refits = 2;

/// Weighted sums over a run of levels l and values x.
struct Sums {
  double one = 0, l = 0, ll = 0, x = 0, lx = 0, error = 0;
};

class RunSearch {
public:
  RunSearch(const Scheme &scheme, const ScaleSearch &search)
      : scheme(scheme), search(search), isAffine(storesZeroPoints(scheme)),
        widths(bitWidth(scheme.storage)) {}

  /// `firstColumn` is that of values[0]; in a run of several rows columns begin anew.
  void run(const float *from, int64_t length, int64_t firstColumn, int64_t columns, float &scale,
           int32_t &zeroPoint) {
    values = from;
    count = length;
    weigh(firstColumn, columns);
    levels.resize(count);
    least = std::numeric_limits<double>::infinity();
    bestScale = scale;
    bestZero = zeroPoint;
    measure(scale, zeroPoint);
    if (least > 0)
      isAffine ? tryRanges() : tryMagnitudes();
    scale = bestScale;
    zeroPoint = bestZero;
  }

private:
  void weigh(int64_t firstColumn, int64_t columns) {
    weights.assign(count, 1.0f);
    if (search.importance.empty())
      return;
    double squares = 0;
    for (int64_t i = 0; i < count; ++i)
      squares += static_cast<double>(values[i]) * values[i];
    double mean = squares / static_cast<double>(count);
    for (int64_t i = 0; i < count; ++i)
      weights[i] = static_cast<float>(search.importance[(firstColumn + i) % columns] *
                                      std::sqrt(static_cast<double>(values[i]) * values[i] + mean));
    // Where the input was always 0, all errors are alike.
    if (std::ranges::all_of(weights, [](float weight) { return !(weight > 0); }))
      std::ranges::fill(weights, 1.0f);
  }

  float rounded(double scale) const { return storedScale(scheme, scale); }

  /// Keeps the parameters if they are the best so far.
  Sums measure(float scale, int32_t zeroPoint) {
    nearestLevels(scheme, values, count, scale, zeroPoint, levels.data());
    Sums sums = search.power == 2 ? sumSquares(scale) : sumPowers(scale);
    if (sums.error < least) {
      least = sums.error;
      bestScale = scale;
      bestZero = zeroPoint;
    }
    return sums;
  }

  Sums sumSquares(float scale) const {
    // In parts, so that the sums do not depend on the width of registers.
    constexpr int lanes = 16;
    float l[lanes] = {}, ll[lanes] = {}, lx[lanes] = {}, error[lanes] = {}, x[lanes] = {},
          one[lanes] = {};
    for (int64_t first = 0; first < count; first += lanes) {
      int64_t length = std::min<int64_t>(lanes, count - first);
      for (int64_t lane = 0; lane < length; ++lane) {
        float level = levels[first + lane], value = values[first + lane];
        float weight = weights[first + lane], weighted = weight * level;
        float difference = level * scale - value;
        one[lane] += weight;
        l[lane] += weighted;
        ll[lane] += weighted * level;
        x[lane] += weight * value;
        lx[lane] += weighted * value;
        error[lane] += weight * difference * difference;
      }
    }
    Sums sums;
    for (int lane = 0; lane < lanes; ++lane) {
      sums.one += one[lane];
      sums.l += l[lane];
      sums.ll += ll[lane];
      sums.x += x[lane];
      sums.lx += lx[lane];
      sums.error += error[lane];
    }
    return sums;
  }

  Sums sumPowers(float scale) const {
    Sums sums;
    for (int64_t i = 0; i < count; ++i) {
      double level = levels[i], value = values[i];
      double difference = std::fabs(level * scale - value);
      // No error at all would weigh infinitely much below p = 2.
      double weight =
          weights[i] * std::pow(std::max(difference, 1e-4 * std::fabs(scale)), search.power - 2);
      sums.one += weight;
      sums.l += weight * level;
      sums.ll += weight * level * level;
      sums.x += weight * value;
      sums.lx += weight * level * value;
      sums.error += weights[i] * std::pow(difference, search.power);
    }
    return sums;
  }

  void tryMagnitudes() {
    float magnitude = 0;
    findMagnitudes(values, count, count, &magnitude);
    // Symmetric integers reach one further below 0 than above.
    double reach = isInteger(scheme.storage) ? std::exp2(bitWidth(scheme.storage) - 1)
                                             : largestLevel(scheme.storage);
    bool hasSign = isInteger(scheme.storage) || scheme.storage == Storage::NF4;
    for (int i = 0; i < Widths::count; ++i)
      for (double sign : {1.0, -1.0}) {
        if (sign < 0 && !hasSign)
          continue;
        float scale = rounded(sign * magnitude * widths[i] / reach);
        for (int refit = 0; refit <= refits && scale != 0; ++refit) {
          Sums sums = measure(scale, bestZero);
          scale = sums.ll > 0 ? rounded(sums.lx / sums.ll) : 0;
        }
      }
  }

  void tryRanges() {
    auto [lowest, highest] = std::minmax_element(values, values + count);
    double middle = (static_cast<double>(*lowest) + *highest) / 2;
    double width = static_cast<double>(*highest) - *lowest;
    double steps = std::exp2(bitWidth(scheme.storage)) - 1;
    for (int i = 0; i < Widths::count; ++i) {
      double scale = width * widths[i] / steps, offset = middle - width * widths[i] / 2;
      for (int refit = 0; refit <= refits; ++refit) {
        float stored = rounded(scale);
        if (stored == 0)
          break;
        int32_t zero = storedZeroPoint(scheme, offset / stored);
        Sums sums = measure(stored, zero);
        // x ~ scale * l + shift, whose zero point is zero - shift / scale.
        double divisor = sums.one * sums.ll - sums.l * sums.l;
        if (!(divisor > 1e-9 * sums.one * sums.ll))
          break;
        scale = (sums.one * sums.lx - sums.l * sums.x) / divisor;
        double shift = (sums.x - scale * sums.l) / sums.one;
        if (!(scale > 0))
          break;
        offset = (minCode(scheme.storage) - zero) * scale + shift;
      }
      // With the zero point that is the best of them.
      fitScale();
    }
  }

  void fitScale() {
    int32_t zero = bestZero;
    Sums sums = measure(bestScale, zero);
    if (float scale = sums.ll > 0 ? rounded(sums.lx / sums.ll) : 0; scale != 0)
      measure(scale, zero);
  }

  const Scheme &scheme;
  const ScaleSearch &search;
  bool isAffine;
  Widths widths;
  const float *values = nullptr;
  int64_t count = 0;
  std::vector<float> weights, levels;
  double least = 0;
  float bestScale = 0;
  int32_t bestZero = 0;
};

} // namespace

std::optional<QuantizeError> qlinalg::searchScales(const Scheme &scheme, MatrixView matrix,
                                                   const ScaleSearch &search, std::byte *scales,
                                                   std::byte *zeroPoints) {
  RunSearch runs(scheme, search);
  return chooseRuns(scheme, matrix, scales, zeroPoints,
                    [&](const float *values, int64_t count, int64_t firstColumn, float &scale,
                        int32_t &zeroPoint) {
                      runs.run(values, count, firstColumn, matrix.columns, scale, zeroPoint);
                    });
}
