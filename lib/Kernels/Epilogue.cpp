//===- Epilogue.cpp - Where a tile begins and ends ------------------------===//

#include "QLinalg/Kernels/Epilogue.h"

#include "QLinalg/Epilogue.h"
#include "QLinalg/Kernels/Codes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

/// A number of `memref`, or a vector along n, as the compute type.
static Value load(ImplicitLocOpBuilder &b, const Contraction &c, Value memref, AffineMap map,
                  const Coordinates &coordinates, int64_t lanes) {
  SmallVector<Value> indices = applyMap(b, map, coordinates);
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  if (lanes == 0)
    return convertFloat(b, memref::LoadOp::create(b, memref, indices), c.computeType);
  if (map.isFunctionOfDim(*c.n)) {
    auto type = VectorType::get(lanes, element);
    return convertFloat(b, vector::LoadOp::create(b, type, memref, indices), c.computeType);
  }
  Value number = convertFloat(b, memref::LoadOp::create(b, memref, indices), c.computeType);
  return vector::BroadcastOp::create(b, VectorType::get(lanes, c.computeType), number);
}

Value loadInit(ImplicitLocOpBuilder &b, const Contraction &c, const Coordinates &coordinates,
               int64_t lanes) {
  MatmulOp op = c.op;
  Value sum = load(b, c, op.getInit(), op.getInitMap(), coordinates, lanes);
  if (!op.getBias())
    return sum;
  return arith::AddFOp::create(b, sum,
                               load(b, c, op.getBias(), op.getBiasMap(), coordinates, lanes));
}

void storeResult(ImplicitLocOpBuilder &b, const Contraction &c, const Coordinates &coordinates,
                 Value value) {
  MatmulOp op = c.op;
  SmallVector<Value> indices = applyMap(b, op.getInitMap(), coordinates);
  Type element = cast<MemRefType>(op.getInit().getType()).getElementType();
  value = createEpilogue(b, op.getEpilogue(), value);
  if (op.getMultiplier()) {
    auto vector = dyn_cast<VectorType>(value.getType());
    Value factor = load(b, c, op.getMultiplier(), op.getMultiplierMap(), coordinates,
                        vector ? vector.getNumElements() : 0);
    value = arith::MulFOp::create(b, value, factor);
  }
  Value result = convertFloat(b, value, element);
  if (isa<VectorType>(result.getType()))
    vector::StoreOp::create(b, result, op.getInit(), indices);
  else
    memref::StoreOp::create(b, result, op.getInit(), indices);
}

bool hasVectorResults(const Contraction &c) {
  MatmulOp op = c.op;
  if (!isContiguousAlong(op.getInit(), op.getInitMap(), c.n))
    return false;
  auto isVector = [&](Value operand, AffineMap map) {
    return !operand || !map.isFunctionOfDim(*c.n) || isContiguousAlong(operand, map, c.n);
  };
  return isVector(op.getBias(), op.getBiasMap()) &&
         isVector(op.getMultiplier(), op.getMultiplierMap());
}

} // namespace qlinalg::kernels
