//===- Distribution.h - What was seen of the values of a tensor -*- C++ -*-===//
//
// Constant memory, one pass. Two distributions of different values are merged into that of all
// of them: counts, extremes and histogram exactly, in any order; sums to about 1e-30 (PairSum.h),
// since each run of 4096 values is summed by itself, centred on its own mean.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_DISTRIBUTION_H
#define QLINALG_NUMERICS_DISTRIBUTION_H

#include "QLinalg/Numerics/Histogram.h"
#include "QLinalg/Numerics/PairSum.h"

#include <limits>

namespace qlinalg {

/// NaN and the infinities are counted, and stay out of everything else.
struct Distribution {
  static constexpr float infinity = std::numeric_limits<float>::infinity();

  /// Of all values, those that are not finite among them.
  int64_t count = 0;
  int64_t zeros = 0;
  int64_t nans = 0;
  int64_t infinities = 0;
  /// Infinity and -infinity before the first finite value.
  float least = infinity;
  float greatest = -infinity;
  PairSum sum, squares;
  /// Finished batches that had a finite value, and the sums of their extremes.
  int64_t batches = 0;
  PairSum leastOfBatches, greatestOfBatches;
  Histogram histogram;

  /// Gives the number of values that are not finite.
  int64_t update(const float *values, int64_t count);

  /// Ends the batch that `update` has gone on with since the last call. What is in an unfinished
  /// batch counts everywhere but in the sums over batches.
  void finishBatch();

  /// Adds what the other has seen; unfinished batches of both are parts of the same batch.
  void merge(const Distribution &other);
  void clear();

  int64_t finite() const { return count - nans - infinities; }
  /// 0 without a finite value.
  double mean() const;
  /// Of the finite values: the root of the mean squared distance from their mean.
  double deviation() const;
  /// max |value|, 0 without a finite value.
  float magnitude() const;

  /// Of the unfinished batch.
  float leastOfBatch = infinity;
  float greatestOfBatch = -infinity;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_DISTRIBUTION_H
