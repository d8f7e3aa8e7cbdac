//===- IntegerSums.cpp - Runs of k that are summed in integers ------------===//

#include "QLinalg/Kernels/IntegerSums.h"

#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <numeric>

using namespace mlir;

namespace qlinalg::kernels {

/// The proof on the op, else the worst that codes and the length of a run allow.
static bool fitsIn32Bits(const Contraction &c, int64_t run) {
  // They are what they are modulo 2^32.
  if (c.keepsIntegers)
    return true;
  MatmulOp op = c.op;
  if (std::optional<AccumulatorAttr> proof = op.getAccumulator())
    return proof->getWidth() <= 32;
  if (run == 0)
    run = c.staticSizes[c.k];
  if (ShapedType::isDynamic(run))
    return false;
  int64_t product =
      largestDifference(c.rows.scheme.getValue()) * largestDifference(c.columns.scheme.getValue());
  return run <= std::numeric_limits<int32_t>::max() / product;
}

IntegerRuns getIntegerRuns(const Contraction &c) {
  int64_t rows = c.rows.getGroup(), columns = c.columns.getGroup();
  // gcd(0, x) is x, and a run is no longer than the shorter group.
  int64_t longest = rows && columns ? std::min(rows, columns) : std::max(rows, columns);
  return {std::gcd(rows, columns), rows, columns, fitsIn32Bits(c, longest) ? 32u : 64u};
}

bool IntegerRuns::isEvery() const {
  return rowGroup == 0 || columnGroup == 0 || step == rowGroup || step == columnGroup;
}

Value isRunEnd(ImplicitLocOpBuilder &b, const IntegerRuns &runs, Value end, Value size) {
  Value isEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, end, size);
  for (int64_t group : {runs.rowGroup, runs.columnGroup}) {
    Value isGroupEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, remainder(b, end, group),
                                             indexConstant(b, 0));
    isEnd = arith::OrIOp::create(b, isEnd, isGroupEnd);
  }
  return isEnd;
}

} // namespace qlinalg::kernels
