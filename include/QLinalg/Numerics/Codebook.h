//===- Codebook.h - The levels of nf4 and fp4 -------------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_CODEBOOK_H
#define QLINALG_NUMERICS_CODEBOOK_H

#include "QLinalg/Numerics/Scheme.h"

#include <span>

namespace qlinalg {

/// The 16 levels of a codebook storage, level i for code i.
///
/// nf4: QLoRA (arXiv 2305.14314, appendix E), ascending from -1 to 1.
/// fp4: E2M1, codes 0 to 7 are 0, 0.5, 1, 1.5, 2, 3, 4, 6 and code 8 + i is
/// minus level i; code 8 (-0) is read as -0 and never written.
std::span<const float> codebook(Storage storage);

/// The number that the absolute maximum of a group is divided by to give its
/// scale: 1 for nf4, 6 for fp4, 448 for f8E4M3FN, 2^(b-1) - 1 for symmetric
/// integers.
float largestLevel(Storage storage);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_CODEBOOK_H
