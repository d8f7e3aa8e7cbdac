//===- SiteTable.cpp - The sites of a statistics file ---------------------===//

#include "SiteTable.h"

#include "QLinalg/Statistics/StatisticsFile.h"

namespace qlinalg {

Result<SiteTable> SiteTable::read(const std::string &path) {
  Result<Statistics> statistics = readStatistics(path);
  if (!statistics)
    return statistics.failure();
  SiteTable table;
  for (Site &site : statistics->sites)
    table.sites.emplace_back(std::move(site.name), std::move(site.statistics));
  return table;
}

const SiteStatistics *SiteTable::find(std::string_view name) const {
  for (const auto &[known, statistics] : sites)
    if (known == name)
      return &statistics;
  return nullptr;
}

} // namespace qlinalg
