//===- Range.cpp - Least and greatest of runs of values -------------------===//
//
// Floats are compared as integers: that needs no rule for NaN, does not
// depend on the order, and so vectorizes without leave to reorder floats.
//
//===----------------------------------------------------------------------===//

#include "Range.h"

#include "Clones.h"
#include "FloatBits.h"

#include <algorithm>

using namespace qlinalg;

/// Integers in the order of the floats; NaN lies beyond the infinities. Its
/// own inverse.
static QLINALG_INLINE int32_t orderOf(uint32_t bits) {
  int32_t pattern = static_cast<int32_t>(bits);
  return pattern ^ ((pattern >> 31) & 0x7fffffff);
}

static QLINALG_INLINE float ofOrder(int32_t order) {
  return floatOf(static_cast<uint32_t>(orderOf(static_cast<uint32_t>(order))));
}

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
