//===- WeightError.h - What codes cost a weight -----------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_WEIGHTERROR_H
#define QLINALG_NUMERICS_WEIGHTERROR_H

#include "QLinalg/Numerics/Quantize.h"

namespace qlinalg {

/// Sums in f64 over some elements of a weight; those of other elements can be added.
struct WeightError {
  /// sum w^2
  double energy = 0;
  /// sum (decoded - w)^2
  double error = 0;

  WeightError &operator+=(const WeightError &other) {
    energy += other.energy;
    error += other.error;
    return *this;
  }
  /// 10 log10(energy / error) dB; infinity where the codes are exact.
  double sqnr() const;
  /// The sums of a weight of which these are known.
  static WeightError fromSqnr(double energy, double sqnr);
};

/// How far `codes`, with their parameters, are from `weight`. The sums do not depend on the
/// processor. A matrix of granularity `Tensor` may be a part of the weight.
WeightError measureWeight(const Scheme &scheme, MatrixView weight, QuantizedView codes);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_WEIGHTERROR_H
