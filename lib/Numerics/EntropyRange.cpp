//===- EntropyRange.cpp - The range that keeps most information -----------===//
//
// For each magnitude that might be the end of the range: P is the histogram up to there, what lies
// beyond counted in its last bins; Q the same as its codes tell it: what shares a code spread
// evenly over its bins that are not empty. The range of least divergence of P from Q is taken, as
// TensorRT and ONNX Runtime do on their histograms of equal bins; here bins are those of
// Histogram.h, whose number does not depend on the greatest value.
//
//===----------------------------------------------------------------------===//

#include "Coding.h"
#include "Ranges.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace qlinalg;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// What of `bins` (the least `inside` of them) shares a code.
struct Level {
  double count = 0, width = 0;
};

/// Codes of the centres of the bins, as numbers without sign.
std::vector<uint16_t> codesOf(const Scheme &scheme, ScaleAndZero parameters,
                              std::span<const float> centres) {
  size_t bytes = bitWidth(scheme.storage) == 16 ? 2 : 1;
  std::vector<std::byte> stored(centres.size() * bytes);
  int64_t count = static_cast<int64_t>(centres.size());
  encodeRuns(scheme, centres.data(), count, count, &parameters.scale, &parameters.zeroPoint,
             stored.data());
  std::vector<uint16_t> codes(centres.size());
  for (size_t i = 0; i < codes.size(); ++i)
    std::memcpy(&codes[i], &stored[i * bytes], bytes); // the lowest byte comes first
  return codes;
}

/// The last bin of a sign, or none.
const Bin *lastOf(std::span<const Bin> bins, bool negative) {
  for (size_t i = bins.size(); i-- > 0;)
    if (bins[i].negative == negative)
      return &bins[i];
  return nullptr;
}

/// A bin without width, a single value, still has room for it.
double room(const Bin &bin) { return std::max(bin.width(), bin.high * 1e-9); }

/// The divergence of P from Q when the range ends with the first `inside` bins.
double divergence(const Scheme &scheme, ScaleAndZero parameters, std::span<const Bin> bins,
                  size_t inside, std::span<const float> centres) {
  double outside[2] = {}, total = 0, kept = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    total += bins[i].count;
    (i < inside ? kept : outside[bins[i].negative]) += bins[i].count;
  }
  std::span<const Bin> within = bins.first(inside);
  const Bin *last[2] = {lastOf(within, false), lastOf(within, true)};
  if ((outside[0] > 0 && !last[0]) || (outside[1] > 0 && !last[1]))
    return infinity;
  std::vector<uint16_t> codes = codesOf(scheme, parameters, centres.first(inside));
  // By sign too: 0 may stand between two bins of one code.
  std::vector<Level> levels[2];
  for (std::vector<Level> &ofSign : levels)
    ofSign.resize(bitWidth(scheme.storage) == 16 ? 1 << 16 : 1 << 8);
  for (size_t i = 0; i < inside; ++i) {
    Level &level = levels[bins[i].negative][codes[i]];
    level.count += bins[i].count;
    level.width += room(bins[i]);
  }
  double sum = 0;
  for (size_t i = 0; i < inside; ++i) {
    bool negative = bins[i].negative;
    const Level &level = levels[negative][codes[i]];
    double p = bins[i].count + (&bins[i] == last[negative] ? outside[negative] : 0);
    double q = level.count * room(bins[i]) / level.width;
    sum += p / total * std::log(p / total / (q / kept));
  }
  return sum;
}

} // namespace

Bounds qlinalg::entropyRange(const Scheme &scheme, const Distribution &distribution) {
  Bounds best = minMaxRange(distribution);
  std::vector<Bin> bins = binsOf(distribution);
  if (bins.empty())
    return best;
  std::vector<float> centres(bins.size());
  std::ranges::transform(bins, centres.begin(), [](const Bin &bin) {
    return static_cast<float>(bin.negative ? -bin.centre() : bin.centre());
  });
  double total = 0, inside = 0;
  for (const Bin &bin : bins)
    total += bin.count;
  auto parameters = [&](Bounds bounds) {
    return parametersOf(scheme, withinSeen(distribution, bounds));
  };
  double least = divergence(scheme, parameters(best), bins, bins.size(), centres);
  inside = total;
  // From the greatest magnitude downwards, about 16 steps a binade, while half of all is inside.
  double lastTried = distribution.magnitude();
  for (size_t i = bins.size(); i-- > 1;) {
    inside -= bins[i].count;
    double end = bins[i - 1].high;
    if (inside < total / 2)
      break;
    if (end >= bins[i].high || end > lastTried * 0.96)
      continue;
    lastTried = end;
    double found = divergence(scheme, parameters({-end, end}), bins, i, centres);
    if (found < least) {
      least = found;
      best = {-end, end};
    }
  }
  return best;
}
