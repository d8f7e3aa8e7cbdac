//===- Loops.cpp - Index arithmetic and loops -----------------------------===//

#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace qlinalg::kernels {

Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}
Value add(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  return b.createOrFold<arith::AddIOp>(lhs, rhs);
}
Value add(ImplicitLocOpBuilder &b, Value lhs, int64_t rhs) {
  return rhs == 0 ? lhs : add(b, lhs, indexConstant(b, rhs));
}
Value subtract(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  return b.createOrFold<arith::SubIOp>(lhs, rhs);
}
Value multiply(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  return b.createOrFold<arith::MulIOp>(lhs, rhs);
}
Value multiply(ImplicitLocOpBuilder &b, Value lhs, int64_t rhs) {
  return multiply(b, lhs, indexConstant(b, rhs));
}
Value minimum(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  return b.createOrFold<arith::MinUIOp>(lhs, rhs);
}
Value divide(ImplicitLocOpBuilder &b, Value lhs, int64_t rhs) {
  return b.createOrFold<arith::DivUIOp>(lhs, indexConstant(b, rhs));
}
Value remainder(ImplicitLocOpBuilder &b, Value lhs, int64_t rhs) {
  return b.createOrFold<arith::RemUIOp>(lhs, indexConstant(b, rhs));
}
Value divideUp(ImplicitLocOpBuilder &b, Value lhs, int64_t rhs) {
  return divide(b, add(b, lhs, rhs - 1), rhs);
}

SmallVector<Value> delinearize(ImplicitLocOpBuilder &b, Value linear, ArrayRef<Value> sizes) {
  SmallVector<Value> indices(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    if (i == 0) {
      indices[i] = linear;
      break;
    }
    indices[i] = b.createOrFold<arith::RemUIOp>(linear, sizes[i]);
    linear = b.createOrFold<arith::DivUIOp>(linear, sizes[i]);
  }
  return indices;
}

void forEach(ImplicitLocOpBuilder &b, Value begin, Value end, int64_t step, LoopBody body) {
  auto loop = scf::ForOp::create(b, begin, end, indexConstant(b, step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void forEachParallel(ImplicitLocOpBuilder &b, Value count, bool parallel, LoopBody body) {
  Value zero = indexConstant(b, 0);
  if (!parallel)
    return forEach(b, zero, count, 1, body);
  auto loop = scf::ParallelOp::create(b, ValueRange{zero}, ValueRange{count},
                                      ValueRange{indexConstant(b, 1)});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars()[0]);
}

static void nest(ImplicitLocOpBuilder &b, ArrayRef<Value> sizes, SmallVector<Value> &indices,
                 function_ref<void(ArrayRef<Value>)> body) {
  if (indices.size() == sizes.size())
    return body(indices);
  forEach(b, indexConstant(b, 0), sizes[indices.size()], 1, [&](Value index) {
    indices.push_back(index);
    nest(b, sizes, indices, body);
    indices.pop_back();
  });
}

void forEachIndex(ImplicitLocOpBuilder &b, ArrayRef<Value> sizes,
                  function_ref<void(ArrayRef<Value>)> body) {
  SmallVector<Value> indices;
  nest(b, sizes, indices, body);
}

SmallVector<Value> forCarrying(ImplicitLocOpBuilder &b, Value begin, Value end, int64_t step,
                               ValueRange values,
                               function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  if (values.empty()) {
    forEach(b, begin, end, step, [&](Value index) { body(index, {}); });
    return {};
  }
  auto loop = scf::ForOp::create(b, begin, end, indexConstant(b, step), values);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(b, body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return SmallVector<Value>(loop.getResults());
}

void ifThenElse(ImplicitLocOpBuilder &b, Value condition, function_ref<void()> then,
                function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/static_cast<bool>(otherwise));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
  if (!otherwise)
    return;
  b.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

} // namespace qlinalg::kernels
