//===- DeviationRange.cpp - Some deviations around the mean ---------------===//

#include "Ranges.h"

using namespace qlinalg;

Bounds qlinalg::deviationRange(const Distribution &distribution, double deviations) {
  double mean = distribution.mean(), distance = deviations * distribution.deviation();
  return {mean - distance, mean + distance};
}
