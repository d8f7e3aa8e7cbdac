//===- Check.cpp - Whether a calibration can be relied on -----------------===//

#include "Commands.h"
#include "Text.h"

using namespace qlinalg;

namespace {

struct Problem {
  const char *kind;
  std::string message;
};

std::vector<Problem> problemsOf(const SiteStatistics &site, int64_t least) {
  const Distribution &seen = site.distribution;
  if (seen.count == 0)
    return {{"never_reached", "was never reached"}};
  std::vector<Problem> problems;
  if (site.channels.rows < least)
    problems.push_back({"few_samples", "expected at least " + std::to_string(least) +
                                           " rows, got " + std::to_string(site.channels.rows)});
  auto add = [&](const char *kind, const char *what, int64_t count) {
    if (count > 0)
      problems.push_back({kind, "expected finite values, got " + std::to_string(count) + " " +
                                    what + " of " + std::to_string(seen.count)});
  };
  add("nan", "NaN", seen.nans);
  add("inf", "infinite", seen.infinities);
  return problems;
}

} // namespace

bool qlinalg::check(const std::vector<StatisticsOf> &files, int64_t least, Output &out) {
  bool fine = true;
  for (const StatisticsOf &file : files) {
    size_t wrong = 0;
    for (const Site &site : file.statistics.sites) {
      std::vector<Problem> problems = problemsOf(site.statistics, least);
      wrong += !problems.empty();
      for (const Problem &problem : problems)
        out.text += out.json ? JsonLine()
                                   .add("file", file.path)
                                   .add("site", site.name)
                                   .add("problem", problem.kind)
                                   .add("message", problem.message)
                                   .end()
                             : file.path + ": site " + quoteForMessage(site.name) + ": " +
                                   problem.message + "\n";
    }
    if (!out.json)
      out.text += file.path + ": " + std::to_string(wrong) + " of " +
                  std::to_string(file.statistics.sites.size()) + " sites have a problem\n";
    fine = fine && wrong == 0;
  }
  return fine;
}
