//===- ErrorModel.h - What a range costs ------------------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_ERRORMODEL_H
#define QLINALG_NUMERICS_ERRORMODEL_H

#include "Ranges.h"

namespace qlinalg {

/// A scheme and what was seen, prepared to be asked for the error of many ranges. It refers to what
/// it is given.
class ErrorModel {
public:
  ErrorModel(const Scheme &scheme, const Distribution &distribution,
             const ChannelImportance *importance);

  /// Of a range that contains 0.
  ExpectedError of(ValueRange range) const { return of(parametersOf(scheme, range)); }
  ExpectedError of(ScaleAndZero parameters) const;
  /// One standard error of the saturation: few values beyond the range say little about how far
  /// those of other data will reach.
  double uncertaintyOf(ScaleAndZero parameters) const;

  const Scheme &scheme;
  const Distribution &distribution;

private:
  /// Sums over all values of their squared errors, and over those that saturate of the squares of
  /// these.
  struct Sums {
    ExpectedError error;
    double saturationSquares = 0;
  };
  Sums ofIntegers(ScaleAndZero parameters) const;
  Sums ofLevels(ScaleAndZero parameters) const;
  Sums sumsOf(ScaleAndZero parameters) const;
  double importanceBeyond(double magnitude) const;
  double importanceOfSaturation(ScaleAndZero parameters) const;

  const ChannelImportance *importance;
  std::vector<Bin> bins;
  double meanImportance = 1;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_ERRORMODEL_H
