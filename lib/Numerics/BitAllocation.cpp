//===- BitAllocation.cpp - Which layer gets how many bits -----------------===//

#include "QLinalg/Numerics/BitAllocation.h"

#include <algorithm>
#include <limits>

using namespace qlinalg;

namespace {

using Ways = std::vector<StorageWay>;

bool isSmaller(const StorageWay &a, const StorageWay &b) {
  return a.bytes != b.bytes ? a.bytes < b.bytes : a.error < b.error;
}

size_t smallestOf(const Ways &ways) {
  return std::min_element(ways.begin(), ways.end(), isSmaller) - ways.begin();
}

/// Parts of what is left, at most.
constexpr int64_t mostParts = 1 << 16;

class Allocation {
public:
  Allocation(std::span<const Ways> layers, int64_t bytes)
      : layers(layers), left(bytes), chosen(layers.size()) {
    for (size_t i = 0; i < layers.size(); ++i) {
      chosen[i] = smallestOf(layers[i]);
      left -= layers[i][chosen[i]].bytes;
    }
  }

  std::optional<std::vector<size_t>> run() {
    if (left < 0)
      return std::nullopt;
    solveInParts();
    improve();
    return chosen;
  }

private:
  /// least[p]: the least error of the layers so far within p parts beyond their smallest.
  void solveInParts() {
    int64_t unit = std::max<int64_t>(1, (left + mostParts - 1) / mostParts), parts = left / unit;
    std::vector<double> least(parts + 1, 0), next(parts + 1);
    std::vector<std::vector<uint32_t>> taken(layers.size());
    for (size_t layer = 0; layer < layers.size(); ++layer) {
      const Ways &ways = layers[layer];
      int64_t smallest = wayOf(layer).bytes;
      std::ranges::fill(next, std::numeric_limits<double>::infinity());
      taken[layer].resize(parts + 1);
      for (size_t way = 0; way < ways.size(); ++way) {
        int64_t size = (ways[way].bytes - smallest + unit - 1) / unit;
        for (int64_t p = size; p <= parts; ++p)
          if (double error = least[p - size] + ways[way].error; error < next[p]) {
            next[p] = error;
            taken[layer][p] = static_cast<uint32_t>(way);
          }
      }
      std::swap(least, next);
    }
    for (size_t layer = layers.size(); layer-- > 0;) {
      const Ways &ways = layers[layer];
      int64_t smallest = wayOf(layer).bytes;
      chosen[layer] = taken[layer][parts];
      int64_t more = ways[chosen[layer]].bytes - smallest;
      parts -= (more + unit - 1) / unit;
      left -= more;
    }
  }

  /// What one layer, or two against each other, can still gain.
  void improve() {
    while (improveOne() || improveTwo())
      ;
  }

  const StorageWay &wayOf(size_t layer) const { return layers[layer][chosen[layer]]; }

  bool improveOne() {
    for (size_t layer = 0; layer < layers.size(); ++layer)
      if (std::optional<size_t> better = bestWithin(layer, left + wayOf(layer).bytes)) {
        left += wayOf(layer).bytes - layers[layer][*better].bytes;
        chosen[layer] = *better;
        return true;
      }
    return false;
  }

  /// Another way of `layer` of at most `bytes` whose error is less.
  std::optional<size_t> bestWithin(size_t layer, int64_t bytes) const {
    std::optional<size_t> best;
    double least = wayOf(layer).error;
    for (size_t way = 0; way < layers[layer].size(); ++way)
      if (layers[layer][way].bytes <= bytes && layers[layer][way].error < least) {
        best = way;
        least = layers[layer][way].error;
      }
    return best;
  }

  /// One layer gives bytes that another gains more by.
  bool improveTwo() {
    for (size_t giver = 0; giver < layers.size(); ++giver)
      for (size_t way = 0; way < layers[giver].size(); ++way) {
        int64_t freed = wayOf(giver).bytes - layers[giver][way].bytes;
        double lost = layers[giver][way].error - wayOf(giver).error;
        if (freed <= 0)
          continue;
        for (size_t taker = 0; taker < layers.size(); ++taker) {
          if (taker == giver)
            continue;
          std::optional<size_t> better = bestWithin(taker, left + freed + wayOf(taker).bytes);
          // By more than rounding, so that this ends.
          if (!better || wayOf(taker).error - layers[taker][*better].error <= lost * (1 + 1e-12))
            continue;
          left += freed + wayOf(taker).bytes - layers[taker][*better].bytes;
          chosen[giver] = way;
          chosen[taker] = *better;
          return true;
        }
      }
    return false;
  }

  std::span<const Ways> layers;
  int64_t left;
  std::vector<size_t> chosen;
};

} // namespace

int64_t qlinalg::smallestBytes(std::span<const std::vector<StorageWay>> layers) {
  int64_t bytes = 0;
  for (const Ways &ways : layers)
    bytes += ways[smallestOf(ways)].bytes;
  return bytes;
}

std::optional<std::vector<size_t>>
qlinalg::allocateBits(std::span<const std::vector<StorageWay>> layers, int64_t bytes) {
  return Allocation(layers, bytes).run();
}
