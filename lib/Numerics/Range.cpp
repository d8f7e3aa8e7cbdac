//===- Range.cpp - Least and greatest of runs of values -------------------===//

#include "Range.h"

#include "Clones.h"
#include "FloatOrder.h"

#include <algorithm>

using namespace qlinalg;

QLINALG_CLONES void qlinalg::findMagnitudes(const float *values, int64_t count, int64_t run,
                                            float *magnitudes) {
  for (int64_t first = 0; first < count; first += run) {
    int64_t end = std::min(first + run, count);
    uint32_t greatest = 0;
    for (int64_t i = first; i < end; ++i)
      greatest = std::max(greatest, bitsOf(values[i]) & magnitudeMask);
    *magnitudes++ = floatOf(greatest);
  }
}

QLINALG_CLONES void qlinalg::findRanges(const float *values, int64_t count, int64_t run,
                                        float *least, float *greatest) {
  for (int64_t first = 0; first < count; first += run) {
    int64_t end = std::min(first + run, count);
    int32_t low = 0, high = 0; // the order of 0
    for (int64_t i = first; i < end; ++i) {
      int32_t order = orderOf(bitsOf(values[i]));
      low = std::min(low, order);
      high = std::max(high, order);
    }
    *least++ = ofOrder(low);
    *greatest++ = ofOrder(high);
  }
}
