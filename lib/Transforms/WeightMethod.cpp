//===- WeightMethod.cpp - How the codes of a weight are chosen ------------===//

#include "WeightMethod.h"

namespace qlinalg {

std::optional<WeightMethod> parseWeightMethod(llvm::StringRef name) {
  // `mse` is the same search in both; that of Quantize.h looks at rows as they come.
  if (std::optional<Method> method = parseMethod(name))
    return WeightMethod{*method, std::nullopt, std::nullopt};
  // What is AWQ about it was done to the weight before.
  if (name == "awq")
    return WeightMethod{Method::Nearest, std::nullopt, CodeMethod::Weighted};
  if (std::optional<CodeMethod> codes = parseCodeMethod(std::string_view(name)))
    return WeightMethod{Method::Nearest, std::nullopt, codes};
  if (std::optional<RangeMethod> ranges = parseRangeMethod(name))
    return WeightMethod{Method::Nearest, ranges, std::nullopt};
  return std::nullopt;
}

} // namespace qlinalg
