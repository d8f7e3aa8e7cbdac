//===- Downcast.h - bf16 and f16 storage ------------------------*- C++ -*-===//
//
// The code is the number itself: there are no parameters to choose.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_DOWNCAST_H
#define QLINALG_NUMERICS_DOWNCAST_H

#include "QLinalg/Numerics/Quantize.h"

namespace qlinalg {

/// The type that bf16 or f16 storage holds.
FloatType downcastType(Storage storage);

/// Casts the matrix. The first value, in row-major order, that is not finite
/// or would not stay finite is an error.
[[nodiscard]] std::optional<QuantizeError> downcast(Storage storage, MatrixView matrix,
                                                    std::byte *codes);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_DOWNCAST_H
