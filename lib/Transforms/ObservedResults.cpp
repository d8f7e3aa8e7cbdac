//===- ObservedResults.cpp - Which results need ranges --------------------===//

#include "ObservedResults.h"

#include "QLinalg/QLinalgDialect.h"
#include "WeightView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {

static bool isElementwise(linalg::LinalgOp op) {
  return op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
         op.getNumParallelLoops() == op.getNumLoops();
}

/// Whether `op` reads a tensor beside `value` that is no constant and no parameter.
static bool readsAnother(linalg::LinalgOp op, Value value) {
  return llvm::any_of(op.getDpsInputs(), [&](Value input) {
    std::string why;
    return input != value && isa<RankedTensorType>(input.getType()) &&
           failed(traceWeight(input, why));
  });
}

static bool isAddition(linalg::LinalgOp op) {
  if (isa<linalg::AddOp>(op.getOperation()))
    return true;
  Block &body = *op.getBlock();
  return isa<linalg::GenericOp>(op.getOperation()) && op.getNumDpsInputs() == 2 &&
         llvm::hasNItems(body.without_terminator(), 1) && isa<arith::AddFOp>(body.front()) &&
         body.getTerminator()->getOperand(0) == body.front().getResult(0);
}

Value getResultWithBias(linalg::LinalgOp matmul) {
  Value result = matmul->getResult(0), value = result;
  while (value.hasOneUse() && isa<ObserveOp>(*value.getUsers().begin()))
    value = value.getUsers().begin()->getResult(0);
  if (!value.hasOneUse())
    return result;
  auto addition = dyn_cast<linalg::LinalgOp>(*value.getUsers().begin());
  if (!addition || !isElementwise(addition) || !isAddition(addition) ||
      !llvm::is_contained(addition.getDpsInputs(), value) || readsAnother(addition, value))
    return result;
  return addition->getResult(0);
}

namespace {
/// Follows a result to the matmuls.
class Search {
public:
  explicit Search(const llvm::DenseSet<Operation *> &matmuls) : matmuls(matmuls) {}

  /// `combined` with another computed value so far.
  bool find(Value value, bool combined) {
    if (!visited[combined].insert(value).second)
      return false;
    return llvm::any_of(value.getUses(), [&](OpOperand &use) { return find(use, combined); });
  }

private:
  bool find(OpOperand &use, bool combined) {
    Operation *op = use.getOwner();
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    bool isInput = !linalgOp || linalgOp.isDpsInput(&use);
    if (matmuls.contains(op))
      return combined && isInput;
    if (linalgOp && isInput && isElementwise(linalgOp))
      return find(op->getResult(0), combined || readsAnother(linalgOp, use.get()));
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp, tensor::ExtractSliceOp,
            tensor::ConcatOp, ObserveOp>(op))
      return find(op->getResult(0), combined);
    return false;
  }

  const llvm::DenseSet<Operation *> &matmuls;
  /// Not combined, and combined.
  llvm::DenseSet<Value> visited[2];
};
} // namespace

bool isCombinedOnTheWay(Value result, const llvm::DenseSet<Operation *> &matmuls) {
  return Search(matmuls).find(result, /*combined=*/false);
}

} // namespace qlinalg
