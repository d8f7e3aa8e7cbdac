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

  const Scheme &scheme;
  const Distribution &distribution;

private:
  ExpectedError ofIntegers(ScaleAndZero parameters) const;
  ExpectedError ofLevels(ScaleAndZero parameters) const;
  double importanceBeyond(double magnitude) const;

  const ChannelImportance *importance;
  std::vector<Bin> bins;
  double meanImportance = 1;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_ERRORMODEL_H
