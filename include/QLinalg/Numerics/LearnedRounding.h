//===- LearnedRounding.h - Codes chosen again, one by one -------*- C++ -*-===//
//
// Whether a weight is rounded up or down is learned from what it does to the results, as AdaRound
// has it (Nagel et al., arXiv 2004.10568). The gradient of tr(E H E^T) is 2 E H in closed form, so
// each code is set to the best one given all others, column after column (the descent of QuantEase,
// Behdin et al., arXiv 2309.01885), and each scale to the best given the codes. The cost never
// grows; it begins with any codes, those of GPTQ say.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_LEARNEDROUNDING_H
#define QLINALG_NUMERICS_LEARNEDROUNDING_H

#include "QLinalg/Numerics/OutputError.h"

namespace qlinalg {

struct RoundingOptions {
  /// Each code is looked at once a pass.
  int passes = 10;
  /// Scales of groups of up to 128 columns are fitted before the codes of all passes but the last.
  bool fitsScales = true;
};

/// Improves `result`, codes and scales of `matrix` [N, K], under moments that are damped: each
/// element of the diagonal is above 0. For storages of at most 8 bits that have scales.
void learnRounding(const Scheme &scheme, const MeanMoments &moments, MatrixView matrix,
                   const RoundingOptions &options, QuantizedView result,
                   const ForEach &threads = {});

} // namespace qlinalg

#endif // QLINALG_NUMERICS_LEARNEDROUNDING_H
