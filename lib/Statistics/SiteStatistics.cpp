//===- SiteStatistics.cpp - What was seen at one site ---------------------===//

#include "QLinalg/Statistics/SiteStatistics.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

void SiteStatistics::update(const float *values, int64_t rows) {
  int64_t width = channels.channels();
  if (width == 0)
    return;
  // What the second look finds in the cache; products want many rows at a time.
  int64_t wanted = channels.hasProducts() ? 256 : std::max<int64_t>(1, 16384 / width);
  std::vector<float> finite;
  for (int64_t row = 0; row < rows; row += wanted) {
    const float *block = values + row * width;
    int64_t blockRows = std::min(wanted, rows - row), count = blockRows * width;
    if (distribution.update(block, count) > 0) {
      finite.assign(block, block + count);
      std::ranges::replace_if(finite, [](float value) { return !std::isfinite(value); }, 0.0f);
      block = finite.data();
    }
    channels.update(block, blockRows);
  }
}

void SiteStatistics::merge(const SiteStatistics &other) {
  distribution.merge(other.distribution);
  channels.merge(other.channels);
}

void SiteStatistics::clear() {
  distribution.clear();
  channels.clear();
}
