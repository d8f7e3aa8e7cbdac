//===- Collected.h - What a run saw, into a statistics file -----*- C++ -*-===//

#ifndef QLINALG_TOOLS_QUANT_RUN_COLLECTED_H
#define QLINALG_TOOLS_QUANT_RUN_COLLECTED_H

#include "QLinalg/Statistics/Statistics.h"

#include "llvm/Support/Error.h"

namespace qlinalg {

/// An error unless `path` can take statistics of these sites: before the program runs.
llvm::Error checkStatisticsFile(const std::string &path, const Statistics &sites);

/// Writes or continues the file.
llvm::Error addToStatisticsFile(const std::string &path, const Statistics &seen);

/// Lines that say where nothing was seen, and where values are not finite.
std::string warningsOf(const Statistics &seen);

} // namespace qlinalg

#endif // QLINALG_TOOLS_QUANT_RUN_COLLECTED_H
