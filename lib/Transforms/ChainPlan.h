//===- ChainPlan.h - Which matmuls give codes -------------------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_CHAINPLAN_H
#define QLINALG_LIB_TRANSFORMS_CHAINPLAN_H

#include "ChainMatmul.h"
#include "ResultRule.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"

#include <memory>

namespace qlinalg {

/// What becomes of the result of a matmul.
enum class ChainForm {
  /// The result stays f32.
  None,
  /// Codes by a scale, and by multipliers and shifts.
  Scale,
  Integers,
  /// The integer sums, for another matmul that adds them.
  Sums
};

/// A matmul with an f32 result, and what is to become of it.
struct ChainLink {
  MatmulOp op;
  ChainReaders readers;
  /// Its own where a recipe says so, else that of the module.
  ResultRule rule;
  /// Adds to `outs` that are not zeros.
  bool addsToOuts;
  ChainForm form = ChainForm::None;
  std::optional<IntegerForm> integers;
  MappedNumbers<FixedPointScale> codeScales;
  ResidualForm residual;
  CodesForm codes;
  /// Why it is not integers; and why the result stays f32.
  std::string why, whyFloat;

  bool isWanted() const { return !readers.quantizes.empty(); }
};

/// By the matmul, in the order of the module.
using ChainLinks = llvm::MapVector<mlir::Operation *, std::unique_ptr<ChainLink>>;

/// Plans for all matmuls of `module` with an f32 result; an error where one has a rule that there
/// is not.
mlir::FailureOr<ChainLinks> planChains(mlir::ModuleOp module, KnownNumbers &numbers,
                                       ResultRule rule);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_CHAINPLAN_H
