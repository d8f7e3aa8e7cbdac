//===- Commands.h - What quant-stats does -----------------------*- C++ -*-===//
//
// One file a command. Each appends what goes to standard output to `out`.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TOOLS_QUANTSTATS_COMMANDS_H
#define QLINALG_TOOLS_QUANTSTATS_COMMANDS_H

#include "QLinalg/Statistics/StatisticsFile.h"

#include <string>
#include <vector>

namespace qlinalg {

struct StatisticsOf {
  std::string path;
  Statistics statistics;
};

struct Output {
  /// JSON lines in place of a table.
  bool json = false;
  /// Columns of the terminal, 0 when there is none.
  int width = 0;
  std::string text;
};

void show(const std::vector<StatisticsOf> &files, Output &out);
Result<void> merge(const std::vector<StatisticsOf> &files, const std::string &path, Output &out);
void diff(const StatisticsOf &a, const StatisticsOf &b, Output &out);
/// True when nothing is wrong.
bool check(const std::vector<StatisticsOf> &files, int64_t least, Output &out);

} // namespace qlinalg

#endif // QLINALG_TOOLS_QUANTSTATS_COMMANDS_H
