//===- OutputError.h - What errors of a weight cost its results -*- C++ -*-===//
//
// The mean over rows x of the input of |x (Q - W)^T|^2 is tr(E H E^T), E = Q - W [N, K] and H [K,
// K] the mean second moments of x.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_OUTPUTERROR_H
#define QLINALG_NUMERICS_OUTPUTERROR_H

#include "QLinalg/Numerics/ChannelMoments.h"
#include "QLinalg/Numerics/ForEach.h"
#include "QLinalg/Numerics/Quantize.h"

#include <vector>

namespace qlinalg {

/// H as f32, row after row, each whole.
class MeanMoments {
public:
  /// `damping`, a share of the mean of the diagonal, is added to it. Without products H is its
  /// diagonal.
  explicit MeanMoments(const ChannelMoments &moments, double damping = 0);

  int64_t columns() const { return size; }
  const float *row(int64_t i) const { return values.data() + i * size; }

private:
  int64_t size;
  std::vector<float> values;
};

/// Sums over all results; those of other rows of the weight can be added.
struct OutputError {
  /// The results' mean square, tr(W H W^T), and that of their errors.
  double energy = 0, error = 0;

  OutputError &operator+=(const OutputError &other) {
    energy += other.energy;
    error += other.error;
    return *this;
  }
  /// error / energy; 0 where both are 0.
  double share() const { return error == 0 ? 0 : error / energy; }
};

OutputError outputError(const MeanMoments &moments, MatrixView weight, const float *decoded,
                        const ForEach &threads = {});

/// Of codes with their parameters; a weight of granularity `Tensor` may be a part.
OutputError outputError(const Scheme &scheme, const MeanMoments &moments, MatrixView weight,
                        QuantizedView codes, const ForEach &threads = {});

} // namespace qlinalg

#endif // QLINALG_NUMERICS_OUTPUTERROR_H
