//===- SmoothQuant.h - Scales moved from activation to weight ---*- C++ -*-===//
//
// x W^T = (x / s)(W s)^T for any s_k > 0, one for each channel of K: what is hard to quantize moves
// to where it is easier. SmoothQuant (Xiao et al., arXiv 2211.10438, equation 4) takes
//
//   s_k = max |x_k|^alpha / max |w_k|^(1 - alpha)
//
// Here alpha is searched by the expected error of the results, one for all weights that read x.
//
// Expected errors are means over rows of the squared error of all results of a row together.
// Rounding errors of weights are those of the weights that are given, each times the mean square of
// its channel. Those of activations are step^2 / 12, the value's own square where it is rounded to
// 0 (how often that is, ChannelTails.h says), each times the squares of the weights of its channel.
// Errors of two channels are taken to be uncorrelated, which rounding is; so products of channels
// are of no use for them.
//
// The range of x / s is not in the histogram of x. With one scale for all (static) it is that of
// the channels' extremes: max |x_k| / s_k exactly where the scheme is symmetric; else each end of
// it is that of the channels cut to the extremes of the tensor, which is never too narrow. With a
// scale a token, the mean square of its step is that of ChannelTails.h. A range that saturates
// takes a second calibration, of the smoothed model.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_SMOOTHQUANT_H
#define QLINALG_NUMERICS_SMOOTHQUANT_H

#include "QLinalg/Numerics/ChannelMoments.h"
#include "QLinalg/Numerics/Quantize.h"
#include "QLinalg/Numerics/RangeMethod.h"

#include <optional>
#include <span>
#include <vector>

namespace qlinalg {

/// Equation 4, with a geometric mean of 1. A channel that was never other than 0, or whose weights
/// are, has what keeps it from deciding about others: 1.
std::vector<float> smoothingScales(std::span<const float> magnitudes,
                                   std::span<const float> weightMagnitudes, double alpha);

/// max |w_k| over the rows of all matrices, which have as many columns.
std::vector<float> columnMagnitudes(std::span<const MatrixView> weights);
/// sum over the rows of all matrices of w_k^2.
std::vector<double> columnSquares(std::span<const MatrixView> weights);

/// What is known of an activation, and how it and the weights that read it become codes. Both
/// schemes of integers; that of the activation with granularity `Tensor` (static), `Token` or
/// `TokenGroup` (at run time).
struct SmoothingProblem {
  const ChannelMoments &channels;
  /// The extremes of the tensor.
  ValueRange seen;
  std::span<const MatrixView> weights;
  Scheme weightScheme, activationScheme;
};

struct MatmulError {
  double weights = 0, activations = 0;
  double total() const { return weights + activations; }
};

/// The range of x / s, as said above; widened to contain 0.
ValueRange smoothedRange(const SmoothingProblem &problem, std::span<const float> scales);

/// The expected error of the results that weights of W s make; infinite where a scale or a weight
/// overflows its type, or a weight is not finite.
double expectedWeightError(const SmoothingProblem &problem, std::span<const float> scales);

/// That of x / s.
double expectedActivationError(const SmoothingProblem &problem, std::span<const float> scales);

/// Both.
MatmulError expectedMatmulError(const SmoothingProblem &problem, std::span<const float> scales);

/// The mean over rows of the sum of squares of the results: with products of channels
/// exact, else as if channels were uncorrelated with a mean of 0.
double expectedOutput(const ChannelMoments &channels, std::span<const MatrixView> weights);

/// What `auto` tries: no smoothing, then alpha from 0 to 1 in steps of 1/20.
std::span<const std::optional<double>> automaticAlphas();

/// The scales of an alpha, or 1 without one.
std::vector<float> scalesOf(const SmoothingProblem &problem, std::optional<double> alpha);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_SMOOTHQUANT_H
