//===- AverageRange.cpp - The mean of the extremes of batches -------------===//
//
// A moving average whose weights are all equal: independent of the order of batches, so that
// statistics of several machines can be merged.
//
//===----------------------------------------------------------------------===//

#include "Ranges.h"

using namespace qlinalg;

Bounds qlinalg::averageRange(const Distribution &distribution) {
  if (distribution.batches == 0)
    return minMaxRange(distribution);
  double batches = static_cast<double>(distribution.batches);
  return {distribution.leastOfBatches.high / batches,
          distribution.greatestOfBatches.high / batches};
}
