//===- Observer.h - Statistics of one site, by several threads --*- C++ -*-===//

#ifndef QLINALG_STATISTICS_OBSERVER_H
#define QLINALG_STATISTICS_OBSERVER_H

#include "QLinalg/Statistics/SiteStatistics.h"

#include <mutex>

namespace qlinalg {

/// One lock a site. A thread that finds it taken gathers what it has in a copy of its own and
/// merges that; only products of channels, whose copies would be large, wait.
class Observer {
public:
  explicit Observer(int64_t channels, bool withProducts = false)
      : statistics(channels, withProducts) {}

  /// A part of the current batch, see SiteStatistics.h.
  void update(const float *values, int64_t rows);
  /// After all parts of a batch.
  void finishBatch();
  SiteStatistics snapshot() const;

private:
  mutable std::mutex mutex;
  SiteStatistics statistics;
};

} // namespace qlinalg

#endif // QLINALG_STATISTICS_OBSERVER_H
