//===- AccumulatorProof.cpp - How wide integer sums become ----------------===//
//
// A sum of products over a run of K is at most `sum |w - zero| * max |a|`. The weights are constants, so the first
// factor is exact, over all rows and runs; the second follows from the scheme of the activation.
//
//===----------------------------------------------------------------------===//

#include "AccumulatorProof.h"

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

/// The greatest |code - zero| of values quantized by `scheme`. For symmetric ones it is 2^(b-1), not one less: a scale
/// that was rounded to a denormal lets a code come that far.
static int64_t largestCode(const Scheme &scheme) {
  int64_t range = maxCode(scheme.storage) - minCode(scheme.storage);
  return scheme.symmetric ? (range + 1) / 2 : range;
}

void proveAccumulators(QuantizeOp op, const WeightRows &rows, QuantizedView weight) {
  Scheme scheme = op.getScheme().getValue();
  SmallVector<std::pair<MatmulOp, bool>> matmuls;
  collectMatmuls(op.getResult(), matmuls);
  for (auto [matmul, weightIsLhs] : matmuls) {
    if (!matmul.isInteger())
      continue;
    Scheme other = (weightIsLhs ? matmul.getRhsScheme() : matmul.getLhsScheme())->getValue();
    int64_t run = scheme.group;
    if (other.group && (run == 0 || other.group < run))
      run = other.group;
    int64_t sum = largestAbsoluteSum(scheme, rows.getRows(), rows.getColumns(), run, weight.codes,
                                     weight.zeroPoints);
    int64_t bound = sum * largestCode(other);
    unsigned width = llvm::isInt<16>(bound) ? 16 : llvm::isInt<32>(bound) ? 32 : 64;
    matmul.setAccumulatorAttr(AccumulatorAttr::get(op.getContext(), width, bound));
  }
}

} // namespace qlinalg
