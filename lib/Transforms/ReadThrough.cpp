//===- ReadThrough.cpp - An operand before it was moved about -------------===//

#include "ReadThrough.h"

#include "WeightContraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace qlinalg {

bool areEqual(Value lhs, Value rhs) {
  if (lhs == rhs)
    return true;
  Attribute first, second;
  return lhs && rhs && matchPattern(lhs, m_Constant(&first)) &&
         matchPattern(rhs, m_Constant(&second)) && first == second;
}

Value skipExtensions(Value value) {
  while (auto extension = value.getDefiningOp<arith::ExtFOp>())
    value = extension.getIn();
  return value;
}

std::optional<MappedTensor> readThrough(const MappedTensor &operand) {
  auto op = operand.tensor.getDefiningOp<linalg::LinalgOp>();
  if (!op || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops())
    return std::nullopt;
  Block &body = *op.getBlock();
  Value source = op.getDpsInputs().front();
  if (skipExtensions(body.getTerminator()->getOperand(0)) != body.getArgument(0) ||
      !isa<RankedTensorType>(source.getType()) || !isMatmulFloat(source))
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!maps[0].isProjectedPermutation(/*allowZeroInResults=*/true) || !maps[1].isPermutation())
    return std::nullopt;
  return MappedTensor{source, maps[0].compose(inversePermutation(maps[1])).compose(operand.map)};
}

} // namespace qlinalg
