//===- ScaleSearch.h - Scales of least weighted error -----------*- C++ -*-===//
//
// For each run that shares a scale s and a zero point z, those that minimise
//
//   sum over the run of v_i |s (code_i - z) - w_i|^p,   code_i the nearest to w_i / s + z
//
// With second moments of the input, v_i = importance of column i * sqrt(w_i^2 + mean w^2): errors
// of large weights count more, as the "importance matrix" of ggml's quantizers has it. Else v = 1.
// Scales may be negative, which gives the side of the greatest magnitude the code -2^(b-1), and
// a range need not contain 0.
//
// Ranges of several widths are tried; from each, scale (and zero point) are fitted to the codes by
// least squares and the codes to them, twice. p other than 2 reweights v by |error|^(p - 2).
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_SCALESEARCH_H
#define QLINALG_NUMERICS_SCALESEARCH_H

#include "QLinalg/Numerics/Quantize.h"

#include <span>

namespace qlinalg {

struct ScaleSearch {
  /// Of each column, not negative: its mean second moment, say. None: all weights count alike.
  std::span<const double> importance;
  /// p, above 0.
  double power = 2;
};

/// Writes scales and zero points where `quantize` would; `encode` gives the codes. For storages
/// that have scales. Errors, and what may be quantized in blocks of rows, are those of `quantize`.
[[nodiscard]] std::optional<QuantizeError> searchScales(const Scheme &scheme, MatrixView matrix,
                                                        const ScaleSearch &search,
                                                        std::byte *scales, std::byte *zeroPoints);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_SCALESEARCH_H
