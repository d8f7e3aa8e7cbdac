//===- WeightFingerprint.h - Tell one weight from another -------*- C++ -*-===//
//
// Statistics of another model may have sites of the same names and channels. So each site that a
// weight meets carries a number that stands for the weight: 32 bits for what is kept and what is
// summed of it, 32 bits for its values; 0 where that is not known, as of a parameter whose
// bytes are in a file.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_WEIGHTFINGERPRINT_H
#define QLINALG_TRANSFORMS_WEIGHTFINGERPRINT_H

#include "WeightContraction.h"

namespace qlinalg {

/// Shape in the upper half, values in the lower. Values are FNV-1a of at most 16384 words, evenly
/// spread, of 8 bytes each.
int64_t fingerprintOf(const WeightContraction &contraction);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WEIGHTFINGERPRINT_H
