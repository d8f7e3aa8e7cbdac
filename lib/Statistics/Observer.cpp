//===- Observer.cpp - Statistics of one site, by several threads ----------===//

#include "QLinalg/Statistics/Observer.h"

using namespace qlinalg;

void Observer::update(const float *values, int64_t rows) {
  std::unique_lock lock(mutex, std::try_to_lock);
  // Neither of these two changes once there are several threads.
  if (!lock && !statistics.channels.hasProducts()) {
    SiteStatistics part(statistics.channels.channels());
    part.update(values, rows);
    lock.lock();
    statistics.merge(part);
    return;
  }
  if (!lock)
    lock.lock();
  statistics.update(values, rows);
}

void Observer::finishBatch() {
  std::lock_guard lock(mutex);
  statistics.finishBatch();
}

SiteStatistics Observer::snapshot() const {
  std::lock_guard lock(mutex);
  return statistics;
}
