//===- RangeMethod.h - What range a scale shall reach -----------*- C++ -*-===//
//
// From what was seen of a value (Distribution.h) to its scale and zero point. A range that is
// narrower than what was seen saturates some values and meets all others by finer steps. One
// method a file in lib/Numerics.
//
//   minmax        everything that was seen
//   average       the mean over batches of their least and of their greatest value
//                 (Jacob et al., arXiv 1712.05877, section 3.1, smooth ranges over batches by an
//                 exponential mean; that depends on the order of batches, a mean does not)
//   percentile:P  P % of all values: for symmetric schemes the P-th percentile of |x|, else what
//                 leaves out half of the rest at either end (McKinstry et al., arXiv 1809.04191)
//   deviations:K  mean - K deviations to mean + K deviations (Banner et al., arXiv 1810.05723,
//                 derive K for normal and Laplace distributions)
//   entropy       the least Kullback-Leibler divergence between the histogram and what the codes
//                 keep of it (S. Migacz, "8-bit inference with TensorRT", GTC 2017)
//   mse           the least expected squared error (Sung et al., arXiv 1511.06488)
//   auto          of all these the one with the least expected error plus one standard error of
//   what
//                 saturates (other data reach further than those that were seen); the first that
//                 has it
//
// All stay within what was seen, and are widened to contain 0.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_RANGEMETHOD_H
#define QLINALG_NUMERICS_RANGEMETHOD_H

#include "QLinalg/Numerics/Distribution.h"
#include "QLinalg/Numerics/Quantize.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qlinalg {

enum class RangeKind { MinMax, Average, Percentile, Deviations, Entropy, MSE, Auto };

struct RangeMethod {
  RangeKind kind = RangeKind::Auto;
  /// The percentage or the number of deviations; 0 for the other methods.
  double parameter = 0;

  bool operator==(const RangeMethod &) const = default;
};

/// "minmax", "percentile:99.99", …; a percentage lies in (0, 100], a number of deviations
/// is above 0.
std::string name(const RangeMethod &method);
std::optional<RangeMethod> parseRangeMethod(std::string_view name);

/// What `auto` tries, simple ones first.
std::span<const RangeMethod> automaticMethods();

/// What errors of a channel of K count for: `importance[k]` is the sum of the squares of the
/// weights that channel k of the activation is multiplied with, `magnitudes[k]` max |x_k|.
/// Rounding errors are taken to fall on all channels alike, saturation only on those that
/// reach beyond the range, in proportion to the square of how far they do.
struct ChannelImportance {
  std::span<const double> importance;
  std::span<const float> magnitudes;
};

/// The expected squared error of one value; with a `ChannelImportance` each part times the mean
/// importance of the channels it falls on, so that times K it is that of a sum of products. Within
/// a bin of the histogram values are taken to be spread evenly.
struct ExpectedError {
  double rounding = 0;
  double saturation = 0;
  double total() const { return rounding + saturation; }
};

struct ValueRange {
  float least, greatest;
  bool operator==(const ValueRange &) const = default;
};

struct ChosenRange {
  /// Never `Auto`.
  RangeMethod method;
  ValueRange range;
  /// One scale, rounded to `scheme.scales`, and one zero point, for the whole of the value.
  float scale;
  int32_t zeroPoint;
  ExpectedError error;
};

enum class RangeError { NothingSeen, ScaleOverflow };
/// "no finite value was seen", …
std::string_view message(RangeError error);

/// For storages that have scales; the granularity of the scheme is not looked at.
[[nodiscard]] std::optional<RangeError> chooseRange(const Scheme &scheme, const RangeMethod &method,
                                                    const Distribution &distribution,
                                                    ChosenRange &chosen,
                                                    const ChannelImportance *importance = nullptr);

/// The expected error for a scale and zero point that are given.
ExpectedError expectedError(const Scheme &scheme, const Distribution &distribution, float scale,
                            int32_t zeroPoint, const ChannelImportance *importance = nullptr);

/// Scale and zero point of a range that contains 0, by the rules of `quantize`.
struct ScaleAndZero {
  float scale;
  int32_t zeroPoint;
};
ScaleAndZero parametersOf(const Scheme &scheme, ValueRange range);

/// Scales and zero points of a constant, one for each run that shares a scale, where
/// `quantize` would put them; `encode` (Quantize.h) then gives the codes. Here errors are those
/// of the values themselves; a run is one batch, so `average` is `minmax`. Errors are those of
/// `quantize`. With `Auto`, `counts[i]` says how often `automaticMethods()[i]` was taken, if given.
[[nodiscard]] std::optional<QuantizeError>
chooseRanges(const Scheme &scheme, const RangeMethod &method, MatrixView matrix, std::byte *scales,
             std::byte *zeroPoints, std::span<int64_t> counts = {});

} // namespace qlinalg

#endif // QLINALG_NUMERICS_RANGEMETHOD_H
