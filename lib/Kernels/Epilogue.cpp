//===- Epilogue.cpp - Where a tile begins and ends ------------------------===//

#include "QLinalg/Kernels/Epilogue.h"

#include "Elements.h"
#include "QLinalg/Epilogue.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Requantize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

/// A number of `memref`, or a vector along n.
static Value load(ImplicitLocOpBuilder &b, const Contraction &c, Value memref, AffineMap map,
                  const Coordinates &coordinates, int64_t lanes) {
  SmallVector<Value> indices = applyMap(b, map, coordinates);
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  if (lanes && map.isFunctionOfDim(*c.n))
    return vector::LoadOp::create(b, VectorType::get(lanes, element), memref, indices);
  Value number = memref::LoadOp::create(b, memref, indices);
  return lanes ? vector::BroadcastOp::create(b, VectorType::get(lanes, element), number) : number;
}

/// A float in the compute type, or an integer as it is.
static Value toTileType(ImplicitLocOpBuilder &b, const Contraction &c, Value value) {
  return c.keepsIntegers ? value : convertFloat(b, value, c.computeType);
}

Value addToTile(ImplicitLocOpBuilder &b, const Contraction &c, Value lhs, Value rhs) {
  if (c.keepsIntegers)
    return arith::AddIOp::create(b, lhs, rhs);
  return arith::AddFOp::create(b, lhs, rhs);
}

Value loadInit(ImplicitLocOpBuilder &b, const Contraction &c, const Coordinates &coordinates,
               int64_t lanes) {
  MatmulOp op = c.op;
  Type type = lanes ? Type(VectorType::get(lanes, c.getTileType())) : c.getTileType();
  Value sum = op.givesCodes()
                  ? constantLike(b, type, 0)
                  : toTileType(b, c, load(b, c, op.getInit(), op.getInitMap(), coordinates, lanes));
  if (!op.getBias())
    return sum;
  Value bias = load(b, c, op.getBias(), op.getBiasMap(), coordinates, lanes);
  return addToTile(b, c, sum, toTileType(b, c, bias));
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

ResultStore::ResultStore(ImplicitLocOpBuilder &b, const Contraction &c,
                         const Coordinates &coordinates, int64_t lanes)
    : b(b), c(c), lanes(lanes) {
  MatmulOp op = c.op;
  multipliers = load(op.getResultMultipliersMutable(), coordinates);
  shifts = load(op.getResultShiftsMutable(), coordinates);
  if (op.getResultScales())
    scale = memref::LoadOp::create(b, op.getResultScales(), ValueRange());
  if (op.getResultZeroPoints())
    zeroPoint = memref::LoadOp::create(b, op.getResultZeroPoints(), ValueRange());
}

Value ResultStore::load(MutableOperandRange operand, const Coordinates &coordinates) const {
  MatmulOp op = c.op;
  if (operand.empty())
    return nullptr;
  return kernels::load(b, c, operand[0].get(), op.getMap(operand), coordinates, lanes);
}

/// `loaded`, or what another row has in its place.
Value ResultStore::reload(Value loaded, MutableOperandRange operand,
                          const Coordinates &coordinates) const {
  MatmulOp op = c.op;
  bool perRow = loaded && c.m && op.getMap(operand).isFunctionOfDim(*c.m);
  return perRow ? load(operand, coordinates) : loaded;
}

Value encodeNumber(ImplicitLocOpBuilder &b, SchemeAttr scheme, std::pair<int64_t, int64_t> range,
                   Value value, Value scale, Value zeroPoint) {
  Type type = value.getType();
  Value quotient = divideByScale(b, scheme, value, scale);
  Value code = scheme.getValue().rounding == Rounding::Even
                   ? Value(math::RoundEvenOp::create(b, quotient))
                   : Value(math::RoundOp::create(b, quotient));
  Value zero = constantLike(b, b.getF32Type(), impliedZeroPoint(scheme.getValue()));
  if (zeroPoint) {
    Value wide = isUnsigned(scheme.getStorage())
                     ? Value(arith::ExtUIOp::create(b, b.getI32Type(), zeroPoint))
                     : arith::ExtSIOp::create(b, b.getI32Type(), zeroPoint);
    zero = arith::SIToFPOp::create(b, b.getF32Type(), wide);
  }
  code = arith::AddFOp::create(b, code, splat(b, zero, type));
  Value low = constantLike(b, type, range.first), high = constantLike(b, type, range.second);
  using Predicate = arith::CmpFPredicate;
  Value isNumber = arith::CmpFOp::create(b, Predicate::ORD, code, code);
  Value isLess = arith::CmpFOp::create(b, Predicate::OLT, code, high);
  code = arith::SelectOp::create(b, isLess, code, high);
  Value isGreater = arith::CmpFOp::create(b, Predicate::OGT, code, low);
  code = arith::SelectOp::create(b, isGreater, code, low);
  code = arith::SelectOp::create(b, isNumber, code, constantLike(b, type, 0));
  Value wide = arith::FPToSIOp::create(b, getTypeLike(b.getI32Type(), type), code);
  return arith::TruncIOp::create(b, getTypeLike(b.getI8Type(), type), wide);
}

Value ResultStore::quantize(Value value) const {
  MatmulOp op = c.op;
  return encodeNumber(b, *op.getResultScheme(), op.getResultCodes(), value, scale, zeroPoint);
}

void ResultStore::store(const Coordinates &coordinates, Value value) const {
  MatmulOp op = c.op;
  if (!c.keepsIntegers) {
    value = createEpilogue(b, op.getEpilogue(), value);
    if (Value factor = load(op.getMultiplierMutable(), coordinates))
      value = arith::MulFOp::create(b, value, convertFloat(b, factor, c.computeType));
  }
  if (op.getRequantize())
    value = createRequantizedCode(
        b, op, value, reload(multipliers, op.getResultMultipliersMutable(), coordinates),
        reload(shifts, op.getResultShiftsMutable(), coordinates), zeroPoint);
  else if (op.givesCodes())
    value = quantize(value);
  else if (!c.keepsIntegers)
    value = convertFloat(b, value, cast<MemRefType>(op.getInit().getType()).getElementType());
  SmallVector<Value> indices = applyMap(b, op.getInitMap(), coordinates);
  if (lanes)
    vector::StoreOp::create(b, value, op.getInit(), indices);
  else
    memref::StoreOp::create(b, value, op.getInit(), indices);
}

bool hasVectorResults(const Contraction &c) {
  MatmulOp op = c.op;
  if (!isContiguousAlong(op.getInit(), op.getInitMap(), c.n))
    return false;
  for (MutableOperandRange operand :
       {op.getBiasMutable(), op.getMultiplierMutable(), op.getResultMultipliersMutable(),
        op.getResultShiftsMutable()})
    if (!operand.empty() && op.getMap(operand).isFunctionOfDim(*c.n) &&
        !isContiguousAlong(operand[0].get(), op.getMap(operand), c.n))
      return false;
  return true;
}

} // namespace qlinalg::kernels
