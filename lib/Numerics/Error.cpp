//===- Error.cpp - How far two arrays are apart ---------------------------===//

#include "QLinalg/Numerics/Error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

using namespace qlinalg;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

bool countsAsEqual(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (std::isinf(a) && a == b);
}

} // namespace

template <typename T>
void ErrorSums::addEach(std::span<const T> references, std::span<const T> actuals) {
  count += static_cast<double>(references.size());
  for (size_t i = 0; i < references.size(); ++i) {
    double a = references[i], b = actuals[i];
    if (countsAsEqual(a, b))
      continue;
    double difference = b - a;
    maxAbsolute = std::max(maxAbsolute, std::abs(difference));
    error += difference * difference;
    reference += a * a;
    actual += b * b;
    product += a * b;
  }
}

void ErrorSums::add(std::span<const float> references, std::span<const float> actuals) {
  addEach(references, actuals);
}

void ErrorSums::add(std::span<const double> references, std::span<const double> actuals) {
  addEach(references, actuals);
}

ErrorMeasures ErrorSums::measures() const {
  if (std::isnan(error)) // `max` passes over a NaN, a sum does not
    return {notANumber, notANumber, notANumber, notANumber, notANumber};
  if (std::isinf(maxAbsolute))
    return {infinity, infinity, infinity, -infinity, 0};
  ErrorMeasures measures;
  measures.maxAbsolute = maxAbsolute;
  if (count > 0)
    measures.meanSquared = error / count;
  if (error > 0)
    measures.relativeL2 = reference == 0 ? infinity : std::sqrt(error) / std::sqrt(reference);
  measures.sqnr = error == 0 ? infinity : 10 * std::log10(reference / error);
  measures.cosine = reference == actual ? 1 : 0;
  if (reference > 0 && actual > 0)
    measures.cosine = std::clamp(product / (std::sqrt(reference) * std::sqrt(actual)), -1.0, 1.0);
  return measures;
}

ErrorMeasures qlinalg::measureError(std::span<const float> reference,
                                    std::span<const float> actual) {
  ErrorSums sums;
  sums.add(reference, actual);
  return sums.measures();
}

ErrorMeasures qlinalg::measureError(std::span<const double> reference,
                                    std::span<const double> actual) {
  ErrorSums sums;
  sums.add(reference, actual);
  return sums.measures();
}

void qlinalg::errorMatrix(std::span<const float> reference, std::span<const float> actual,
                          std::span<float> error) {
  for (size_t i = 0; i < reference.size(); ++i)
    error[i] = actual[i] - reference[i];
}
