//===- ScaleMigration.h - Factors into the constants behind -----*- C++ -*-===//
//
// A value times v, one factor for each index of one of its dimensions, is often the same program
// with other constants: v goes through sums into both terms, through products into one factor,
// through max(x, 0) (v is positive), reshapes and transposes, and through a matmul into the rows of
// its weight and into its bias.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_SCALEMIGRATION_H
#define QLINALG_TRANSFORMS_SCALEMIGRATION_H

#include "WeightView.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace qlinalg {

/// A constant or a parameter that is multiplied along `along`, whose atoms are the vector's index,
/// major first.
struct ConstantChange {
  mlir::Value root;
  /// What reads the root here. A constant may have other readers, which keep it.
  mlir::OpOperand *reader;
  ViewDim along;
};

class ScaleMigration {
public:
  explicit ScaleMigration(mlir::ModuleOp module);

  /// What has to be multiplied so that `value` is, along `dim`; nothing where some of that has
  /// other readers, or is no constant. The readers of `value` itself are not looked at.
  std::optional<llvm::SmallVector<ConstantChange>> find(mlir::Value value, unsigned dim);

  /// The constant or parameter that `operand` is a view of, when nothing else reads it.
  std::optional<ConstantChange> findRoot(mlir::OpOperand &operand,
                                         llvm::ArrayRef<Atom> along) const;

private:
  bool reach(mlir::OpOperand &operand, unsigned dim);
  bool reachProducer(mlir::Value value, unsigned dim);
  bool reachElement(mlir::Value element, mlir::linalg::LinalgOp op, unsigned loop);
  bool reachContraction(mlir::linalg::LinalgOp op, unsigned loop);
  bool either(mlir::Value a, mlir::Value b, mlir::linalg::LinalgOp op, unsigned loop);

  /// How often each parameter is loaded.
  llvm::StringMap<unsigned> loads;
  llvm::SmallVector<ConstantChange> changes;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_SCALEMIGRATION_H
