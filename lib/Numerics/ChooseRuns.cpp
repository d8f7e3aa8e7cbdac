//===- ChooseRuns.cpp - Parameters of each run of a matrix ----------------===//

#include "ChooseRuns.h"

using namespace qlinalg;

float qlinalg::storedScale(const Scheme &scheme, double scale) {
  auto magnitude = static_cast<float>(std::fabs(scale));
  float result = 0;
  if (magnitude > 0 && std::isfinite(magnitude))
    chooseScales(scheme.scales, 1, &magnitude, 1, &result);
  return std::isfinite(result) ? std::copysign(result, static_cast<float>(scale)) : 0;
}

int32_t qlinalg::storedZeroPoint(const Scheme &scheme, double offset) {
  int bits = zeroPointWidth(scheme.storage);
  double lowest = isUnsigned(scheme.storage) ? 0 : -std::exp2(bits - 1);
  double zero = static_cast<double>(minCode(scheme.storage)) - std::nearbyint(offset);
  return static_cast<int32_t>(std::clamp(zero, lowest, lowest + std::exp2(bits) - 1));
}
