//===- ResultRule.h - How a matmul's result becomes codes -------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_RESULTRULE_H
#define QLINALG_TRANSFORMS_RESULTRULE_H

#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

/// What `requantize=` and recipes say.
struct ResultRule {
  /// The result stays f32.
  bool isNone = true;
  /// In integers; nothing: by a float scale.
  std::optional<Requantize> integers;

  static constexpr llvm::StringLiteral names = "none, float, exact or twice";

  static std::optional<ResultRule> parse(llvm::StringRef name) {
    if (name == "none")
      return ResultRule();
    std::optional<Requantize> rule = symbolizeRequantize(name);
    if (!rule && name != "float")
      return std::nullopt;
    return ResultRule{false, rule};
  }
};

/// A discardable attribute of `qlinalg.matmul`: the rule of its own, by name.
inline constexpr llvm::StringLiteral resultRuleAttrName = "qlinalg.requantize";

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_RESULTRULE_H
