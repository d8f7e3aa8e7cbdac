//===- Statistics.h - What was seen of a model ------------------*- C++ -*-===//

#ifndef QLINALG_STATISTICS_STATISTICS_H
#define QLINALG_STATISTICS_STATISTICS_H

#include "QLinalg/Parameters/Result.h"
#include "QLinalg/Statistics/SiteStatistics.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qlinalg {

struct Site {
  std::string name;
  SiteStatistics statistics;
  /// Stands for the weight that the values meet: its shape in the upper 32 bits, its values in the
  /// lower ones; each 0 where it is not known.
  int64_t weight = 0;
};

/// What two such numbers say together where one does not know it; nothing where they contradict.
std::optional<int64_t> mergeWeights(int64_t ours, int64_t theirs);

/// The sites of a model in the order of the program, those too that were never reached.
struct Statistics {
  std::vector<Site> sites;

  /// Null when there is no such site.
  const Site *find(std::string_view name) const;

  /// 16 hexadecimal digits that tell one model from another: FNV-1a of 64 bits over the names
  /// and numbers of channels of all sites, by ascending name: each name, a zero byte, the number
  /// in decimal, a line feed.
  std::string fingerprint() const;

  /// Adds what the other has seen of the same sites, in whatever order they stand there; an
  /// error when sites, their weights, numbers of channels or kinds of moments differ, and nothing
  /// is changed then.
  Result<void> merge(const Statistics &other);
};

} // namespace qlinalg

#endif // QLINALG_STATISTICS_STATISTICS_H
