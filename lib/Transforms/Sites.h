//===- Sites.h - What matmuls and their operands are called -----*- C++ -*-===//
//
// A contraction with a weight is called what the weight is called (WeightView.h), or FUNCTION.i
// where that has no name, i counting the contractions with weights in the function; further uses of
// one weight are NAME#2, NAME#3. Other contractions of floats are FUNCTION.bmm.i, counted apart.
// The operand beside a weight is the site NAME.input, those of other contractions NAME.lhs and
// NAME.rhs, a result NAME.output.
//
// An operand that is observed already keeps its name, and so does its contraction: what a program
// went through since does not matter then.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_TRANSFORMS_SITES_H
#define QLINALG_LIB_TRANSFORMS_SITES_H

#include "QuantizeGather.h"
#include "WeightContraction.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/StringSet.h"

#include <variant>
#include <vector>

namespace qlinalg {

/// What can be quantized or observed.
struct MatmulSite {
  /// A contraction with a weight, a gather from one, or a contraction of other floats.
  std::variant<WeightContraction, WeightGather, mlir::linalg::LinalgOp> what;
  /// What recipes call it: its weight, for all uses alike.
  std::string layer;
  /// Each different. A gather has none.
  std::string name;

  mlir::linalg::LinalgOp getOp() const;
};

inline constexpr llvm::StringLiteral inputSuffix = ".input", lhsSuffix = ".lhs", rhsSuffix = ".rhs",
                                     outputSuffix = ".output";

/// In the order of the module. `declined` hears of each op that looks like a matmul and is not one
/// with a weight, and why.
std::vector<MatmulSite>
findSites(mlir::ModuleOp module,
          llvm::function_ref<void(mlir::Operation *, llvm::StringRef)> declined);

/// What reads one of the observers of these sites reads the observed value instead.
void dropObservers(mlir::RewriterBase &rewriter, mlir::ModuleOp module,
                   const llvm::StringSet<> &sites);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_SITES_H
