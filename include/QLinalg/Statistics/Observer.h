//===- Observer.h - Statistics of one site, by several threads --*- C++ -*-===//

#ifndef QLINALG_STATISTICS_OBSERVER_H
#define QLINALG_STATISTICS_OBSERVER_H

#include "QLinalg/Statistics/SiteStatistics.h"

#include <deque>

namespace qlinalg {

/// What one batch sees at one site: a part for each thread, so that none waits for another. Parts
/// are kept from batch to batch.
class Observer {
public:
  explicit Observer(int64_t channels, bool withProducts = false);

  /// Makes parts 0 to `count` - 1, which as many threads may use at once from then on. Where all
  /// products of channels are wanted, whose copies would be large, gives 1, else `count`.
  int64_t prepare(int64_t count);
  SiteStatistics &part(int64_t number) { return parts[number]; }

  /// Finishes the batch, adds it to `total`, whose batches are finished, and is as new.
  void moveTo(SiteStatistics &total);
  /// Forgets the batch.
  void clear();

private:
  std::deque<SiteStatistics> parts;
};

} // namespace qlinalg

#endif // QLINALG_STATISTICS_OBSERVER_H
