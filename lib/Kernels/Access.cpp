//===- Access.cpp - Which memory a linalg op touches, and where -----------===//

#include "QLinalg/Kernels/Access.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;

namespace qlinalg::kernels {

using Indices = SmallVector<AffineExpr>;

/// The dimension of `group` that is not of size 1, if there is one; fails where there are several.
static FailureOr<std::optional<int64_t>> getOnlyDim(const ReassociationIndices &group,
                                                    MemRefType longer) {
  std::optional<int64_t> only;
  for (int64_t dim : group) {
    if (longer.getDimSize(dim) == 1)
      continue;
    if (only)
      return failure();
    only = dim;
  }
  return only;
}

/// Indices into the longer of two shapes as those of the shorter. Nothing where dimensions other
/// than those of size 1 are merged.
static std::optional<Indices> mergeUnits(ArrayRef<ReassociationIndices> groups, MemRefType longer,
                                         const Indices &indices) {
  Indices merged;
  for (const ReassociationIndices &group : groups) {
    FailureOr<std::optional<int64_t>> only = getOnlyDim(group, longer);
    if (failed(only))
      return std::nullopt;
    merged.push_back(*only ? indices[**only] : getAffineConstantExpr(0, longer.getContext()));
  }
  return merged;
}

/// The opposite.
static std::optional<Indices> splitUnits(ArrayRef<ReassociationIndices> groups, MemRefType longer,
                                         const Indices &indices) {
  Indices split(longer.getRank(), getAffineConstantExpr(0, longer.getContext()));
  for (auto [group, index] : llvm::zip_equal(groups, indices)) {
    FailureOr<std::optional<int64_t>> only = getOnlyDim(group, longer);
    if (failed(only))
      return std::nullopt;
    if (*only)
      split[**only] = index;
  }
  return split;
}

static Access resolve(Value memref, Indices indices, bool writes) {
  while (Operation *op = memref.getDefiningOp()) {
    std::optional<Indices> next;
    if (auto expand = dyn_cast<memref::ExpandShapeOp>(op))
      next = mergeUnits(expand.getReassociationIndices(), expand.getResultType(), indices);
    else if (auto collapse = dyn_cast<memref::CollapseShapeOp>(op))
      next = splitUnits(collapse.getReassociationIndices(), collapse.getSrcType(), indices);
    else if (isa<memref::CastOp>(op))
      next = indices;
    if (!next)
      break;
    memref = op->getOperand(0);
    indices = *next;
  }
  return {memref, indices, writes};
}

SmallVector<Access> getAccesses(const Nest &nest) {
  linalg::LinalgOp op = nest.op;
  SmallVector<Access> accesses;
  for (OpOperand &operand : op->getOpOperands())
    if (isa<MemRefType>(operand.get().getType()))
      accesses.push_back(resolve(operand.get(),
                                 Indices(nest.maps[operand.getOperandNumber()].getResults()),
                                 op.isDpsInit(&operand)));
  op.getBlock()->walk([&](Operation *inner) {
    for (Value value : inner->getOperands())
      if (isa<MemRefType>(value.getType()))
        accesses.push_back({value, {}, false});
  });
  return accesses;
}

Value getRoot(Value memref) {
  while (Operation *op = memref.getDefiningOp()) {
    if (auto view = dyn_cast<ViewLikeOpInterface>(op))
      memref = view.getViewSource();
    else if (auto reshape = dyn_cast<memref::ReshapeOp>(op))
      memref = reshape.getSource();
    else
      break;
  }
  return memref;
}

static bool isAllocation(Value root) {
  return isa_and_present<memref::AllocOp, memref::AllocaOp>(root.getDefiningOp());
}

/// No other name leads to this allocation: nothing but views, loops and accesses use it.
static bool isOnlyName(Value memref) {
  return llvm::all_of(memref.getUsers(), [](Operation *user) {
    if (isa<ViewLikeOpInterface, memref::ReshapeOp>(user))
      return isOnlyName(user->getResult(0));
    return isa<linalg::LinalgOp, memref::LoadOp, memref::StoreOp, memref::CopyOp, memref::DeallocOp,
               memref::DimOp, memref::PrefetchOp, func::ReturnOp, MatmulOp, DynamicQuantizeOp>(
               user) ||
           user->getName().getDialectNamespace() == "vector";
  });
}

bool mayAlias(Value lhs, Value rhs) {
  lhs = getRoot(lhs);
  rhs = getRoot(rhs);
  if (lhs == rhs)
    return true;
  // Bufferization gives arguments of a function apart, and globals.
  auto isApart = [](Value root) {
    auto argument = dyn_cast<BlockArgument>(root);
    return isAllocation(root) || root.getDefiningOp<memref::GetGlobalOp>() ||
           (argument && isa<func::FuncOp>(argument.getOwner()->getParentOp()));
  };
  if (isApart(lhs) && isApart(rhs))
    return false;
  return !(isAllocation(lhs) && isOnlyName(lhs)) && !(isAllocation(rhs) && isOnlyName(rhs));
}

} // namespace qlinalg::kernels
