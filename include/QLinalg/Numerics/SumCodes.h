//===- SumCodes.h - Sums of integers along K --------------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_SUMCODES_H
#define QLINALG_NUMERICS_SUMCODES_H

#include "QLinalg/Numerics/Scheme.h"

#include <cstddef>
#include <cstdint>

namespace qlinalg {

/// `sum (code - zero)` over each group of K (over all of K where the scheme has none), modulo 2^32:
/// `sums` has `rows * groupsPerRow(scheme, columns)` numbers. `codes` are packed rows (Packing.h)
/// of an integer storage, `zeroPoints` those of the scheme, null where it stores none.
void sumCodes(const Scheme &scheme, int64_t rows, int64_t columns, const std::byte *codes,
              const std::byte *zeroPoints, int32_t *sums);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_SUMCODES_H
