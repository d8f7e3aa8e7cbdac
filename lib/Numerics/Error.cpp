//===- Error.cpp - How far two arrays are apart ---------------------------===//

#include "QLinalg/Numerics/Error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

using namespace qlinalg;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Sums over the elements of two arrays.
struct Sums {
  double maxAbsolute = 0;
  double error = 0;
  double reference = 0;
  double actual = 0;
  double product = 0;
};

bool countsAsEqual(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (std::isinf(a) && a == b);
}

template <typename T> Sums sumsOf(std::span<const T> reference, std::span<const T> actual) {
  Sums sums;
  for (size_t i = 0; i < reference.size(); ++i) {
    double a = reference[i], b = actual[i];
    if (countsAsEqual(a, b))
      continue;
    double difference = b - a;
    sums.maxAbsolute = std::max(sums.maxAbsolute, std::abs(difference));
    sums.error += difference * difference;
    sums.reference += a * a;
    sums.actual += b * b;
    sums.product += a * b;
  }
  return sums;
}

double relative(const Sums &sums) {
  if (sums.error == 0)
    return 0;
  return sums.reference == 0 ? infinity : std::sqrt(sums.error) / std::sqrt(sums.reference);
}

double cosine(const Sums &sums) {
  if (sums.reference == 0 || sums.actual == 0)
    return sums.reference == sums.actual ? 1 : 0;
  double value = sums.product / (std::sqrt(sums.reference) * std::sqrt(sums.actual));
  return std::clamp(value, -1.0, 1.0);
}

template <typename T>
ErrorMeasures measure(std::span<const T> reference, std::span<const T> actual) {
  Sums sums = sumsOf(reference, actual);
  if (std::isnan(sums.error)) // `max` passes over a NaN, a sum does not
    return {nan, nan, nan, nan, nan};
  if (std::isinf(sums.maxAbsolute))
    return {infinity, infinity, infinity, -infinity, 0};
  ErrorMeasures measures;
  measures.maxAbsolute = sums.maxAbsolute;
  if (!reference.empty())
    measures.meanSquared = sums.error / static_cast<double>(reference.size());
  measures.relativeL2 = relative(sums);
  measures.sqnr = sums.error == 0 ? infinity : 10 * std::log10(sums.reference / sums.error);
  measures.cosine = cosine(sums);
  return measures;
}

} // namespace

ErrorMeasures qlinalg::measureError(std::span<const float> reference,
                                    std::span<const float> actual) {
  return measure(reference, actual);
}

ErrorMeasures qlinalg::measureError(std::span<const double> reference,
                                    std::span<const double> actual) {
  return measure(reference, actual);
}

void qlinalg::errorMatrix(std::span<const float> reference, std::span<const float> actual,
                          std::span<float> error) {
  for (size_t i = 0; i < reference.size(); ++i)
    error[i] = actual[i] - reference[i];
}
