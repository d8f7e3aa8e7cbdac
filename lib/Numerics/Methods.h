//===- Methods.h - How the parameters of runs are chosen --------*- C++ -*-===//
//
// One function a method, one file a function. Runs are those of Range.h.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_METHODS_H
#define QLINALG_NUMERICS_METHODS_H

#include "Parameters.h"

#include <optional>

namespace qlinalg {

/// Why the parameters of a run could not be chosen; `position` counts values.
struct RunError {
  QuantizeError::Kind kind;
  int64_t position;
  float value;
};

/// The scale from the range of each run, exactly as the scheme says.
[[nodiscard]] std::optional<RunError> chooseNearest(const Scheme &scheme, const float *values,
                                                    int64_t count, int64_t run,
                                                    Parameters &parameters);

/// Shrinks the range of each run where that lowers its squared error.
/// `parameters` are those of `chooseNearest`.
void improveMSE(const Scheme &scheme, const float *values, int64_t count, int64_t run,
                Parameters &parameters);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_METHODS_H
