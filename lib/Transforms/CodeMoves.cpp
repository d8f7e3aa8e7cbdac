//===- CodeMoves.cpp - Ops that do to codes what they do to floats --------===//

#include "CodeMoves.h"

#include "EpiloguePeel.h"
#include "Generic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallBitVector.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

/// `op` where it computes each element of its one result from one of each input, else null.
static linalg::LinalgOp getElementwise(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() || linalgOp.getNumDpsInits() != 1 ||
      linalgOp.getNumParallelLoops() != linalgOp.getNumLoops() ||
      !linalgOp.getIndexingMapsArray().back().isPermutation())
    return nullptr;
  return linalgOp;
}

bool isElementwise(Operation *op) { return getElementwise(op) != nullptr; }

Value moveCodes(ImplicitLocOpBuilder &b, Operation *op, Value codes) {
  Type element = getElementTypeOrSelf(codes.getType());
  auto type = cast<RankedTensorType>(op->getResult(0).getType()).clone(element);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return tensor::CollapseShapeOp::create(b, type, codes, collapse.getReassociationIndices());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return tensor::ExpandShapeOp::create(b, type, codes, expand.getReassociationIndices(),
                                         expand.getMixedOutputShape());
  if (isa<tensor::CastOp>(op))
    return tensor::CastOp::create(b, type, codes);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return tensor::ExtractSliceOp::create(b, type, codes, slice.getMixedOffsets(),
                                          slice.getMixedSizes(), slice.getMixedStrides());
  auto moving = cast<linalg::LinalgOp>(op);
  AffineMap map = moving.getMatchingIndexingMap(getCodeStep(op)->source);
  AffineMap result = moving.getIndexingMapsArray().back();
  if (map == result)
    return b.createOrFold<tensor::CastOp>(type, codes);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), moving.getDpsInits().front());
  Value empty = createEmpty(b, type, sizes);
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
    return linalg::TransposeOp::create(b, codes, empty, transpose.getPermutation())->getResult(0);
  auto yield = [](ImplicitLocOpBuilder &, ValueRange elements) -> SmallVector<Value> {
    return {elements.front()};
  };
  return createGeneric(b, codes, empty, {map, result}, llvm::SmallBitVector(moving.getNumLoops()),
                       yield)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Clamp Clamp::then(const Clamp &next) const {
  auto apply = [&](double bound) { return std::min(std::max(bound, next.least), next.greatest); };
  return {apply(least), apply(greatest), keepsNaN && next.keepsNaN};
}

namespace {
/// A body of one element that is clamped step by step.
struct ClampBody {
  linalg::LinalgOp op;
  /// The element so far.
  Value value;
  Clamp clamp;

  /// The number that `other` is everywhere.
  std::optional<double> getNumber(Value other);
  bool takeMinMax(Operation *user);
  bool takeSelect(arith::CmpFOp compare, arith::SelectOp select);
  bool takeStep();
};
} // namespace

std::optional<double> ClampBody::getNumber(Value other) {
  FloatAttr number;
  if (matchPattern(other, m_Constant(&number)))
    return number.getValueAsDouble();
  auto argument = dyn_cast<BlockArgument>(other);
  if (!argument || argument.getOwner() != op.getBlock())
    return std::nullopt;
  OpOperand &operand = op->getOpOperand(argument.getArgNumber());
  if (!isa<RankedTensorType>(operand.get().getType()))
    return matchPattern(operand.get(), m_Constant(&number))
               ? std::optional(number.getValueAsDouble())
               : std::nullopt;
  return getSplat({operand.get(), op.getMatchingIndexingMap(&operand)});
}

/// max(value, c), min(value, c)
bool ClampBody::takeMinMax(Operation *user) {
  bool isMax = isa<arith::MaximumFOp, arith::MaxNumFOp>(user);
  if (!isMax && !isa<arith::MinimumFOp, arith::MinNumFOp>(user))
    return false;
  std::optional<double> bound = getNumber(user->getOperand(user->getOperand(0) == value ? 1 : 0));
  if (!bound || std::isnan(*bound))
    return false;
  Clamp next;
  (isMax ? next.least : next.greatest) = *bound;
  next.keepsNaN = isa<arith::MaximumFOp, arith::MinimumFOp>(user);
  clamp = clamp.then(next);
  value = user->getResult(0);
  return true;
}

/// value < c ? c : value, and the like.
bool ClampBody::takeSelect(arith::CmpFOp compare, arith::SelectOp select) {
  if (!compare || !select || select.getCondition() != compare.getResult())
    return false;
  bool valueFirst = compare.getLhs() == value;
  Value other = valueFirst ? compare.getRhs() : compare.getLhs();
  std::optional<double> bound = getNumber(other);
  bool takesValue = select.getTrueValue() == value && select.getFalseValue() == other;
  bool takesBound = select.getTrueValue() == other && select.getFalseValue() == value;
  if (!bound || std::isnan(*bound) || takesValue == takesBound)
    return false;
  using P = arith::CmpFPredicate;
  P predicate = compare.getPredicate();
  bool less = llvm::is_contained({P::OLT, P::OLE, P::ULT, P::ULE}, predicate);
  bool greater = llvm::is_contained({P::OGT, P::OGE, P::UGT, P::UGE}, predicate);
  bool unordered = llvm::is_contained({P::ULT, P::ULE, P::UGT, P::UGE}, predicate);
  if (!less && !greater)
    return false;
  // The value is taken where it is less: a minimum.
  bool isMin = (less == valueFirst) == takesValue;
  Clamp next;
  (isMin ? next.greatest : next.least) = *bound;
  next.keepsNaN = unordered == takesValue;
  clamp = clamp.then(next);
  value = select.getResult();
  return true;
}

bool ClampBody::takeStep() {
  SmallVector<Operation *> users(value.user_begin(), value.user_end());
  if (users.size() == 1)
    return takeMinMax(users.front());
  if (users.size() != 2)
    return false;
  for (auto [i, user] : llvm::enumerate(users))
    if (auto compare = dyn_cast<arith::CmpFOp>(user))
      return takeSelect(compare, dyn_cast<arith::SelectOp>(users[1 - i]));
  return false;
}

std::optional<CodeStep> getCodeStep(Operation *op) {
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp, tensor::ExtractSliceOp>(
          op))
    return CodeStep{&op->getOpOperand(0), {}};
  linalg::LinalgOp step = getElementwise(op);
  if (!step)
    return std::nullopt;
  for (OpOperand *input : step.getDpsInputOperands()) {
    if (!isa<RankedTensorType>(input->get().getType()) ||
        !step.getMatchingIndexingMap(input).isProjectedPermutation())
      continue;
    ClampBody body{step, step.getMatchingBlockArgument(input), {}};
    if (!isa<mlir::FloatType>(body.value.getType()))
      continue;
    while (body.takeStep())
      ;
    if (body.value == step.getBlock()->getTerminator()->getOperand(0))
      return CodeStep{input, body.clamp};
  }
  return std::nullopt;
}

} // namespace qlinalg
