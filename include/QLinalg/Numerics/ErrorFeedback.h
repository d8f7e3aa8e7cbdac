//===- ErrorFeedback.h - Later columns make up for earlier ones -*- C++ -*-===//
//
// Codes that decode to Q in place of a weight W [N, K] cost its results tr(E H E^T), E = Q - W.
// With H = M D M^T (MomentFactor.h) that is
//
//   sum over columns c of D_c |Q_c - T_c|^2,   T_c = W_c - sum over j coded before c of E_j M_jc
//
// so columns are coded one after the other, each as near to its target T_c as its codes allow:
// GPTQ (arXiv 2210.17323), for any kind of codes. Rows do not depend on one another.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_ERRORFEEDBACK_H
#define QLINALG_NUMERICS_ERRORFEEDBACK_H

#include "QLinalg/Numerics/MomentFactor.h"
#include "QLinalg/Numerics/Quantize.h"

namespace qlinalg {

/// Chooses codes for one column of a panel of rows at a time.
class ColumnCoder {
public:
  virtual ~ColumnCoder() = default;
  /// Codes `count` values of `column` (as it stands in the weight), one a row of the panel, and
  /// gives what they decode to. `decoded` may be `targets`.
  virtual void code(int64_t column, const float *targets, int64_t count, float *decoded) = 0;
};

/// Rows of a panel that keep everything in the second cache; a coder may take more at once.
int64_t feedbackRows(int64_t columns);

/// Codes the rows of `panel`, each of its columns once in the order of `factor`, and gives
/// sum D_c |Q_c - T_c|^2: what they cost under the damped moments. All values are finite. Panels of
/// one weight may be coded on several threads.
double feedErrors(const MomentFactor &factor, MatrixView panel, ColumnCoder &coder);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_ERRORFEEDBACK_H
