//===- ObserveArrays.cpp - Statistics of .npy files -----------------------===//
//
//   ObserveArrays FILE diagonal|full SITE=CHANNELS[:A.npy]…
//
// Continues FILE by one batch: the f32 rows of each array, in the site of that name.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Parameters/Npy.h"
#include "QLinalg/Statistics/StatisticsFile.h"

#include <cstdio>
#include <cstdlib>

using namespace qlinalg;

static Result<void> run(const std::string &path, bool full, std::vector<std::string> sites) {
  Statistics statistics;
  for (const std::string &site : sites) {
    size_t equals = site.find('='), colon = site.find(':', equals);
    int64_t channels = std::atoll(site.c_str() + equals + 1);
    SiteStatistics seen(channels, full);
    if (colon != std::string::npos) {
      Result<NpyArray> array = readNpy(site.substr(colon + 1));
      if (!array)
        return array.failure();
      const float *values = reinterpret_cast<const float *>(array->data.data());
      seen.update(values, *elementCount(array->shape) / channels);
    }
    statistics.sites.push_back({site.substr(0, equals), std::move(seen)});
  }
  return continueStatistics(path, statistics);
}

int main(int argc, char **argv) {
  if (argc < 4)
    return 2;
  Result<void> done = run(argv[1], std::string(argv[2]) == "full", {argv + 3, argv + argc});
  if (!done)
    std::fprintf(stderr, "error: %s\n", done.error().c_str());
  return done ? 0 : 1;
}
