//===- Merge.cpp - Statistics of several runs as those of one -------------===//

#include "Commands.h"
#include "Text.h"

using namespace qlinalg;

Result<void> qlinalg::merge(const std::vector<StatisticsOf> &files, const std::string &path,
                            Output &out) {
  Statistics merged = files.front().statistics;
  for (size_t i = 1; i < files.size(); ++i)
    if (Result<void> done = merged.merge(files[i].statistics); !done)
      return Failure{files[i].path + ": " + done.error() + " (of " + files.front().path + ")"};
  if (Result<void> done = writeStatistics(path, merged); !done)
    return done;
  int64_t count = static_cast<int64_t>(files.size());
  int64_t sites = static_cast<int64_t>(merged.sites.size());
  if (out.json)
    out.text = JsonLine().add("file", path).add("files", count).add("sites", sites).end();
  else
    out.text = path + ": " + std::to_string(sites) + " sites of " + std::to_string(count) +
               (count == 1 ? " file\n" : " files\n");
  return {};
}
