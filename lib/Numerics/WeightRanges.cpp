//===- WeightRanges.cpp - Range methods for constants ---------------------===//
//
// Each run's values are looked at as if they were the data of a calibration; `mse` is the search
// of `improveMSE`, and what `auto` compares is the error of the values themselves.
//
//===----------------------------------------------------------------------===//

#include "ChooseRuns.h"
#include "ErrorModel.h"
#include "SquaredError.h"

using namespace qlinalg;

namespace {

/// One run, whose parameters are those of its whole range at first.
class RunRanges {
public:
  RunRanges(const Scheme &scheme, const float *values, int64_t count, float &scale,
            int32_t &zeroPoint)
      : scheme(scheme), values(values), count(count), scale(scale), zeroPoint(zeroPoint) {}

  void choose(const RangeMethod &method) {
    ScaleAndZero found = parameters(method);
    scale = found.scale;
    zeroPoint = found.zeroPoint;
  }

  /// The place of the method that was taken.
  size_t chooseBest() {
    std::span<const RangeMethod> methods = automaticMethods();
    size_t best = 0;
    double least = squaredError(scheme, values, count, scale, zeroPoint, Distribution::infinity);
    for (size_t i = 1; i < methods.size(); ++i) {
      ScaleAndZero found = parameters(methods[i]);
      double error = squaredError(scheme, values, count, found.scale, found.zeroPoint, least);
      if (error >= least)
        continue;
      best = i;
      least = error;
      choice = found;
    }
    if (best > 0) {
      scale = choice.scale;
      zeroPoint = choice.zeroPoint;
    }
    return best;
  }

private:
  ScaleAndZero parameters(const RangeMethod &method) {
    if (method.kind == RangeKind::MinMax || method.kind == RangeKind::Average)
      return {scale, zeroPoint};
    if (method.kind == RangeKind::MSE) {
      Parameters one(scheme, 1);
      one.scales[0] = scale;
      one.zeroPoints[0] = zeroPoint;
      improveMSE(scheme, values, count, count, one);
      return {one.scales[0], one.zeroPoints[0]};
    }
    if (distribution.count == 0)
      distribution.update(values, count);
    return parametersOf(scheme, rangeOf(method, ErrorModel(scheme, distribution, nullptr)));
  }

  const Scheme &scheme;
  const float *values;
  int64_t count;
  float &scale;
  int32_t &zeroPoint;
  ScaleAndZero choice{};
  Distribution distribution;
};

} // namespace

std::optional<QuantizeError> qlinalg::chooseRanges(const Scheme &scheme, const RangeMethod &method,
                                                   MatrixView matrix, std::byte *scales,
                                                   std::byte *zeroPoints,
                                                   std::span<int64_t> counts) {
  return chooseRuns(
      scheme, matrix, scales, zeroPoints,
      [&](const float *values, int64_t count, int64_t, float &scale, int32_t &zeroPoint) {
        RunRanges ranges(scheme, values, count, scale, zeroPoint);
        if (method.kind != RangeKind::Auto)
          ranges.choose(method);
        else if (size_t best = ranges.chooseBest(); best < counts.size())
          ++counts[best];
      });
}
