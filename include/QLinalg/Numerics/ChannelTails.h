//===- ChannelTails.h - How often channels are large ------------*- C++ -*-===//
//
// Of each channel of K its mean square and its greatest magnitude are known, not its histogram. The
// stretched exponential that has both,
//
//   P(|x_k| > t) = exp(-(t / spread_k)^shape_k),
//
// (shape 2: |x| as two normal numbers together have it, 1: exponential, below: rare large values)
// says what lies between. Channels are taken to be independent.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_CHANNELTAILS_H
#define QLINALG_NUMERICS_CHANNELTAILS_H

#include "QLinalg/Numerics/ChannelMoments.h"

#include <span>

namespace qlinalg {

class ChannelTails {
public:
  /// The greatest magnitude is the one that one row in `moments.rows` exceeds. Shapes stay
  /// between 0.15 and 16.
  explicit ChannelTails(const ChannelMoments &moments);

  /// The mean over rows of the square of max |x_k / scales[k]| over the channels from `first` on;
  /// what was never seen does not count.
  double meanSquareOfMaximum(std::span<const float> scales, int64_t first, int64_t count) const;

  /// The mean square of what a channel's values are off when they are rounded to multiples of
  /// `step`: those below half of one their own, others step^2 / 12.
  double meanRoundingError(int64_t channel, double step) const;

  std::span<const double> getShapes() const { return shapes; }
  std::span<const double> getSpreads() const { return spreads; }

private:
  std::vector<float> magnitudes;
  std::vector<double> shapes, spreads;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_CHANNELTAILS_H
