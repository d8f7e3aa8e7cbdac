//===- Show.cpp - What was seen of each site ------------------------------===//

#include "Bars.h"
#include "Commands.h"
#include "QLinalg/Numerics/Quantile.h"
#include "QLinalg/Text/Table.h"
#include "Text.h"

using namespace qlinalg;

namespace {

constexpr std::pair<const char *, double> percentiles[] = {
    {"0.1%", 0.001}, {"50%", 0.5}, {"99.9%", 0.999}};

/// The greatest magnitude, in units of what 99.9 % do not exceed.
double outlierRatio(const Distribution &distribution) {
  return distribution.magnitude() / quantileOfMagnitude(distribution, 0.999);
}

std::string jsonOf(const std::string &path, const Site &site) {
  const Distribution &seen = site.statistics.distribution;
  const ChannelMoments &channels = site.statistics.channels;
  double none = std::nan("");
  bool any = seen.finite() > 0;
  JsonLine line;
  line.add("file", path).add("site", site.name);
  line.add("channels", channels.channels()).add("rows", channels.rows);
  line.add("moments", channels.hasProducts() ? "full" : "diagonal").add("batches", seen.batches);
  line.add("values", seen.count).add("zeros", seen.zeros);
  line.add("nan", seen.nans).add("inf", seen.infinities);
  line.add("min", any ? seen.least : none).add("max", any ? seen.greatest : none);
  line.add("mean", any ? seen.mean() : none).add("deviation", any ? seen.deviation() : none);
  for (auto [name, fraction] : percentiles)
    line.add(name, any ? quantile(seen, fraction) : none);
  line.add("outlier_ratio", any ? outlierRatio(seen) : none);
  return line.end();
}

std::string notFinite(const Distribution &seen) {
  std::string text;
  if (seen.nans)
    text += std::to_string(seen.nans) + " NaN";
  if (seen.infinities)
    text += (text.empty() ? "" : " ") + std::to_string(seen.infinities) + " Inf";
  return text;
}

std::vector<std::string> cellsOf(const Site &site, const char *plusMinus) {
  const Distribution &seen = site.statistics.distribution;
  std::vector<std::string> cells = {printable(site.name), std::to_string(seen.count)};
  if (seen.finite() == 0) {
    cells.push_back(seen.count ? "nothing finite" : "never reached");
    cells.insert(cells.end(), 2 + std::size(percentiles), "");
  } else {
    cells.push_back(shortNumber(seen.least) + " to " + shortNumber(seen.greatest));
    cells.push_back(shortNumber(seen.mean()) + plusMinus + shortNumber(seen.deviation()));
    for (auto [name, fraction] : percentiles)
      cells.push_back(shortNumber(quantile(seen, fraction)));
    double ratio = outlierRatio(seen);
    cells.push_back(std::isfinite(ratio) ? shortNumber(ratio) : "");
  }
  cells.push_back(notFinite(seen));
  return cells;
}

} // namespace

void qlinalg::show(const std::vector<StatisticsOf> &files, Output &out) {
  const char *plusMinus = out.width ? " \xc2\xb1 " : " +- ";
  for (const StatisticsOf &file : files) {
    const std::vector<Site> &sites = file.statistics.sites;
    if (out.json) {
      for (const Site &site : sites)
        out.text += jsonOf(file.path, site);
      continue;
    }
    out.text += printable(file.path) + ": " + std::to_string(sites.size()) + " sites, model " +
                file.statistics.fingerprint() + "\n";
    Table table;
    table.addColumn("site", 0);
    table.addColumn("values", 5);
    table.addColumn("range", 1);
    table.addColumn(std::string("mean") + plusMinus + "deviation", 3);
    for (auto [name, fraction] : percentiles)
      table.addColumn(name, 6);
    table.addColumn("max/99.9%", 4);
    table.addColumn("bad", 2);
    for (const Site &site : sites)
      table.addRow(cellsOf(site, plusMinus));
    table.addDrawing("distribution", [&](size_t row, int width) {
      return drawBars(sites[row].statistics.distribution, width);
    });
    out.text += table.text(out.width);
  }
}
