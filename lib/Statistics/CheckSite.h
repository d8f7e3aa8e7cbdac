//===- CheckSite.h - Whether statistics make sense --------------*- C++ -*-===//

#ifndef QLINALG_STATISTICS_CHECKSITE_H
#define QLINALG_STATISTICS_CHECKSITE_H

#include "QLinalg/Statistics/SiteStatistics.h"

#include <string>

namespace qlinalg {

/// What cannot have been seen, "expected …, got …"; empty when all may have been.
std::string findContradiction(const SiteStatistics &site);

} // namespace qlinalg

#endif // QLINALG_STATISTICS_CHECKSITE_H
