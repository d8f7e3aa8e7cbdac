//===- Observer.h - Statistics of one site, by several threads --*- C++ -*-===//

#ifndef QLINALG_STATISTICS_OBSERVER_H
#define QLINALG_STATISTICS_OBSERVER_H

#include "QLinalg/Statistics/SiteStatistics.h"

#include <mutex>
#include <optional>

namespace qlinalg {

class Observer {
public:
  explicit Observer(int64_t channels, bool withProducts = false)
      : statistics(channels, withProducts) {}

  /// What one thread sees of the current batch. It counts when the part ends.
  class Part {
  public:
    explicit Part(Observer &observer);
    ~Part();
    Part(const Part &) = delete;
    Part &operator=(const Part &) = delete;

    /// Dense rows, see SiteStatistics.h.
    void update(const float *values, int64_t rows);

  private:
    Observer &observer;
    std::unique_lock<std::mutex> lock;
    /// Where another thread has the lock; but products of channels, whose copies would be large,
    /// wait for it.
    std::optional<SiteStatistics> own;
  };

  /// One part.
  void update(const float *values, int64_t rows) { Part(*this).update(values, rows); }
  /// After all parts of a batch.
  void finishBatch();
  SiteStatistics snapshot() const;

  /// Finishes the batch, adds everything to `total`, and is as new.
  void moveTo(SiteStatistics &total);
  /// Forgets everything.
  void clear();

private:
  mutable std::mutex mutex;
  SiteStatistics statistics;
};

} // namespace qlinalg

#endif // QLINALG_STATISTICS_OBSERVER_H
