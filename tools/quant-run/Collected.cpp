//===- Collected.cpp - What a run saw, into a statistics file -------------===//

#include "Collected.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/OutputFiles.h"
#include "QLinalg/Parameters/Json.h"
#include "QLinalg/Statistics/StatisticsFile.h"

#include "llvm/Support/FileSystem.h"

using namespace qlinalg;

llvm::Error qlinalg::checkStatisticsFile(const std::string &path, const Statistics &sites) {
  if (llvm::Error error = checkWritable(path))
    return error;
  if (!llvm::sys::fs::exists(path))
    return llvm::Error::success();
  auto before = readStatistics(path);
  if (!before)
    return makeError(before.error());
  if (auto merged = before->merge(sites); !merged)
    return makeError(path + ": " + merged.error());
  return llvm::Error::success();
}

llvm::Error qlinalg::addToStatisticsFile(const std::string &path, const Statistics &seen) {
  if (auto written = continueStatistics(path, seen); !written)
    return makeError(written.error());
  return llvm::Error::success();
}

std::string qlinalg::warningsOf(const Statistics &seen) {
  constexpr size_t most = 5;
  std::string warnings, names;
  size_t never = 0;
  for (const Site &site : seen.sites) {
    const Distribution &values = site.statistics.distribution;
    if (values.count == 0 && ++never <= most)
      names += (names.empty() ? "" : ", ") + quoteForMessage(site.name);
    if (values.nans + values.infinities > 0)
      warnings += "warning: site " + quoteForMessage(site.name) + ": left out " +
                  std::to_string(values.nans) + " NaN and " + std::to_string(values.infinities) +
                  " infinite of " + std::to_string(values.count) + " values\n";
  }
  if (never > 0)
    warnings +=
        "warning: " + std::to_string(never) + " of " + std::to_string(seen.sites.size()) +
        " sites saw no values, since they were not reached or their inputs are empty: " + names +
        (never > most ? ", ..." : "") + "\n";
  return warnings;
}
