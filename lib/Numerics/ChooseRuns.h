//===- ChooseRuns.h - Parameters of each run of a matrix --------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_CHOOSERUNS_H
#define QLINALG_NUMERICS_CHOOSERUNS_H

#include "Methods.h"

#include <algorithm>

namespace qlinalg {

/// Parameters of each run, those of its range at first, improved by
/// `improve(values, count, firstColumn, scale, zeroPoint)`, and stored. In a run of several rows
/// (granularity `Tensor`) columns begin anew.
template <typename Improve>
std::optional<QuantizeError> chooseRuns(const Scheme &scheme, MatrixView matrix, std::byte *scales,
                                        std::byte *zeroPoints, Improve improve) {
  bool whole = scheme.granularity == Granularity::Tensor;
  int64_t columns = whole ? matrix.rows * matrix.columns : matrix.columns;
  int64_t rows = whole ? 1 : matrix.rows, groups = groupsPerRow(scheme, columns);
  int64_t run = groups > 1 ? scheme.group : columns;
  Parameters parameters(scheme, groups);
  if (columns == 0)
    std::ranges::fill(parameters.scales, 1.0f);
  for (int64_t row = 0; row < rows; ++row) {
    const float *values = matrix.data + row * columns;
    if (columns > 0)
      if (std::optional<RunError> error = chooseNearest(scheme, values, columns, run, parameters)) {
        int64_t place = row * columns + error->position;
        return QuantizeError{error->kind, place / matrix.columns, place % matrix.columns,
                             error->value, scheme.scales};
      }
    for (int64_t first = 0, i = 0; first < columns; first += run, ++i)
      improve(values + first, std::min(run, columns - first), first, parameters.scales[i],
              parameters.zeroPoints[i]);
    parameters.store(scheme, row * groups, scales, zeroPoints);
  }
  return std::nullopt;
}

/// `scale`, perhaps negative, in the type in which scales are stored; 0 for what is no scale.
float storedScale(const Scheme &scheme, double scale);

/// The zero point for which code `minCode` stands for `offset` scales, if it can be stored, else
/// the next that can.
int32_t storedZeroPoint(const Scheme &scheme, double offset);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_CHOOSERUNS_H
