//===- HistogramBins.h - The bins that were reached -------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_HISTOGRAMBINS_H
#define QLINALG_NUMERICS_HISTOGRAMBINS_H

#include "QLinalg/Numerics/Distribution.h"

#include <vector>

namespace qlinalg {

/// Magnitudes from `low` to `high` of one sign. The bins of the extremes end there, and have no
/// width where the extreme is their only value, or all values are the same.
struct Bin {
  double low, high;
  double count;
  bool negative;

  double width() const { return high - low; }
  double centre() const { return low + width() / 2; }
};

/// Those with a count, by ascending magnitude, positive before negative.
std::vector<Bin> binsOf(const Distribution &distribution);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_HISTOGRAMBINS_H
