//===- Diff.cpp - How far two calibrations are apart ----------------------===//

#include "Commands.h"
#include "QLinalg/Text/Table.h"
#include "Text.h"

#include <algorithm>
#include <tuple>

using namespace qlinalg;

namespace {

/// The greatest difference of the parts of all values that lie below anything: 0 for equal
/// distributions, 1 for those that do not overlap (Kolmogorov and Smirnov). Exact at bins' edges.
double distance(const Distribution &a, const Distribution &b) {
  if (a.finite() == 0 || b.finite() == 0)
    return a.finite() == b.finite() ? 0 : 1;
  double below[2] = {}, greatest = 0;
  const Distribution *both[2] = {&a, &b};
  auto step = [&](auto countOf) {
    for (int i : {0, 1})
      below[i] += static_cast<double>(countOf(*both[i])) / static_cast<double>(both[i]->finite());
    greatest = std::max(greatest, std::abs(below[0] - below[1]));
  };
  auto countAt = [](const Histogram &histogram, std::span<const int64_t> counts, int32_t bin) {
    int32_t place = bin - histogram.firstBin();
    return place >= 0 && place < histogram.bins() ? counts[place] : 0;
  };
  for (int32_t bin = Histogram::binCount; bin-- > 0;)
    step([&](const Distribution &seen) {
      return countAt(seen.histogram, seen.histogram.negative(), bin);
    });
  step([](const Distribution &seen) { return seen.zeros; });
  for (int32_t bin = 0; bin < Histogram::binCount; ++bin)
    step([&](const Distribution &seen) {
      return countAt(seen.histogram, seen.histogram.positive(), bin);
    });
  return greatest;
}

struct Pair {
  const Site *a, *b;
  double distance;
  const std::string &name() const { return a ? a->name : b->name; }
};

std::vector<Pair> pairsOf(const Statistics &a, const Statistics &b) {
  std::vector<Pair> pairs;
  for (const Site &site : a.sites) {
    const Site *other = b.find(site.name);
    pairs.push_back(
        {&site, other,
         other ? distance(site.statistics.distribution, other->statistics.distribution) : 1});
  }
  for (const Site &site : b.sites)
    if (!a.find(site.name))
      pairs.push_back({nullptr, &site, 1});
  // Those that only one has come first.
  std::ranges::sort(pairs, {}, [](const Pair &pair) {
    return std::tuple(pair.a && pair.b, -pair.distance, std::string_view(pair.name()));
  });
  return pairs;
}

std::string rangeOf(const Site *site) {
  if (!site)
    return "no such site";
  const Distribution &seen = site->statistics.distribution;
  return seen.finite() ? shortNumber(seen.least) + " to " + shortNumber(seen.greatest)
                       : "never reached";
}

std::string jsonOf(const Pair &pair) {
  JsonLine line;
  line.add("site", pair.name()).add("distance", pair.distance);
  for (auto [side, site] : {std::pair("a", pair.a), std::pair("b", pair.b)}) {
    const Distribution *seen = site ? &site->statistics.distribution : nullptr;
    bool any = seen && seen->finite() > 0;
    double none = std::nan("");
    auto key = [side = side](const char *name) { return std::string(name) + "_" + side; };
    line.add(key("values"), seen ? seen->count : 0);
    line.add(key("min"), any ? seen->least : none).add(key("max"), any ? seen->greatest : none);
    line.add(key("mean"), any ? seen->mean() : none);
    line.add(key("deviation"), any ? seen->deviation() : none);
  }
  return line.end();
}

} // namespace

void qlinalg::diff(const StatisticsOf &a, const StatisticsOf &b, Output &out) {
  Table table;
  table.addColumn("site", 0);
  table.addColumn("distance", 1);
  table.addColumn("range", 2);
  table.addColumn("range of the second", 2);
  table.addColumn("deviations", 3);
  for (const Pair &pair : pairsOf(a.statistics, b.statistics)) {
    if (out.json) {
      out.text += jsonOf(pair);
      continue;
    }
    auto deviation = [](const Site *site) {
      return site ? shortNumber(site->statistics.distribution.deviation()) : "-";
    };
    table.addRow({printable(pair.name()), shortNumber(pair.distance), rangeOf(pair.a),
                  rangeOf(pair.b), deviation(pair.a) + ", " + deviation(pair.b)});
  }
  if (!out.json)
    out.text += table.text(out.width);
}
