//===- Coding.h - Runs of values to codes and back --------------*- C++ -*-===//
//
// Codes are one byte each here (two for 16 bits), signed ones sign-extended; bf16 and f16
// storage has no such codes. Runs are those of Range.h, one scale and zero point each.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_CODING_H
#define QLINALG_NUMERICS_CODING_H

#include "QLinalg/Numerics/Scheme.h"

#include <cstddef>
#include <cstdint>

namespace qlinalg {

void encodeRuns(const Scheme &scheme, const float *values, int64_t count, int64_t run,
                const float *scales, const int32_t *zeroPoints, std::byte *codes);

void decodeRuns(const Scheme &scheme, const std::byte *codes, int64_t count, int64_t run,
                const float *scales, const int32_t *zeroPoints, float *values);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_CODING_H
