//===- WeightMethod.h - How the codes of a weight are chosen ----*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_WEIGHTMETHOD_H
#define QLINALG_TRANSFORMS_WEIGHTMETHOD_H

#include "QLinalg/Numerics/CodeMethod.h"
#include "QLinalg/Numerics/RangeMethod.h"

#include "llvm/ADT/StringRef.h"

namespace qlinalg {

/// A method of Quantize.h, one of RangeMethod.h for each run that shares a scale, or one of
/// CodeMethod.h for the whole weight.
struct WeightMethod {
  Method method = Method::Nearest;
  std::optional<RangeMethod> ranges;
  std::optional<CodeMethod> codes;

  /// The best of all for the whole weight, where statistics say what that is; of the range methods
  /// for each run else.
  bool isAuto() const { return ranges && ranges->kind == RangeKind::Auto; }
};

/// What `method=` takes, for messages.
inline constexpr llvm::StringLiteral weightMethodNames =
    "nearest, mse, weighted, hqq, awq, gptq, rounding, minmax, average, percentile:P, deviations:K, "
    "entropy or auto";

std::optional<WeightMethod> parseWeightMethod(llvm::StringRef name);

/// A discardable attribute of `qlinalg.quantize`: the method of this weight, where it is not that
/// of
/// `--qlinalg-freeze`.
inline constexpr llvm::StringLiteral methodAttrName = "qlinalg.method";

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WEIGHTMETHOD_H
