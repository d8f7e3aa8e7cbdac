//===- SiteTable.cpp - The sites of a statistics file ---------------------===//

#include "SiteTable.h"

#include "QLinalg/Statistics/StatisticsFile.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace qlinalg {

Result<SiteTable> SiteTable::read(const std::string &path) {
  Result<Statistics> statistics = readStatistics(path);
  if (!statistics)
    return statistics.failure();
  SiteTable table;
  for (Site &site : statistics->sites)
    table.sites.push_back({std::move(site.name), std::move(site.statistics), site.weight});
  return table;
}

const SiteTable::Entry *SiteTable::find(std::string_view name) const {
  for (const Entry &site : sites)
    if (site.name == name)
      return &site;
  return nullptr;
}

/// Sites that a message lists.
static constexpr size_t mostListed = 8;

/// Says which sites there are: those of the most alike names.
LogicalResult emitMissingSite(Location loc, const SiteTable &table, StringRef path,
                              StringRef site) {
  InFlightDiagnostic error = emitError(loc) << "expected site '" << site << "' in " << path
                                            << ", got none: statistics of another model?";
  std::vector<std::pair<unsigned, StringRef>> names;
  for (const SiteTable::Entry &known : table.sites)
    names.emplace_back(site.edit_distance(known.name), known.name);
  llvm::sort(names);
  Diagnostic &note = error.attachNote() << names.size() << " sites";
  if (!names.empty())
    note << (names.size() > mostListed ? ", the most alike: " : ": ");
  names.resize(std::min(names.size(), mostListed));
  llvm::interleaveComma(names, note, [&](const auto &named) { note << named.second; });
  return error;
}

} // namespace qlinalg
