//===- Observer.cpp - Statistics of one site, by several threads ----------===//

#include "QLinalg/Statistics/Observer.h"

using namespace qlinalg;

Observer::Part::Part(Observer &observer)
    : observer(observer), lock(observer.mutex, std::try_to_lock) {
  // Neither of these two changes once there are several threads.
  const ChannelMoments &channels = observer.statistics.channels;
  if (!lock && channels.hasProducts())
    lock.lock();
  else if (!lock)
    own.emplace(channels.channels());
}

Observer::Part::~Part() {
  if (!own)
    return;
  lock.lock();
  observer.statistics.merge(*own);
}

void Observer::Part::update(const float *values, int64_t rows) {
  (own ? *own : observer.statistics).update(values, rows);
}

void Observer::finishBatch() {
  std::lock_guard lock(mutex);
  statistics.finishBatch();
}

SiteStatistics Observer::snapshot() const {
  std::lock_guard lock(mutex);
  return statistics;
}

void Observer::moveTo(SiteStatistics &total) {
  std::lock_guard lock(mutex);
  statistics.finishBatch();
  total.merge(statistics);
  statistics.clear();
}

void Observer::clear() {
  std::lock_guard lock(mutex);
  statistics.clear();
}
