//===- Error.h - How far two arrays are apart -------------------*- C++ -*-===//
//
// Sums are taken in f64. `reference` comes first everywhere.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_ERROR_H
#define QLINALG_NUMERICS_ERROR_H

#include <span>

namespace qlinalg {

struct ErrorMeasures {
  /// max |actual - reference|
  double maxAbsolute = 0;
  /// mean (actual - reference)^2
  double meanSquared = 0;
  /// |actual - reference|_2 / |reference|_2; 0 for equal arrays, infinity when only
  /// the reference is all zero
  double relativeL2 = 0;
  /// 10 log10(|reference|^2 / |actual - reference|^2) dB; infinity for equal arrays,
  /// -infinity when only the reference is all zero
  double sqnr = 0;
  /// <actual, reference> / (|actual| |reference|); 1 when both are all zero, 0 when one is
  double cosine = 0;
};

/// Both have the same length. NaN or the same infinity in both places counts as
/// equal and stays out of all sums. A NaN in one place only makes every measure NaN;
/// else an infinity in one place only makes the first three infinite, sqnr
/// -infinity and cosine 0.
ErrorMeasures measureError(std::span<const float> reference, std::span<const float> actual);
ErrorMeasures measureError(std::span<const double> reference, std::span<const double> actual);

/// The same for arrays that come one after another: as if all were one.
class ErrorSums {
public:
  void add(std::span<const float> reference, std::span<const float> actual);
  void add(std::span<const double> reference, std::span<const double> actual);
  ErrorMeasures measures() const;

private:
  template <typename T> void addEach(std::span<const T> reference, std::span<const T> actual);

  double maxAbsolute = 0, error = 0, reference = 0, actual = 0, product = 0, count = 0;
};

/// actual - reference, element by element: the error matrix.
void errorMatrix(std::span<const float> reference, std::span<const float> actual,
                 std::span<float> error);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_ERROR_H
