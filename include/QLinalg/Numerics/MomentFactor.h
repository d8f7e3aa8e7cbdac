//===- MomentFactor.h - Second moments as M D M^T ---------------*- C++ -*-===//
//
// The mean second moments H [K, K] of an input, damped, in the order in which columns of a weight
// are coded: H = M D M^T with M upper triangular of unit diagonal and D diagonal. It is the
// Cholesky factor of GPTQ without an inverse: with H^-1 = U^T U, D_c = 1 / U_cc^2 and U = (M
// sqrt(D))^-1 (GPTQ: Frantar et al., arXiv 2210.17323; the equivalent LDLQ: Chee et al., arXiv
// 2307.13304).
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_MOMENTFACTOR_H
#define QLINALG_NUMERICS_MOMENTFACTOR_H

#include "QLinalg/Numerics/ChannelMoments.h"
#include "QLinalg/Numerics/ForEach.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qlinalg {

struct FactorOptions {
  /// Added to each element of the diagonal, as a share of its mean.
  double damping = 0.01;
  /// Columns of the greatest second moments first ("act-order"), else as they stand.
  bool largestFirst = true;
};

/// Why second moments have no factor.
struct MomentError {
  enum class Kind {
    /// Only the diagonal is known.
    NoProducts,
    /// Nothing was ever seen, or zeros alone.
    Empty,
    NotFinite,
    /// What `column` adds to the others has no positive second moment: there are fewer rows than
    /// columns, say, and the damping is 0.
    Singular,
  } kind;
  int64_t column = 0;
  /// One line, lower case, without the place: "expected all products of channels, …".
  std::string message() const;
};

class MomentFactor {
public:
  [[nodiscard]] static std::optional<MomentError> compute(const ChannelMoments &moments,
                                                          const FactorOptions &options,
                                                          MomentFactor &result,
                                                          const ForEach &threads = {});

  int64_t columns() const { return static_cast<int64_t>(prices.size()); }
  /// The column that is coded as the i-th.
  int64_t column(int64_t i) const { return order[i]; }
  /// D_i: what a squared error of column(i) from its target costs.
  double price(int64_t i) const { return prices[i]; }
  /// row(i)[k] is M_ik, for i < k.
  const float *row(int64_t i) const {
    return unitUpper.data() + ChannelMoments::triangleRow(i, columns());
  }

private:
  std::vector<int64_t> order;
  std::vector<double> prices;
  /// M, the diagonal with it, row after row.
  std::vector<float> unitUpper;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_MOMENTFACTOR_H
