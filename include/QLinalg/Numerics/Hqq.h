//===- Hqq.h - Half-quadratic quantization ----------------------*- C++ -*-===//
//
// HQQ (Badri and Shaji, "Half-Quadratic Quantization of Large Machine Learning Models", 2023):
// scales and zero points of least sum |decoded - w|^p, p < 1, which lets a few weights be far off
// rather than all a little. Needs no data. With errors e = w - decoded split off,
//
//   min over s, z, e of sum |e|^p + beta / 2 (w - e - decoded)^2
//
// is solved by turns: e by a soft threshold, s and z by least squares of w - e on the codes, beta
// growing. Errors count in steps here, so that beta does not depend on the size of weights; s is
// fitted too, since zero points are integers.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_HQQ_H
#define QLINALG_NUMERICS_HQQ_H

#include "QLinalg/Numerics/Quantize.h"

namespace qlinalg {

struct HqqOptions {
  double power = 0.7;
  double beta = 10, growth = 1.01;
  int iterations = 20;
};

/// Writes scales and zero points where `quantize` would; `encode` gives the codes. As
/// `searchScales` (ScaleSearch.h).
[[nodiscard]] std::optional<QuantizeError> hqq(const Scheme &scheme, MatrixView matrix,
                                               const HqqOptions &options, std::byte *scales,
                                               std::byte *zeroPoints);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_HQQ_H
