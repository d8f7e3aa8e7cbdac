//===- Observer.cpp - Statistics of one site, by several threads ----------===//

#include "QLinalg/Statistics/Observer.h"

using namespace qlinalg;

Observer::Observer(int64_t channels, bool withProducts) {
  parts.emplace_back(channels, withProducts);
}

int64_t Observer::prepare(int64_t count) {
  const ChannelMoments &channels = parts.front().channels;
  if (channels.hasProducts())
    return 1;
  while (static_cast<int64_t>(parts.size()) < count)
    parts.emplace_back(channels.channels());
  return count;
}

void Observer::update(const float *values, int64_t rows) {
  const ChannelMoments &channels = parts.front().channels;
  size_t count = static_cast<size_t>(rows * channels.channels());
  // Products want many rows at a time.
  if (channels.hasProducts() || kept.size() + count > mostKept)
    return parts.front().update(values, rows);
  kept.insert(kept.end(), values, values + count);
}

void Observer::moveTo(SiteStatistics &total) {
  if (!kept.empty())
    total.update(kept.data(), static_cast<int64_t>(kept.size()) / total.channels.channels());
  for (SiteStatistics &part : parts)
    if (part.distribution.count > 0)
      total.merge(part);
  total.finishBatch();
  clear();
}

void Observer::clear() {
  kept.clear();
  for (SiteStatistics &part : parts)
    if (part.distribution.count > 0)
      part.clear();
}
