//===- QuantizeTrellis.h - A weight as codes of a trellis -------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_QUANTIZETRELLIS_H
#define QLINALG_NUMERICS_QUANTIZETRELLIS_H

#include "QLinalg/Numerics/ErrorFeedback.h"
#include "QLinalg/Numerics/Trellis.h"

#include <optional>

namespace qlinalg {

/// Where the results of `quantizeTrellis` go, given by the caller:
///   codes   packed rows (Packing.h) of the trellis' bits
///   scales  as `QuantizedView` says for the scheme, which has granularity channel or group
///   levels  [rows, columns], the int16 codes that the trellis' stand for; null where not wanted
struct TrellisView {
  std::byte *codes;
  std::byte *scales;
  int16_t *levels;
};

/// Chooses scales, by the root mean square of each run of the scheme (widened where that costs less
/// than its largest values lose), and codes of `bits`, by one search a block and column:
/// with `factor` in its order and with its feedback (ErrorFeedback.h), without it each column for
/// itself. `scheme` is one of int16, symmetric. `matrix` is a whole matrix, or rows of one from a
/// multiple of 64 on; blocks of 64 rows may be quantized on several threads.
[[nodiscard]] std::optional<QuantizeError> quantizeTrellis(int bits, const Scheme &scheme,
                                                           const MomentFactor *factor,
                                                           MatrixView matrix, TrellisView result);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_QUANTIZETRELLIS_H
