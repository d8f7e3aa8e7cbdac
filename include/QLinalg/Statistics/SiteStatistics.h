//===- SiteStatistics.h - What was seen at one site -------------*- C++ -*-===//

#ifndef QLINALG_STATISTICS_SITESTATISTICS_H
#define QLINALG_STATISTICS_SITESTATISTICS_H

#include "QLinalg/Numerics/ChannelMoments.h"
#include "QLinalg/Numerics/Distribution.h"

namespace qlinalg {

/// The values of a tensor taken together, and along K. Memory depends on the number of channels,
/// not on the data: at most 256 KiB beside the channels. One thread at a time; Observer.h is for
/// several.
struct SiteStatistics {
  Distribution distribution;
  ChannelMoments channels;

  explicit SiteStatistics(int64_t channels = 0, bool withProducts = false)
      : channels(channels, withProducts) {}

  /// Dense rows of as many values as there are channels. What is not finite is counted and taken
  /// for 0 in `channels`.
  void update(const float *values, int64_t rows);
  void finishBatch() { distribution.finishBatch(); }

  /// Adds what the other has seen of as many channels, both with products or both without.
  void merge(const SiteStatistics &other);
  /// As new, of as many channels.
  void clear();
};

} // namespace qlinalg

#endif // QLINALG_STATISTICS_SITESTATISTICS_H
