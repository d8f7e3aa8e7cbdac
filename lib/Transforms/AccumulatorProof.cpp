//===- AccumulatorProof.cpp - How wide integer sums become ----------------===//
//
// A sum of products over a run of K is at most `sum |w - zero| * max |a|`. The weights are
// constants, so the first factor is exact, over all rows and runs; the second follows from the
// scheme of the activation.
//
//===----------------------------------------------------------------------===//

#include "AccumulatorProof.h"
#include "QLinalg/PairBound.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {

/// The matmuls that read `codes`, perhaps reshaped.
static void collectMatmuls(Value codes, SmallVector<std::pair<MatmulOp, bool>> &matmuls) {
  for (OpOperand &use : codes.getUses()) {
    if (auto matmul = dyn_cast<MatmulOp>(use.getOwner()))
      matmuls.push_back({matmul, use.getOperandNumber() == 0});
    else if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(use.getOwner()))
      collectMatmuls(use.getOwner()->getResult(0), matmuls);
  }
}

/// What `value` is a reshape of.
static Value beforeReshapes(Value value) {
  while (value &&
         isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// The matmul sums over the rows of `op`, whole, and reads their codes as `op` wrote them.
static bool sumsRows(MatmulOp matmul, bool weightIsLhs, QuantizeOp op, int64_t columns) {
  AffineMap map = weightIsLhs ? matmul.getLhsMap() : matmul.getRhsMap();
  Value zeroPoints = weightIsLhs ? matmul.getLhsZeroPoints() : matmul.getRhsZeroPoints();
  unsigned k = matmul.getReductionDim();
  return map.getDimPosition(map.getNumResults() - 1) == k &&
         matmul.getStaticLoopSizes()[k] == columns &&
         (weightIsLhs ? matmul.getLhsScheme() : matmul.getRhsScheme()) == op.getScheme() &&
         beforeReshapes(zeroPoints) == op.getZeroPoints();
}

void AccumulatorProof::addMatmulsOf(QuantizeOp op) {
  SmallVector<std::pair<MatmulOp, bool>> matmuls;
  collectMatmuls(op.getResult(), matmuls);
  for (auto [matmul, weightIsLhs] : matmuls) {
    if (!matmul.isInteger() || !sumsRows(matmul, weightIsLhs, op, columns))
      continue;
    Scheme other = (weightIsLhs ? matmul.getRhsScheme() : matmul.getLhsScheme())->getValue();
    int64_t run = scheme.group;
    if (other.group && (run == 0 || other.group < run))
      run = other.group;
    bounds.push_back({matmul, run, largestDifference(other)});
  }
}

static bool hasPairs(const Scheme &scheme) {
  return scheme.storage == Storage::Int8 && !storesZeroPoints(scheme);
}

void AccumulatorProof::addRows(const FrozenRows &rows) {
  if (!bounds.empty() && hasPairs(scheme))
    largestPair =
        std::max(largestPair, largestAbsolutePair(rows.count, columns, rows.codes.data()));
  for (Bound &bound : bounds)
    bound.sum = std::max(bound.sum, largestAbsoluteSum(scheme, rows.count, columns, bound.run,
                                                       rows.codes.data(), rows.zeroPoints));
}

void AccumulatorProof::apply() {
  for (Bound &bound : bounds) {
    int64_t value = bound.sum * bound.other;
    unsigned width = llvm::isInt<16>(value) ? 16 : llvm::isInt<32>(value) ? 32 : 64;
    bound.op.setAccumulatorAttr(AccumulatorAttr::get(bound.op.getContext(), width, value));
    if (hasPairs(scheme) && largestPair <= greatestExactPair)
      bound.op->setAttr(pairBoundAttrName,
                        Builder(bound.op.getContext()).getI64IntegerAttr(largestPair));
  }
}

} // namespace qlinalg
