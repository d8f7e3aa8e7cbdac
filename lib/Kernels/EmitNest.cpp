//===- EmitNest.cpp - The loops of one linalg op --------------------------===//
//
//   along a parallel loop                   along a reduced loop
//
//   for v = 0 .. size by lanes              sums = neutral x 4
//     for k: update = body(update)          for v = 0 .. size by 4 lanes: sums = body(sums)
//     store                                 the rest by lanes, then the rest of that masked
//   the rest masked                         store init + (halves of (sums[0] + sums[1] + ..))
//
// The order of a sum depends on the shape and the target only, never on threads.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/NestBody.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

namespace {
struct Emitter {
  ImplicitLocOpBuilder &b;
  const Nest &nest;
  SmallVector<Value> sizes;
  NestBody body;
  /// The part of the vectors' loop to run; null: all of it.
  Value begin, end;

  using Values = SmallVector<Value>;

  void emitParallel(Coordinates coordinates, ArrayRef<unsigned> dims);
  void emitChunks(Coordinates coordinates);
  void emitInner(Coordinates coordinates, Value left);
  void emitElements(const Coordinates &coordinates, Value left);
  void emitReduction(const Coordinates &coordinates);
  Values reduceOver(Coordinates coordinates, ArrayRef<unsigned> dims, Values values,
                    function_ref<Values(const Coordinates &, Values)> step);
  Values reduceVectors(Coordinates coordinates, Values sums);
  Value combine(unsigned init, Value lhs, Value rhs);
  Value foldLanes(unsigned init, Value vector);
  Operation *getCombiner(unsigned init);
  unsigned getInitCount() {
    linalg::LinalgOp op = nest.op;
    return op.getNumDpsInits();
  }
};
} // namespace

void Emitter::emitParallel(Coordinates coordinates, ArrayRef<unsigned> dims) {
  if (!dims.empty())
    return forEach(b, indexConstant(b, 0), sizes[dims.front()], 1, [&](Value index) {
      coordinates[dims.front()] = index;
      emitParallel(coordinates, dims.drop_front());
    });
  if (!nest.vectorDim)
    emitElements(coordinates, nullptr);
  else if (nest.isReduction(*nest.vectorDim))
    emitReduction(coordinates);
  else
    emitChunks(coordinates);
}

void Emitter::emitChunks(Coordinates coordinates) {
  if (!nest.innerDim && nest.getReductionDims().empty())
    body.hoist(b, coordinates);
  unsigned dim = *nest.vectorDim;
  Value first = begin ? begin : indexConstant(b, 0), last = end ? end : sizes[dim];
  // A part begins at a multiple of the lanes.
  Value whole = subtract(b, last, remainder(b, last, nest.lanes));
  forEach(b, first, whole, nest.lanes, [&](Value index) {
    coordinates[dim] = index;
    emitInner(coordinates, nullptr);
  });
  if (nest.isWhole())
    return;
  auto emitRest = [&] {
    coordinates[dim] = whole;
    emitInner(coordinates, subtract(b, last, whole));
  };
  if (!end && !ShapedType::isDynamic(nest.sizes[dim]))
    return emitRest();
  Value isLeft = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, whole, last);
  ifThenElse(b, isLeft, emitRest, nullptr);
}

void Emitter::emitInner(Coordinates coordinates, Value left) {
  if (!nest.innerDim)
    return emitElements(coordinates, left);
  forEach(b, indexConstant(b, 0), sizes[*nest.innerDim], 1, [&](Value index) {
    coordinates[*nest.innerDim] = index;
    emitElements(coordinates, left);
  });
}

Emitter::Values Emitter::reduceOver(Coordinates coordinates, ArrayRef<unsigned> dims, Values values,
                                    function_ref<Values(const Coordinates &, Values)> step) {
  if (dims.empty())
    return step(coordinates, values);
  return forCarrying(b, indexConstant(b, 0), sizes[dims.front()], 1, values,
                     [&](Value index, ValueRange carried) {
                       coordinates[dims.front()] = index;
                       return reduceOver(coordinates, dims.drop_front(), Values(carried), step);
                     });
}

/// Elements, or a vector of them, over all of the reduced loops.
void Emitter::emitElements(const Coordinates &coordinates, Value left) {
  SmallVector<unsigned> reduced = nest.getReductionDims();
  linalg::LinalgOp op = nest.op;
  Values inits;
  for (auto [init, operand] : llvm::enumerate(op.getDpsInitsMutable())) {
    bool isRead = !reduced.empty() || op.payloadUsesValueFromOperand(&operand);
    inits.push_back(isRead ? body.loadInit(b, init, coordinates, left) : Value());
  }
  Values results = reduceOver(coordinates, reduced, inits, [&](const Coordinates &own, Values now) {
    return body.emit(b, own, now, left);
  });
  for (auto [init, result] : llvm::enumerate(results))
    body.storeInit(b, init, coordinates, result, left);
}

//===----------------------------------------------------------------------===//
// Along a reduced loop
//===----------------------------------------------------------------------===//

/// Sums that are independent of each other hide the latency of an addition (4 cycles, two in each).
static constexpr int64_t mostSums = 4;

Operation *Emitter::getCombiner(unsigned init) {
  linalg::LinalgOp op = nest.op;
  SmallVector<Operation *> combiners;
  matchReduction(op.getRegionOutputArgs(), init, combiners);
  return combiners.front();
}

Value Emitter::combine(unsigned init, Value lhs, Value rhs) {
  return clone(b, getCombiner(init), lhs.getType(), {lhs, rhs})->getResult(0);
}

/// One number: lanes of the first half with those of the second, again and again.
Value Emitter::foldLanes(unsigned init, Value vector) {
  for (int64_t lanes = nest.lanes / 2; lanes > 0; lanes /= 2) {
    auto half = [&](int64_t from) {
      return vector::ShuffleOp::create(b, vector, vector,
                                       llvm::to_vector(llvm::seq(from, from + lanes)));
    };
    vector = combine(init, half(0), half(lanes));
  }
  return vector::ExtractOp::create(b, vector, ArrayRef<int64_t>{0});
}

/// `sums` holds all results' first sums, then all second ones, and so on.
Emitter::Values Emitter::reduceVectors(Coordinates coordinates, Values sums) {
  body.hoist(b, coordinates);
  unsigned dim = *nest.vectorDim;
  size_t count = getInitCount();
  int64_t together = sums.size() / count, lanes = nest.lanes;
  Value size = sizes[dim], begin = indexConstant(b, 0);
  if (together > 1) {
    Value end = subtract(b, size, remainder(b, size, together * lanes));
    sums = forCarrying(b, begin, end, together * lanes, sums, [&](Value index, ValueRange carried) {
      Values next;
      for (int64_t i = 0; i < together; ++i) {
        coordinates[dim] = add(b, index, i * lanes);
        llvm::append_range(next, body.emit(b, coordinates, carried.slice(i * count, count)));
      }
      return next;
    });
    begin = end;
  }
  Value whole = subtract(b, size, remainder(b, size, lanes));
  Values first = forCarrying(b, begin, whole, lanes, ValueRange(sums).take_front(count),
                             [&](Value index, ValueRange carried) {
                               coordinates[dim] = index;
                               return body.emit(b, coordinates, carried);
                             });
  if (!nest.isWhole()) {
    coordinates[dim] = whole;
    Value left = subtract(b, size, whole);
    Value mask = createMask(b, lanes, left);
    // Where nothing is left, lanes that read one by one have no last element to repeat.
    auto branch = scf::IfOp::create(
        b, ValueRange(first).getTypes(),
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, left, indexConstant(b, 0)), true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Values next = body.emit(b, coordinates, first, left);
    for (size_t i = 0; i < count; ++i)
      next[i] = arith::SelectOp::create(b, mask, next[i], first[i]);
    scf::YieldOp::create(b, next);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, first);
    first = Values(branch.getResults());
  }
  llvm::copy(first, sums.begin());
  return sums;
}

void Emitter::emitReduction(const Coordinates &coordinates) {
  unsigned count = getInitCount();
  int64_t size = nest.sizes[*nest.vectorDim], together = mostSums;
  if (!ShapedType::isDynamic(size))
    together = std::clamp<int64_t>(size / nest.lanes, 1, mostSums);
  Values sums;
  for (int64_t i = 0; i < together; ++i)
    for (unsigned init = 0; init < count; ++init) {
      TypedAttr neutral = *arith::getNeutralElement(getCombiner(init));
      auto type = VectorType::get(nest.lanes, neutral.getType());
      sums.push_back(
          arith::ConstantOp::create(b, DenseElementsAttr::get(type, Attribute(neutral))));
    }
  SmallVector<unsigned> others = nest.getReductionDims();
  llvm::erase(others, *nest.vectorDim);
  sums = reduceOver(coordinates, others, sums,
                    [&](const Coordinates &own, Values now) { return reduceVectors(own, now); });
  for (unsigned init = 0; init < count; ++init) {
    Value sum = sums[init];
    for (int64_t i = 1; i < together; ++i)
      sum = combine(init, sum, sums[i * count + init]);
    Value start = body.loadInit(b, init, coordinates);
    body.storeInit(b, init, coordinates, combine(init, start, foldLanes(init, sum)));
  }
}

void emitNest(ImplicitLocOpBuilder &b, const Nest &nest, Coordinates coordinates, Value begin,
              Value end) {
  Emitter emitter{b, nest, getLoopSizes(b, nest), NestBody(nest), begin, end};
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < nest.sizes.size(); ++dim)
    if (nest.isUnit(dim))
      coordinates[dim] = indexConstant(b, 0);
  for (unsigned dim : nest.getParallelDims())
    if (!coordinates[dim] && dim != nest.vectorDim && dim != nest.innerDim)
      dims.push_back(dim);
  emitter.emitParallel(coordinates, dims);
}

} // namespace qlinalg::kernels
