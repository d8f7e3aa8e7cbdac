//===- Bars.h - A histogram in one line -------------------------*- C++ -*-===//

#ifndef QLINALG_TOOLS_QUANTSTATS_BARS_H
#define QLINALG_TOOLS_QUANTSTATS_BARS_H

#include "QLinalg/Numerics/Distribution.h"

#include <string>

namespace qlinalg {

/// `width` block characters over equal parts of the range that was seen; their heights are
/// logarithms of counts, so that a single outlier is seen too.
std::string drawBars(const Distribution &distribution, int width);

} // namespace qlinalg

#endif // QLINALG_TOOLS_QUANTSTATS_BARS_H
