//===- Range.h - Least and greatest of runs of values -----------*- C++ -*-===//
//
// A run is what shares a scale: `run` neighbouring values, the last run of
// `count` values maybe fewer. Every function writes one result per run.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_RANGE_H
#define QLINALG_NUMERICS_RANGE_H

#include <cstdint>

namespace qlinalg {

/// max |value|. An infinity or a NaN in the run gives an infinity or a NaN.
void findMagnitudes(const float *values, int64_t count, int64_t run, float *magnitudes);

/// The range of each run, widened to contain 0. An infinity or a NaN in the
/// run gives an infinity or a NaN at one end or the other.
void findRanges(const float *values, int64_t count, int64_t run, float *least, float *greatest);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_RANGE_H
