//===- RangeMethod.cpp - What range a scale shall reach -------------------===//

#include "QLinalg/Numerics/RangeMethod.h"

#include "ErrorModel.h"
#include "Parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

using namespace qlinalg;

namespace {

constexpr std::pair<RangeKind, std::string_view> kinds[] = {{RangeKind::MinMax, "minmax"},
                                                            {RangeKind::Average, "average"},
                                                            {RangeKind::Percentile, "percentile"},
                                                            {RangeKind::Deviations, "deviations"},
                                                            {RangeKind::Entropy, "entropy"},
                                                            {RangeKind::MSE, "mse"},
                                                            {RangeKind::Auto, "auto"}};

bool hasParameter(RangeKind kind) {
  return kind == RangeKind::Percentile || kind == RangeKind::Deviations;
}

/// The one of least error, the first of several. Saturation counts with its uncertainty: a range
/// that cuts off what was seen once or twice would not do so well on other data.
ChosenRange best(const ErrorModel &model) {
  std::optional<ChosenRange> chosen;
  double least = 0;
  for (const RangeMethod &method : automaticMethods()) {
    ValueRange range = rangeOf(method, model);
    auto [scale, zeroPoint] = parametersOf(model.scheme, range);
    ChosenRange candidate{method, range, scale, zeroPoint,
                          model.of(ScaleAndZero{scale, zeroPoint})};
    double bound = candidate.error.total() + model.uncertaintyOf(ScaleAndZero{scale, zeroPoint});
    if (!chosen || bound < least) {
      chosen = candidate;
      least = bound;
    }
  }
  return *chosen;
}

} // namespace

std::string qlinalg::name(const RangeMethod &method) {
  std::string text(
      std::ranges::find(kinds, method.kind, &std::pair<RangeKind, std::string_view>::first)
          ->second);
  if (!hasParameter(method.kind))
    return text;
  char number[32];
  auto [end, error] = std::to_chars(number, number + sizeof number, method.parameter);
  return text + ":" + std::string(number, end);
}

std::optional<RangeMethod> qlinalg::parseRangeMethod(std::string_view name) {
  size_t colon = name.find(':');
  for (auto [kind, text] : kinds) {
    if (text != name.substr(0, colon))
      continue;
    if (hasParameter(kind) != (colon != std::string_view::npos))
      return std::nullopt;
    RangeMethod method{kind, 0};
    if (!hasParameter(kind))
      return method;
    const char *end = name.data() + name.size();
    auto [stop, error] = std::from_chars(name.data() + colon + 1, end, method.parameter);
    bool fits = method.parameter > 0 && std::isfinite(method.parameter) &&
                (kind == RangeKind::Deviations || method.parameter <= 100);
    return error == std::errc() && stop == end && fits ? std::optional(method) : std::nullopt;
  }
  return std::nullopt;
}

std::span<const RangeMethod> qlinalg::automaticMethods() {
  static constexpr RangeMethod methods[] = {
      {RangeKind::MinMax, 0},        {RangeKind::Average, 0},    {RangeKind::Percentile, 99.99},
      {RangeKind::Percentile, 99.9}, {RangeKind::Deviations, 6}, {RangeKind::Deviations, 4},
      {RangeKind::Entropy, 0},       {RangeKind::MSE, 0}};
  return methods;
}

std::string_view qlinalg::message(RangeError error) {
  return error == RangeError::NothingSeen ? "no finite value was seen"
                                          : "the scale is beyond the type of scales";
}

ValueRange qlinalg::withinSeen(const Distribution &distribution, Bounds bounds) {
  float least = static_cast<float>(std::max<double>(bounds.least, distribution.least));
  float greatest = static_cast<float>(std::min<double>(bounds.greatest, distribution.greatest));
  return {std::min(least, 0.0f), std::max(greatest, 0.0f)};
}

ScaleAndZero qlinalg::parametersOf(const Scheme &scheme, ValueRange range) {
  bool affine = storesZeroPoints(scheme);
  float width = affine ? range.greatest - range.least : std::max(-range.least, range.greatest);
  ScaleAndZero result{1, static_cast<int32_t>(impliedZeroPoint(scheme))};
  chooseScales(scheme.scales, scaleDivisor(scheme), &width, 1, &result.scale);
  if (affine && std::isfinite(result.scale))
    chooseZeroPoints(scheme, &range.least, &result.scale, 1, &result.zeroPoint);
  return result;
}

ValueRange qlinalg::rangeOf(const RangeMethod &method, const ErrorModel &model) {
  auto bounds = [&] {
    switch (method.kind) {
    case RangeKind::Average:
      return averageRange(model.distribution);
    case RangeKind::Percentile:
      return percentileRange(model.scheme, model.distribution, method.parameter);
    case RangeKind::Deviations:
      return deviationRange(model.distribution, method.parameter);
    case RangeKind::Entropy:
      return entropyRange(model.scheme, model.distribution);
    case RangeKind::MSE:
      return mseRange(model);
    case RangeKind::MinMax:
    case RangeKind::Auto:
      break;
    }
    return minMaxRange(model.distribution);
  };
  return withinSeen(model.distribution, bounds());
}

std::optional<RangeError> qlinalg::chooseRange(const Scheme &scheme, const RangeMethod &method,
                                               const Distribution &distribution,
                                               ChosenRange &chosen,
                                               const ChannelImportance *importance) {
  if (distribution.finite() == 0)
    return RangeError::NothingSeen;
  ErrorModel model(scheme, distribution, importance);
  // Whatever would overflow does so for the whole range, before any method is asked.
  ValueRange whole = withinSeen(distribution, minMaxRange(distribution));
  if (!std::isfinite(parametersOf(scheme, whole).scale))
    return RangeError::ScaleOverflow;
  if (method.kind == RangeKind::Auto) {
    chosen = best(model);
    return std::nullopt;
  }
  ValueRange range = rangeOf(method, model);
  auto [scale, zeroPoint] = parametersOf(scheme, range);
  chosen = {method, range, scale, zeroPoint, model.of(ScaleAndZero{scale, zeroPoint})};
  return std::nullopt;
}
