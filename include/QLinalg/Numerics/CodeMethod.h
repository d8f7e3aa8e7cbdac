//===- CodeMethod.h - Codes of a weight by its input's moments --*- C++ -*-===//
//
// The methods that look at a whole weight, in one function; each alone stands in its own header.
//
//   weighted   scales of least error weighted by the diagonal of the second moments
//              (ScaleSearch.h), each value to its nearest code
//   hqq        scales of least |error|^0.7 (Hqq.h), to the nearest code; needs no data
//   gptq       the scales of `weighted`, codes with error feedback (Gptq.h)
//   rounding   the same, then codes and scales one by one (LearnedRounding.h): slowest and best
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_CODEMETHOD_H
#define QLINALG_NUMERICS_CODEMETHOD_H

#include "QLinalg/Numerics/MomentFactor.h"
#include "QLinalg/Numerics/OutputError.h"

namespace qlinalg {

enum class CodeMethod { Weighted, Hqq, Gptq, Rounding };

std::string_view name(CodeMethod method);
std::optional<CodeMethod> parseCodeMethod(std::string_view name);

/// What a method has to know of the input.
enum class MomentsNeeded { None, Diagonal, Products };
MomentsNeeded momentsNeeded(CodeMethod method);

/// Enough that some ten thousand rows of a few thousand channels are no trouble, and a fifth of
/// what GPTQ's authors take, which costs a hundredth of the gain.
inline constexpr double defaultDamping = 0.002;

/// What methods make of the second moments of an input, once for all weights that read it.
class InputModel {
public:
  /// `damping`, a share of the mean second moment, is added to each.
  [[nodiscard]] static std::optional<MomentError> make(const ChannelMoments &moments,
                                                       MomentsNeeded needed, InputModel &result,
                                                       double damping = defaultDamping,
                                                       const ForEach &threads = {});

  std::span<const double> getImportance() const { return importance; }
  const MomentFactor &getFactor() const { return *factor; }
  const MeanMoments &getDamped() const { return *damped; }

private:
  std::vector<double> importance;
  std::optional<MomentFactor> factor;
  std::optional<MeanMoments> damped;
};

/// Scales, zero points and codes of all of a weight. `input` is null where the method needs none,
/// and was made for what it needs. A storage without scales has but one way to be coded; of 16-bit
/// integers the codes are the nearest. Errors are those of `quantize`.
[[nodiscard]] std::optional<QuantizeError> chooseCodes(const Scheme &scheme, CodeMethod method,
                                                       const InputModel *input, MatrixView matrix,
                                                       QuantizedView result,
                                                       const ForEach &threads = {});

} // namespace qlinalg

#endif // QLINALG_NUMERICS_CODEMETHOD_H
