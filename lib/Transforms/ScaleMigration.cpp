//===- ScaleMigration.cpp - Factors into the constants behind -------------===//

#include "ScaleMigration.h"

#include "WeightSource.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace qlinalg {

ScaleMigration::ScaleMigration(ModuleOp module) {
  module.walk([&](ml_program::GlobalLoadConstOp load) {
    ++loads[load.getGlobal().getLeafReference().getValue()];
  });
}

std::optional<ConstantChange> ScaleMigration::findRoot(OpOperand &operand,
                                                       ArrayRef<Atom> along) const {
  std::string why;
  FailureOr<WeightView> view = traceWeight(operand.get(), why);
  if (failed(view))
    return std::nullopt;
  OpOperand *reader = &operand;
  while (reader->get() != view->root) {
    if (!reader->get().hasOneUse())
      return std::nullopt;
    // Each op on the way shows its first operand in another layout.
    reader = &reader->get().getDefiningOp()->getOpOperand(0);
  }
  if (!floatTypeOf(view->getRootType().getElementType()))
    return std::nullopt;
  // An elided resource has nothing to multiply.
  ElementsAttr constant = getRootConstant(view->root);
  if (constant && !getConstantBytes(constant))
    return std::nullopt;
  if (auto load = view->root.getDefiningOp<ml_program::GlobalLoadConstOp>())
    if (!view->root.hasOneUse() || loads.lookup(load.getGlobal().getLeafReference()) != 1)
      return std::nullopt;
  return ConstantChange{view->root, reader, ViewDim(along)};
}

/// Times anything it is what it was.
static bool isZero(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  return matchPattern(value, m_AnyZeroFloat());
}

std::optional<SmallVector<ConstantChange>> ScaleMigration::find(Value value, unsigned dim) {
  changes.clear();
  if (!reachProducer(value, dim))
    return std::nullopt;
  return changes;
}

bool ScaleMigration::reach(OpOperand &operand, unsigned dim) {
  Value value = operand.get();
  if (isZero(value))
    return true;
  std::string why;
  if (FailureOr<WeightView> view = traceWeight(value, why); succeeded(view)) {
    // A repeated number cannot differ from index to index.
    const ViewDim &along = view->dims[dim];
    int64_t size = 1;
    for (const Atom &atom : along)
      size *= atom.isBroadcast() ? 0 : atom.size;
    if (size != cast<RankedTensorType>(value.getType()).getDimSize(dim))
      return false;
    std::optional<ConstantChange> change = findRoot(operand, along);
    if (change)
      changes.push_back(*change);
    return change.has_value();
  }
  return value.hasOneUse() && reachProducer(value, dim);
}

/// The one dimension of `group` whose size is not 1, or `group`'s only one.
static std::optional<int64_t> soleDim(ArrayRef<int64_t> group, ArrayRef<int64_t> shape) {
  std::optional<int64_t> found;
  for (int64_t dim : group) {
    if (shape[dim] == 1 && group.size() > 1)
      continue;
    if (found)
      return std::nullopt;
    found = dim;
  }
  return found;
}

bool ScaleMigration::reachProducer(Value value, unsigned dim) {
  Operation *producer = value.getDefiningOp();
  if (!producer)
    return false;
  return llvm::TypeSwitch<Operation *, bool>(producer)
      .Case<tensor::CastOp, ObserveOp>([&](auto op) { return reach(op->getOpOperand(0), dim); })
      .Case([&](linalg::TransposeOp op) {
        return reach(op->getOpOperand(0), op.getPermutation()[dim]);
      })
      .Case([&](tensor::CollapseShapeOp op) {
        std::optional<int64_t> source =
            soleDim(op.getReassociationIndices()[dim], op.getSrcType().getShape());
        return source && reach(op.getSrcMutable(), *source);
      })
      .Case([&](tensor::ExpandShapeOp op) {
        for (auto [source, group] : llvm::enumerate(op.getReassociationIndices()))
          if (llvm::is_contained(group, dim))
            return soleDim(group, op.getResultType().getShape()) == dim &&
                   reach(op.getSrcMutable(), source);
        return false;
      })
      .Case([&](linalg::LinalgOp op) {
        if (!op.hasPureTensorSemantics() || op.getNumDpsInits() != 1)
          return false;
        OpOperand *init = op.getDpsInitOperand(0);
        auto loop = dyn_cast<AffineDimExpr>(op.getMatchingIndexingMap(init).getResult(dim));
        if (!loop)
          return false;
        if (linalg::isaContractionOpInterface(op))
          return reachContraction(op, loop.getPosition());
        if (op.getNumParallelLoops() != op.getNumLoops() || op.payloadUsesValueFromOperand(init) ||
            !op.getMatchingIndexingMap(init).isPermutation())
          return false;
        Value yielded = op.getBlock()->getTerminator()->getOperand(0);
        return reachElement(yielded, op, loop.getPosition());
      })
      .Default(false);
}

/// The position of `loop` in the operand's map, where it stands for one dimension.
static std::optional<unsigned> positionOf(linalg::LinalgOp op, OpOperand *operand, unsigned loop) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  if (!map.isProjectedPermutation())
    return std::nullopt;
  return map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
}

bool ScaleMigration::reachContraction(linalg::LinalgOp op, unsigned loop) {
  OpOperand *scaled = nullptr;
  for (OpOperand *input : op.getDpsInputOperands())
    if (op.getMatchingIndexingMap(input).isFunctionOfDim(loop)) {
      // A batch: one of both would do; there is no weight then.
      if (scaled)
        return false;
      scaled = input;
    }
  if (!scaled)
    return false;
  OpOperand *init = op.getDpsInitOperand(0);
  std::optional<unsigned> position = positionOf(op, scaled, loop),
                          initPosition = positionOf(op, init, loop);
  return position && initPosition && reach(*scaled, *position) && reach(*init, *initPosition);
}

bool ScaleMigration::either(Value a, Value b, linalg::LinalgOp op, unsigned loop) {
  for (Value factor : {a, b}) {
    size_t before = changes.size();
    if (reachElement(factor, op, loop))
      return true;
    changes.truncate(before);
  }
  return false;
}

bool ScaleMigration::reachElement(Value element, linalg::LinalgOp op, unsigned loop) {
  if (matchPattern(element, m_AnyZeroFloat()))
    return true;
  if (!element.hasOneUse())
    return false;
  if (auto argument = dyn_cast<BlockArgument>(element)) {
    if (argument.getOwner() != op.getBlock())
      return false;
    OpOperand *operand = op.getMatchingOpOperand(argument);
    std::optional<unsigned> position = positionOf(op, operand, loop);
    return position && reach(*operand, *position);
  }
  Operation *body = element.getDefiningOp();
  return llvm::TypeSwitch<Operation *, bool>(body)
      .Case<arith::AddFOp, arith::SubFOp>([&](auto sum) {
        return reachElement(sum.getLhs(), op, loop) && reachElement(sum.getRhs(), op, loop);
      })
      .Case([&](arith::MulFOp product) {
        return either(product.getLhs(), product.getRhs(), op, loop);
      })
      .Case<arith::DivFOp, arith::NegFOp, arith::ExtFOp, arith::TruncFOp>(
          [&](Operation *linear) { return reachElement(linear->getOperand(0), op, loop); })
      // The factors are positive.
      .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto greater) {
        return matchPattern(greater.getRhs(), m_AnyZeroFloat()) &&
               reachElement(greater.getLhs(), op, loop);
      })
      .Default(false);
}

} // namespace qlinalg
