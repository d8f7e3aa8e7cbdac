//===- PairSum.h - A sum in twice the precision of f64 ----------*- C++ -*-===//
//
// About 106 bits as the unevaluated sum of two f64, so that sums of the same numbers in any order
// and any nesting differ by about 1e-32 of the sum of their magnitudes. T. J. Dekker, "A
// floating-point technique for extending the available precision", Numer. Math. 18, 1971.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_PAIRSUM_H
#define QLINALG_NUMERICS_PAIRSUM_H

#include <cmath>

namespace qlinalg {

struct PairSum {
  double high = 0, low = 0;

  void add(double value) {
    double sum = high + value;
    double back = sum - high;
    low += (high - (sum - back)) + (value - back);
    high = sum + low;
    low -= high - sum;
  }
  void add(const PairSum &other) {
    add(other.high);
    add(other.low);
  }
  /// Exactly `a * b`.
  static PairSum product(double a, double b) {
    double high = a * b;
    return {high, std::fma(a, b, -high)};
  }
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_PAIRSUM_H
