//===- Awq.h - Channels that matter are rounded more finely -----*- C++ -*-===//
//
// AWQ (Lin et al., arXiv 2306.00978): x W^T = (x / s)(W s)^T, where columns of W that meet large
// inputs are made larger before W s is quantized, so that their errors become smaller:
//
//   s_k = (root mean square of x_k)^alpha,   of geometric mean 1
//
// with the alpha of least output error tr(E H E^T), E = Q(W s) / s - W, over all weights that read
// x. The clip search that follows is that of ScaleSearch.h on W s.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_AWQ_H
#define QLINALG_NUMERICS_AWQ_H

#include "QLinalg/Numerics/OutputError.h"

#include <optional>
#include <span>
#include <vector>

namespace qlinalg {

struct AwqChoice {
  /// From 0 (s = 1) to 1.
  double alpha = 0;
  std::vector<float> scales;
  OutputError error;
};

/// The formula; channels that were never other than 0 have 1.
std::vector<float> awqScales(const ChannelMoments &moments, double alpha);

/// The best of `steps` alphas, evenly spaced. Without products of channels errors of channels are
/// taken to be uncorrelated. Errors are those of `quantize`; those whose W s overflow scales are
/// left out unless it is W itself.
[[nodiscard]] std::optional<QuantizeError> chooseAwqScales(const Scheme &scheme,
                                                           const ChannelMoments &moments,
                                                           std::span<const MatrixView> weights,
                                                           int steps, AwqChoice &choice,
                                                           const ForEach &threads = {});

} // namespace qlinalg

#endif // QLINALG_NUMERICS_AWQ_H
