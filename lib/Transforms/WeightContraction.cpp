//===- WeightContraction.cpp - A contraction with a weight ----------------===//

#include "WeightContraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;

namespace qlinalg {

int64_t WeightContraction::getColumns() const {
  int64_t columns = 1;
  for (const Atom &atom : reducedAtoms)
    columns *= atom.size;
  return columns;
}

bool isMatmulFloat(Value value) {
  Type element = getElementTypeOrSelf(value);
  return element.isF32() || element.isF16() || element.isBF16() || element.isF64();
}

static Value skipCasts(Value value) {
  while (Operation *cast = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::TruncFOp>(cast))
      break;
    value = cast->getOperand(0);
  }
  return value;
}

/// The body is `acc + a * b`, in any order. linalg's contractions may apply any function to an
/// operand; a cast to a wider type changes nothing, a narrower one rounds and only named ops, which
/// cast to the result's type, mean it so.
static bool isMultiplyAdd(linalg::LinalgOp op) {
  Block &body = *op.getBlock();
  bool mayRound = !isa<linalg::GenericOp>(op.getOperation());
  // The sum may be cast to the accumulator's type.
  auto isRounded = [](Operation &inner) {
    return isa<arith::TruncFOp>(inner) &&
           !llvm::all_of(inner.getUsers(), llvm::IsaPred<linalg::YieldOp>);
  };
  if (!mayRound && llvm::any_of(body, isRounded))
    return false;
  auto sum = skipCasts(body.getTerminator()->getOperand(0)).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  Value lhs = skipCasts(sum.getLhs()), rhs = skipCasts(sum.getRhs()),
        accumulator = body.getArgument(2);
  auto product = (lhs == accumulator ? rhs : lhs).getDefiningOp<arith::MulFOp>();
  if (!product || (lhs != accumulator && rhs != accumulator))
    return false;
  lhs = skipCasts(product.getLhs());
  rhs = skipCasts(product.getRhs());
  Value first = body.getArgument(0), second = body.getArgument(1);
  return (lhs == first && rhs == second) || (lhs == second && rhs == first);
}

/// The weight's side, traced; the right one where both are constants.
static FailureOr<WeightContraction> findWeight(linalg::LinalgOp op, std::string &why) {
  why.clear();
  for (bool lhs : {false, true}) {
    OpOperand *operand = op.getDpsInputOperand(lhs ? 0 : 1);
    std::string reason;
    FailureOr<WeightView> view = traceWeight(operand->get(), reason);
    if (failed(view) || !isMatmulFloat(view->root)) {
      if (why.empty())
        why = reason;
      continue;
    }
    OpOperand *other = op.getDpsInputOperand(lhs ? 1 : 0);
    WeightContraction result{op, lhs, *view, other->get(), {}, {}, {}, {}, {}, {}};
    result.activationMap = op.getMatchingIndexingMap(other);
    result.initMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    return result;
  }
  if (why.empty())
    why = "weight is not a constant";
  return failure();
}

static bool isRepeated(const ViewDim &dim) {
  return !dim.empty() && llvm::all_of(dim, [](const Atom &atom) { return atom.isBroadcast(); });
}

/// Sorts the weight's loops into those summed over and those kept.
static LogicalResult sortLoops(WeightContraction &result, AffineMap weightMap, std::string &why) {
  for (unsigned loop = 0; loop < weightMap.getNumDims(); ++loop)
    if (!result.initMap.isFunctionOfDim(loop) &&
        (!weightMap.isFunctionOfDim(loop) || !result.activationMap.isFunctionOfDim(loop))) {
      why = "a dimension that is summed over is not in both operands";
      return failure();
    }
  for (auto [index, whole] : llvm::enumerate(result.weight.dims)) {
    ViewDim dim;
    llvm::copy_if(whole, std::back_inserter(dim), [](const Atom &atom) { return atom.size != 1; });
    unsigned loop = weightMap.getDimPosition(index);
    bool inInit = result.initMap.isFunctionOfDim(loop);
    bool inActivation = result.activationMap.isFunctionOfDim(loop);
    // Repeated along a batch (or of size 1 there), the weight does not have that loop.
    if (inInit && inActivation && (isRepeated(dim) || dim.empty()))
      continue;
    if (llvm::any_of(dim, [](const Atom &atom) { return atom.isBroadcast(); })) {
      why = "weight is broadcast along a dimension that is not a batch";
      return failure();
    }
    (inInit ? result.kept : result.reduced).push_back({loop, dim});
  }
  if (result.reduced.empty()) {
    why = "weight has no contracted dimension";
    return failure();
  }
  return success();
}

/// Orders the kept loops as the weight stores them; fails where two are interleaved.
static LogicalResult orderKept(WeightContraction &result, std::string &why) {
  auto stride = [](const ViewDim &dim) { return dim.empty() ? INT64_MAX : dim.front().stride; };
  llvm::sort(result.kept, [&](const auto &a, const auto &b) {
    int64_t x = stride(a.second), y = stride(b.second);
    return x != y ? x > y : a.first < b.first;
  });
  int64_t last = INT64_MAX;
  for (auto &[loop, dim] : result.kept)
    for (const Atom &atom : dim) {
      if (atom.stride > last) {
        why = "weight's dimensions are interleaved in memory in another order than in the "
              "contraction";
        return failure();
      }
      last = atom.stride;
    }
  return success();
}

/// Dimensions of size 1 of the root that are not summed over: they say nothing, but codes are
/// stored with them.
static SmallVector<Atom> keptUnits(const WeightContraction &contraction, AffineMap weightMap) {
  llvm::SmallSet<int, 4> reduced;
  for (auto [index, dim] : llvm::enumerate(contraction.weight.dims))
    if (!contraction.initMap.isFunctionOfDim(weightMap.getDimPosition(index)))
      for (const Atom &atom : dim)
        reduced.insert(atom.rootDim);
  SmallVector<Atom> units;
  ArrayRef<int64_t> shape = contraction.weight.getRootType().getShape();
  int64_t stride = 1;
  for (int dim = shape.size() - 1; dim >= 0; --dim) {
    if (shape[dim] == 1 && !reduced.contains(dim))
      units.push_back({1, stride, dim});
    stride *= shape[dim];
  }
  return units;
}

LogicalResult checkFloatContraction(linalg::LinalgOp op, std::string &why) {
  if (!linalg::isaContractionOpInterface(op)) {
    why = linalg::isaConvolutionOpInterface(op) ? "convolution" : "not a contraction";
    return failure();
  }
  if (!op.hasPureTensorSemantics()) {
    why = "operands are not tensors";
    return failure();
  }
  if (!isMatmulFloat(op.getDpsInputOperand(0)->get()) ||
      !isMatmulFloat(op.getDpsInputOperand(1)->get()) ||
      !isMatmulFloat(op.getDpsInitOperand(0)->get())) {
    why = "operands are not floats";
    return failure();
  }
  if (!isMultiplyAdd(op)) {
    why = "operands are changed before they are multiplied";
    return failure();
  }
  return success();
}

FailureOr<WeightContraction> matchWeightContraction(linalg::LinalgOp op, std::string &why) {
  if (failed(checkFloatContraction(op, why)))
    return failure();
  FailureOr<WeightContraction> result = findWeight(op, why);
  if (failed(result))
    return failure();
  AffineMap weightMap =
      op.getMatchingIndexingMap(op.getDpsInputOperand(result->weightIsLhs ? 0 : 1));
  if (failed(sortLoops(*result, weightMap, why)) || failed(orderKept(*result, why)))
    return failure();
  SmallVector<Atom> reduced, kept = keptUnits(*result, weightMap);
  for (auto &[loop, dim] : result->reduced)
    reduced.append(dim.begin(), dim.end());
  for (auto &[loop, dim] : result->kept)
    kept.append(dim.begin(), dim.end());
  result->reducedAtoms = inStoredOrder(reduced);
  result->keptAtoms = inStoredOrder(kept);
  return result;
}

} // namespace qlinalg
