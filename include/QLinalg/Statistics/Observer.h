//===- Observer.h - Statistics of one site, by several threads --*- C++ -*-===//

#ifndef QLINALG_STATISTICS_OBSERVER_H
#define QLINALG_STATISTICS_OBSERVER_H

#include "QLinalg/Statistics/SiteStatistics.h"

#include <deque>
#include <vector>

namespace qlinalg {

/// What one batch sees at one site: a part for each thread, so that none waits for another. Parts
/// are kept from batch to batch. A few rows are not looked at before the batch is finished: then
/// they go to the total at once, which costs less than a part that is merged and cleared.
class Observer {
public:
  explicit Observer(int64_t channels, bool withProducts = false);

  /// Makes parts 0 to `count` - 1, which as many threads may use at once from then on. Where all
  /// products of channels are wanted, whose copies would be large, gives 1, else `count`.
  int64_t prepare(int64_t count);
  SiteStatistics &part(int64_t number) { return parts[number]; }
  /// Dense rows, by one thread alone.
  void update(const float *values, int64_t rows);

  /// Finishes the batch, adds it to `total`, whose batches are finished, and is as new.
  void moveTo(SiteStatistics &total);
  /// Forgets the batch.
  void clear();

private:
  /// 64 KiB.
  static constexpr size_t mostKept = 1 << 14;

  std::deque<SiteStatistics> parts;
  /// Whole rows.
  std::vector<float> kept;
};

} // namespace qlinalg

#endif // QLINALG_STATISTICS_OBSERVER_H
