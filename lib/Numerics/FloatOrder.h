//===- FloatOrder.h - Floats compared as integers ---------------*- C++ -*-===//
//
// That needs no rule for NaN, does not depend on the order, and so vectorizes without leave to
// reorder floats.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_FLOATORDER_H
#define QLINALG_NUMERICS_FLOATORDER_H

#include "FloatBits.h"

namespace qlinalg {

/// Integers in the order of the floats; NaN lies beyond the infinities. Its
/// own inverse.
QLINALG_INLINE int32_t orderOf(uint32_t bits) {
  int32_t pattern = static_cast<int32_t>(bits);
  return pattern ^ ((pattern >> 31) & 0x7fffffff);
}

QLINALG_INLINE float ofOrder(int32_t order) {
  return floatOf(static_cast<uint32_t>(orderOf(static_cast<uint32_t>(order))));
}

} // namespace qlinalg

#endif // QLINALG_NUMERICS_FLOATORDER_H
