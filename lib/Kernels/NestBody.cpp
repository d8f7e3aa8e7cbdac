//===- NestBody.cpp - One step of a linalg op, or a vector of steps -------===//
//
//   mean[d0], x[d0, d1]  ->  scalar load of mean before the loop, vector load of x inside
//
// Inputs that are strided along the vectors are read one by one; at the end of a row, where lanes
// have no element, those lanes read the last element again and what they compute is dropped.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/NestBody.h"

#include "QLinalg/Kernels/Loops.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace qlinalg::kernels {

//===----------------------------------------------------------------------===//
// What differs along the vectors
//===----------------------------------------------------------------------===//

static SetVector<Value> getUsed(Operation &op) {
  SetVector<Value> used(op.operand_begin(), op.operand_end());
  getUsedValuesDefinedAbove(op.getRegions(), used);
  return used;
}

static llvm::DenseSet<Value> getVarying(const Nest &nest, unsigned dim) {
  linalg::LinalgOp op = nest.op;
  llvm::DenseSet<Value> varying;
  for (OpOperand &operand : op->getOpOperands())
    if (op.isDpsInit(&operand) || getAlong(nest, operand, dim) != Along::Invariant)
      varying.insert(op.getMatchingBlockArgument(&operand));
  for (Operation &inner : op.getBlock()->without_terminator()) {
    auto index = dyn_cast<linalg::IndexOp>(inner);
    bool varies = index && index.getDim() == dim;
    for (Value value : getUsed(inner))
      varies |= varying.contains(value);
    if (varies)
      varying.insert_range(inner.getResults());
  }
  return varying;
}

/// `value` is the index of loop `dim`, plus what stays the same along it.
static bool isIndexOf(Value value, unsigned dim, const llvm::DenseSet<Value> &varying) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return index.getDim() == dim;
  if (isa<arith::IndexCastOp>(op))
    return isIndexOf(op->getOperand(0), dim, varying);
  if (isa<arith::AddIOp>(op))
    return (isIndexOf(op->getOperand(0), dim, varying) && !varying.contains(op->getOperand(1))) ||
           (isIndexOf(op->getOperand(1), dim, varying) && !varying.contains(op->getOperand(0)));
  return false;
}

/// A load of elements that lie side by side.
static bool isContiguousLoad(Operation &op, unsigned dim, const llvm::DenseSet<Value> &varying) {
  auto load = dyn_cast<memref::LoadOp>(op);
  if (!load || load.getIndices().empty() || !load.getMemRefType().isLastDimUnitStride() ||
      !liesAsVector(load.getType()))
    return false;
  for (Value index : load.getIndices().drop_back())
    if (varying.contains(index))
      return false;
  return isIndexOf(load.getIndices().back(), dim, varying);
}

static bool hasVectorForm(Operation &op, unsigned dim, const llvm::DenseSet<Value> &varying) {
  if (isa<linalg::IndexOp>(op) || isContiguousLoad(op, dim, varying))
    return true;
  // Lanes without an element compute too, whatever they hold.
  return OpTrait::hasElementwiseMappableTraits(&op) && op.getNumRegions() == 0 && isPure(&op) &&
         llvm::all_of(op.getOperandTypes(), VectorType::isValidElementType) &&
         llvm::all_of(op.getResultTypes(), VectorType::isValidElementType);
}

/// Every result is `combine(result, element)` with a neutral element.
static bool isReductionOfAll(const Nest &nest) {
  linalg::LinalgOp op = nest.op;
  ArrayRef<BlockArgument> outputs = op.getRegionOutputArgs();
  for (unsigned i = 0; i < outputs.size(); ++i) {
    SmallVector<Operation *> combiners;
    if (!matchReduction(outputs, i, combiners) || combiners.size() != 1 ||
        !arith::getNeutralElement(combiners.front()))
      return false;
  }
  return true;
}

bool canRunInVectors(const Nest &nest, unsigned dim) {
  linalg::LinalgOp op = nest.op;
  if (nest.isReduction(dim) && !isReductionOfAll(nest))
    return false;
  llvm::DenseSet<Value> varying = getVarying(nest, dim);
  for (Value value : op.getBlock()->getArguments())
    if (varying.contains(value) && !VectorType::isValidElementType(value.getType()))
      return false;
  return llvm::all_of(op.getBlock()->without_terminator(), [&](Operation &inner) {
    bool varies = llvm::any_of(getUsed(inner), [&](Value v) { return varying.contains(v); });
    return !varies || hasVectorForm(inner, dim, varying);
  });
}

NestBody::NestBody(const Nest &nest) : nest(nest) {
  if (nest.vectorDim)
    varying = getVarying(nest, *nest.vectorDim);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static SmallVector<Value> getIndices(ImplicitLocOpBuilder &b, AffineMap map,
                                     const Coordinates &coordinates) {
  return SmallVector<Value>(*affine::expandAffineMap(b, b.getLoc(), map, coordinates));
}

/// 0, 1, 2, ..
static Value createLaneNumbers(ImplicitLocOpBuilder &b, int64_t lanes, Type element) {
  auto type = VectorType::get(lanes, element);
  SmallVector<Attribute> numbers = llvm::map_to_vector(
      llvm::seq(lanes), [&](int64_t lane) -> Attribute { return b.getIntegerAttr(element, lane); });
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, numbers));
}

Value createMask(ImplicitLocOpBuilder &b, int64_t lanes, Value left) {
  Value count = arith::IndexCastOp::create(b, b.getI32Type(), left);
  Value counts = vector::BroadcastOp::create(b, VectorType::get(lanes, b.getI32Type()), count);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                               createLaneNumbers(b, lanes, b.getI32Type()), counts);
}

static Value loadVector(ImplicitLocOpBuilder &b, VectorType type, Value memref, ValueRange indices,
                        Value mask) {
  if (!mask)
    return vector::LoadOp::create(b, type, memref, indices);
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, memref, indices, mask, zeros);
}

/// Reads the elements of a vector one by one.
Value NestBody::loadLanes(ImplicitLocOpBuilder &b, OpOperand &operand, Coordinates coordinates,
                          Value left) {
  Value first = coordinates[*nest.vectorDim];
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < nest.lanes; ++lane) {
    Value offset = indexConstant(b, lane);
    if (left)
      offset = minimum(b, offset, subtract(b, left, indexConstant(b, 1)));
    coordinates[*nest.vectorDim] = add(b, first, offset);
    SmallVector<Value> indices = getIndices(b, nest.maps[operand.getOperandNumber()], coordinates);
    elements.push_back(memref::LoadOp::create(b, operand.get(), indices));
  }
  auto type = VectorType::get(nest.lanes, elements.front().getType());
  return vector::FromElementsOp::create(b, type, elements);
}

Value NestBody::load(ImplicitLocOpBuilder &b, OpOperand &operand, const Coordinates &coordinates,
                     Value left) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type)
    return operand.get();
  Along along = nest.vectorDim ? getAlong(nest, operand, *nest.vectorDim) : Along::Invariant;
  if (along == Along::Strided)
    return loadLanes(b, operand, coordinates, left);
  SmallVector<Value> indices = getIndices(b, nest.maps[operand.getOperandNumber()], coordinates);
  if (along == Along::Invariant)
    return memref::LoadOp::create(b, operand.get(), indices);
  return loadVector(b, VectorType::get(nest.lanes, type.getElementType()), operand.get(), indices,
                    left ? createMask(b, nest.lanes, left) : Value());
}

Value NestBody::loadInit(ImplicitLocOpBuilder &b, unsigned init, const Coordinates &coordinates,
                         Value left) {
  linalg::LinalgOp op = nest.op;
  return load(b, *op.getDpsInitOperand(init), coordinates, left);
}

void NestBody::storeInit(ImplicitLocOpBuilder &b, unsigned init, const Coordinates &coordinates,
                         Value value, Value left) {
  linalg::LinalgOp op = nest.op;
  OpOperand &operand = *op.getDpsInitOperand(init);
  SmallVector<Value> indices = getIndices(b, nest.maps[operand.getOperandNumber()], coordinates);
  // LLVM 22 writes four bytes where one lane of a vector that was truncated to bytes is stored by a
  // mask: into what another thread has written.
  if (left && isConstantIntValue(left, 1))
    value = vector::ExtractOp::create(b, value, ArrayRef<int64_t>{0});
  if (!isa<VectorType>(value.getType()))
    memref::StoreOp::create(b, value, operand.get(), indices);
  else if (left)
    vector::MaskedStoreOp::create(b, operand.get(), indices, createMask(b, nest.lanes, left),
                                  value);
  else
    vector::StoreOp::create(b, value, operand.get(), indices);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

void NestBody::emitScalar(ImplicitLocOpBuilder &b, Operation &op, const Coordinates &coordinates,
                          IRMapping &scalars) {
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    scalars.map(index.getResult(), coordinates[index.getDim()]);
    return;
  }
  Operation *copy = b.clone(op, scalars);
  // Of what a region holds, the indices too.
  copy->walk([&](linalg::IndexOp index) {
    index.replaceAllUsesWith(coordinates[index.getDim()]);
    index.erase();
  });
}

Value NestBody::getVector(ImplicitLocOpBuilder &b, Value value, IRMapping &scalars,
                          IRMapping &vectors) {
  if (Value vector = vectors.lookupOrNull(value))
    return vector;
  Value scalar = scalars.lookupOrDefault(value);
  auto type = VectorType::get(nest.lanes, scalar.getType());
  Value vector;
  if (auto constant = scalar.getDefiningOp<arith::ConstantOp>())
    vector =
        arith::ConstantOp::create(b, DenseElementsAttr::get(type, Attribute(constant.getValue())));
  else
    vector = vector::BroadcastOp::create(b, type, scalar);
  vectors.map(value, vector);
  return vector;
}

/// The first lane's value of an index that grows by one from lane to lane.
static Value getFirst(ImplicitLocOpBuilder &b, Value value, const Coordinates &coordinates,
                      IRMapping &scalars) {
  Operation *op = value.getDefiningOp();
  if (auto index = dyn_cast_if_present<linalg::IndexOp>(op))
    return coordinates[index.getDim()];
  if (Value scalar = scalars.lookupOrNull(value))
    return scalar;
  if (!isa_and_present<arith::IndexCastOp, arith::AddIOp>(op))
    return value;
  SmallVector<Value> operands = llvm::map_to_vector(
      op->getOperands(), [&](Value operand) { return getFirst(b, operand, coordinates, scalars); });
  return clone(b, op, op->getResultTypes(), operands)->getResult(0);
}

void NestBody::emitVector(ImplicitLocOpBuilder &b, Operation &op, const Coordinates &coordinates,
                          IRMapping &scalars, IRMapping &vectors, Value mask) {
  auto asVector = [&](Type type) { return Type(VectorType::get(nest.lanes, type)); };
  if (isa<linalg::IndexOp>(op)) {
    auto type = VectorType::get(nest.lanes, b.getIndexType());
    Value first = vector::BroadcastOp::create(b, type, coordinates[*nest.vectorDim]);
    vectors.map(op.getResult(0), arith::AddIOp::create(
                                     b, first, createLaneNumbers(b, nest.lanes, b.getIndexType())));
    return;
  }
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    SmallVector<Value> indices = llvm::map_to_vector(load.getIndices(), [&](Value index) {
      return varying.contains(index) ? getFirst(b, index, coordinates, scalars)
                                     : scalars.lookupOrDefault(index);
    });
    auto type = cast<VectorType>(asVector(load.getType()));
    vectors.map(load.getResult(), loadVector(b, type, load.getMemRef(), indices, mask));
    return;
  }
  SmallVector<Value> operands = llvm::map_to_vector(
      op.getOperands(), [&](Value operand) { return getVector(b, operand, scalars, vectors); });
  SmallVector<Type> types = llvm::map_to_vector(op.getResultTypes(), asVector);
  vectors.map(op.getResults(), clone(b, &op, types, operands)->getResults());
}

void NestBody::hoist(ImplicitLocOpBuilder &b, const Coordinates &coordinates) {
  linalg::LinalgOp op = nest.op;
  hoisted.clear();
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(input);
    if (!varying.contains(argument) && !argument.use_empty())
      hoisted.map(argument, load(b, *input, coordinates, nullptr));
  }
  // The loop may have no step; what traps without one stays inside.
  int64_t size = nest.sizes[*nest.vectorDim];
  bool hasSteps = !ShapedType::isDynamic(size) && size != 0;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    auto isHere = [&](Value value) {
      return value.getParentBlock() != op.getBlock() || hoisted.contains(value);
    };
    SetVector<Value> used = getUsed(inner);
    bool isIndex = isa<linalg::IndexOp>(inner) && varying.contains(inner.getResult(0));
    if (!isIndex && llvm::all_of(used, isHere) && (hasSteps || isPure(&inner))) {
      emitScalar(b, inner, coordinates, hoisted);
      hoisted.map(&inner, &inner);
    }
  }
}

SmallVector<Value> NestBody::emit(ImplicitLocOpBuilder &b, const Coordinates &coordinates,
                                  ValueRange inits, Value left) {
  linalg::LinalgOp op = nest.op;
  IRMapping scalars = hoisted, vectors;
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(input);
    if (argument.use_empty() || scalars.contains(argument))
      continue;
    Value value = load(b, *input, coordinates, left);
    (varying.contains(argument) ? vectors : scalars).map(argument, value);
  }
  for (auto [argument, init] : llvm::zip_equal(op.getRegionOutputArgs(), inits))
    if (init)
      (nest.vectorDim ? vectors : scalars).map(argument, init);
  Value mask = left ? createMask(b, nest.lanes, left) : Value();
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (scalars.contains(&inner))
      continue;
    bool varies = isa<linalg::IndexOp>(inner) && varying.contains(inner.getResult(0));
    for (Value value : getUsed(inner))
      varies |= varying.contains(value);
    if (varies)
      emitVector(b, inner, coordinates, scalars, vectors, mask);
    else
      emitScalar(b, inner, coordinates, scalars);
  }
  return llvm::map_to_vector(op.getBlock()->getTerminator()->getOperands(), [&](Value value) {
    return nest.vectorDim ? getVector(b, value, scalars, vectors) : scalars.lookupOrDefault(value);
  });
}

} // namespace qlinalg::kernels
