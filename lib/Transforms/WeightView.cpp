//===- WeightView.cpp - A weight seen through layout ops ------------------===//

#include "WeightView.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MLProgram/IR/MLProgramAttributes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Roots
//===----------------------------------------------------------------------===//

/// The whole of `root`, as it stands.
static WeightView viewOfRoot(Value root) {
  WeightView view{root, {}};
  ArrayRef<int64_t> shape = view.getRootType().getShape();
  view.dims.resize(shape.size());
  int64_t stride = 1;
  for (int dim = shape.size() - 1; dim >= 0; --dim) {
    view.dims[dim].push_back({shape[dim], stride, dim});
    stride *= shape[dim];
  }
  return view;
}

/// A constant of the IR, or a global that nothing writes.
static bool isRoot(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape())
    return false;
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return isa<ElementsAttr>(constant.getValue());
  auto load = value.getDefiningOp<ml_program::GlobalLoadConstOp>();
  if (!load)
    return false;
  auto global =
      SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(load, load.getGlobalAttr());
  if (!global || global.getIsMutable() || !global.getValue())
    return false;
  // Upstream verifies neither kind nor type of the initial value.
  auto initial = dyn_cast<TypedAttr>(*global.getValue());
  return initial && isa<ElementsAttr, ml_program::ExternAttr>(initial) && initial.getType() == type;
}

//===----------------------------------------------------------------------===//
// One step
//===----------------------------------------------------------------------===//

static LogicalResult throughTranspose(linalg::TransposeOp op, WeightView &view) {
  SmallVector<ViewDim> dims;
  for (int64_t dim : op.getPermutation())
    dims.push_back(view.dims[dim]);
  view.dims = std::move(dims);
  return success();
}

static ViewDim repetition(int64_t size) {
  return size == 1 ? ViewDim() : ViewDim{Atom{size, 0, -1}};
}

static LogicalResult throughBroadcast(linalg::BroadcastOp op, WeightView &view) {
  auto type = cast<ShapedType>(op.getInit().getType());
  SmallVector<ViewDim> dims;
  unsigned next = 0;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    dims.push_back(llvm::is_contained(op.getDimensions(), dim) ? repetition(type.getDimSize(dim))
                                                               : view.dims[next++]);
  view.dims = std::move(dims);
  return success();
}

/// A generic that yields its input, perhaps cast to a wider or narrower float: a copy, a transpose,
/// a broadcast.
static bool yieldsItsInput(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 || op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isPermutation())
    return false;
  Value yielded = op.getBody()->getTerminator()->getOperand(0);
  while (Operation *cast = yielded.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::TruncFOp>(cast))
      return false;
    yielded = cast->getOperand(0);
  }
  return yielded == op.getBody()->getArgument(0);
}

static bool isUnit(const ViewDim &dim) {
  return llvm::all_of(dim, [](const Atom &atom) { return atom.size == 1; });
}

static LogicalResult throughGeneric(linalg::GenericOp op, WeightView &view) {
  AffineMap in = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto type = cast<ShapedType>(op.getResult(0).getType());
  SmallVector<ViewDim> dims;
  for (auto [index, expr] : llvm::enumerate(out.getResults()))
    dims.push_back(repetition(type.getDimSize(index)));
  llvm::SmallBitVector seen(dims.size());
  for (auto [index, expr] : llvm::enumerate(in.getResults())) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      std::optional<unsigned> position = out.getResultPosition(dim);
      // A diagonal is no view.
      if (seen.test(*position))
        return failure();
      seen.set(*position);
      dims[*position] = view.dims[index];
    } else if (!isa<AffineConstantExpr>(expr) || !isUnit(view.dims[index])) {
      return failure();
    }
  }
  view.dims = std::move(dims);
  return success();
}

static LogicalResult throughCollapse(tensor::CollapseShapeOp op, WeightView &view) {
  SmallVector<ViewDim> dims;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    ViewDim &dim = dims.emplace_back();
    for (int64_t index : group)
      dim.append(view.dims[index]);
  }
  view.dims = std::move(dims);
  return success();
}

/// Takes atoms of `size` elements in all from the front of `atoms`, splitting one where it must.
static FailureOr<ViewDim> takeAtoms(ViewDim &atoms, int64_t size) {
  ViewDim taken;
  while (size != 1) {
    if (atoms.empty())
      return failure();
    Atom first = atoms.front();
    if (first.size == size) {
      taken.push_back(first);
      atoms.erase(atoms.begin());
      return taken;
    }
    if (ShapedType::isDynamic(first.size) || ShapedType::isDynamic(size) || first.size == 0 ||
        size == 0)
      return failure();
    if (size % first.size == 0) {
      taken.push_back(first);
      atoms.erase(atoms.begin());
      size /= first.size;
      continue;
    }
    if (first.size % size != 0)
      return failure();
    int64_t rest = first.size / size;
    taken.push_back({size, first.stride * rest, first.rootDim});
    atoms.front().size = rest;
    size = 1;
  }
  return taken;
}

static LogicalResult throughExpand(tensor::ExpandShapeOp op, WeightView &view) {
  ArrayRef<int64_t> shape = op.getResultType().getShape();
  SmallVector<ViewDim> dims(shape.size());
  for (auto [index, group] : llvm::enumerate(op.getReassociationIndices())) {
    ViewDim atoms = view.dims[index];
    for (int64_t dim : group) {
      FailureOr<ViewDim> taken = takeAtoms(atoms, shape[dim]);
      if (failed(taken))
        return failure();
      dims[dim] = *taken;
    }
    if (!isUnit(atoms))
      return failure();
    // Dimensions of size 1 of the root can go with any: the last.
    if (!group.empty())
      dims[group.back()].append(atoms);
  }
  view.dims = std::move(dims);
  return success();
}

/// The operand that `op` shows in another layout, or null.
static Value getViewed(Operation *op) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return yieldsItsInput(generic) ? generic.getDpsInputOperand(0)->get() : Value();
  if (isa<linalg::TransposeOp, linalg::BroadcastOp, linalg::CopyOp, tensor::CollapseShapeOp,
          tensor::ExpandShapeOp, tensor::CastOp, arith::ExtFOp, arith::TruncFOp, ObserveOp>(op) &&
      op->getNumOperands() > 0)
    return op->getOperand(0);
  return {};
}

static LogicalResult throughOp(Operation *op, WeightView &view) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](linalg::TransposeOp op) { return throughTranspose(op, view); })
      .Case([&](linalg::BroadcastOp op) { return throughBroadcast(op, view); })
      .Case([&](linalg::GenericOp op) { return throughGeneric(op, view); })
      .Case([&](tensor::CollapseShapeOp op) { return throughCollapse(op, view); })
      .Case([&](tensor::ExpandShapeOp op) { return throughExpand(op, view); })
      // Casts and observers leave every element where it is.
      .Default(success());
}

//===----------------------------------------------------------------------===//
// The whole way
//===----------------------------------------------------------------------===//

FailureOr<WeightView> traceWeight(Value value, std::string &why) {
  SmallVector<Operation *> path;
  why.clear();
  while (!isRoot(value)) {
    Operation *op = value.getDefiningOp();
    Value viewed = op ? getViewed(op) : Value();
    if (!viewed || !isa<RankedTensorType>(viewed.getType()))
      return failure();
    path.push_back(op);
    value = viewed;
  }
  WeightView view = viewOfRoot(value);
  if (view.getRootType().getNumElements() == 0) {
    why = "weight has no elements";
    return failure();
  }
  for (Operation *op : llvm::reverse(path))
    if (failed(throughOp(op, view))) {
      why = ("weight is not a constant but computed by " + op->getName().getStringRef()).str();
      return failure();
    }
  return view;
}

StringRef getLocationName(Location loc) {
  if (auto named = dyn_cast<NameLoc>(loc))
    return named.getName().getValue();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef name = getLocationName(part); !name.empty())
        return name;
  return "";
}

std::string getWeightName(Value root) {
  if (auto load = root.getDefiningOp<ml_program::GlobalLoadConstOp>())
    return load.getGlobal().getLeafReference().str();
  auto constant = root.getDefiningOp<arith::ConstantOp>();
  if (StringRef name = getLocationName(constant.getLoc()); !name.empty())
    return name.str();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
    return resource.getRawHandle().getKey().str();
  return "";
}

SmallVector<Atom> inStoredOrder(ArrayRef<Atom> atoms) {
  SmallVector<Atom> sorted(atoms);
  // Strides are all different but for those of size 1.
  llvm::sort(sorted, [](const Atom &a, const Atom &b) {
    return a.stride != b.stride ? a.stride > b.stride : a.rootDim < b.rootDim;
  });
  SmallVector<Atom> merged;
  for (const Atom &atom : sorted) {
    if (!merged.empty() && merged.back().rootDim == atom.rootDim && atom.size != 1 &&
        merged.back().stride == atom.size * atom.stride)
      merged.back() = {merged.back().size * atom.size, atom.stride, atom.rootDim};
    else
      merged.push_back(atom);
  }
  return merged;
}

} // namespace qlinalg
