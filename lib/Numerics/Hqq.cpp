//===- Hqq.cpp - Half-quadratic quantization ------------------------------===//

#include "QLinalg/Numerics/Hqq.h"

#include "ChooseRuns.h"
#include "NearestLevels.h"

#include <limits>

using namespace qlinalg;

namespace {

class RunHqq {
public:
  RunHqq(const Scheme &scheme, const HqqOptions &options)
      : scheme(scheme), options(options), isAffine(storesZeroPoints(scheme)) {}

  void run(const float *values, int64_t count, float &scale, int32_t &zeroPoint) {
    levels.resize(count);
    double least = std::numeric_limits<double>::infinity(), beta = options.beta;
    float nextScale = scale;
    int32_t nextZero = zeroPoint;
    for (int i = 0; i <= options.iterations && nextScale != 0; ++i, beta *= options.growth) {
      nearestLevels(scheme, values, count, nextScale, nextZero, levels.data());
      double error = 0;
      Fit fit;
      for (int64_t k = 0; k < count; ++k) {
        double quotient = static_cast<double>(values[k]) / nextScale;
        double rest = quotient - levels[k], size = std::fabs(rest);
        // |rest|^p, and its derivative by p for the threshold.
        double power = size > 0 ? std::pow(size, options.power) : 0;
        error += power;
        double kept = size > 0 ? std::max(0.0, size - power / size / beta) : 0;
        fit.add(levels[k], quotient - std::copysign(kept, rest));
      }
      error *= std::pow(std::fabs(static_cast<double>(nextScale)), options.power);
      if (!(error < least))
        break;
      least = error;
      scale = nextScale;
      zeroPoint = nextZero;
      step(fit, nextScale, nextZero);
    }
  }

private:
  /// Sums for least squares of x on l.
  struct Fit {
    double one = 0, l = 0, ll = 0, x = 0, lx = 0;
    void add(double level, double value) {
      one += 1;
      l += level;
      ll += level * level;
      x += value;
      lx += level * value;
    }
  };

  void step(const Fit &fit, float &scale, int32_t &zeroPoint) const {
    double factor = fit.ll > 0 ? fit.lx / fit.ll : 0;
    if (isAffine) {
      // x ~ factor * l + shift. Shifts of less than half a step are the scale's to take.
      double divisor = fit.one * fit.ll - fit.l * fit.l;
      double joint =
          divisor > 1e-9 * fit.one * fit.ll ? (fit.one * fit.lx - fit.l * fit.x) / divisor : 0;
      double shift = (fit.x - joint * fit.l) / fit.one;
      if (joint > 0 && std::fabs(shift / joint) >= 0.5) {
        factor = joint;
        zeroPoint = storedZeroPoint(
            scheme, static_cast<double>(minCode(scheme.storage) - zeroPoint) + shift / joint);
      }
    }
    scale = storedScale(scheme, scale * factor);
  }

  const Scheme &scheme;
  const HqqOptions &options;
  bool isAffine;
  std::vector<float> levels;
};

} // namespace

std::optional<QuantizeError> qlinalg::hqq(const Scheme &scheme, MatrixView matrix,
                                          const HqqOptions &options, std::byte *scales,
                                          std::byte *zeroPoints) {
  RunHqq runs(scheme, options);
  return chooseRuns(scheme, matrix, scales, zeroPoints,
                    [&](const float *values, int64_t count, int64_t, float &scale,
                        int32_t &zeroPoint) { runs.run(values, count, scale, zeroPoint); });
}
