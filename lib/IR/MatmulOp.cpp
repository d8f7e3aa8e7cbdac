//===- MatmulOp.cpp - The contraction: accessors and verifier -------------===//

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/ParamsMap.h"
#include "QLinalg/TrellisOps.h"
#include "VerifyMatmul.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Accessors
//===----------------------------------------------------------------------===//

void MatmulOp::build(OpBuilder &builder, OperationState &state, TypeRange types, Value lhs,
                     Value lhsScales, Value lhsZeroPoints, Value rhs, Value rhsScales,
                     Value rhsZeroPoints, Value bias, Value multiplier, Value init, ArrayAttr maps,
                     SchemeAttr lhsScheme, SchemeAttr rhsScheme, LayoutAttr lhsLayout,
                     LayoutAttr rhsLayout, Epilogue epilogue, AccumulatorAttr accumulator,
                     StringAttr site) {
  build(builder, state, types, lhs, lhsScales, lhsZeroPoints, rhs, rhsScales, rhsZeroPoints, bias,
        multiplier, init, /*result_scales=*/Value(), /*result_multipliers=*/Value(),
        /*result_shifts=*/Value(), /*result_zero_points=*/Value(), /*sums=*/Value(),
        /*lhs_scale_scales=*/Value(), /*rhs_scale_scales=*/Value(), maps, lhsScheme, rhsScheme,
        /*lhs_scales_scheme=*/SchemeAttr(), /*rhs_scales_scheme=*/SchemeAttr(), lhsLayout,
        rhsLayout, epilogue, /*result_scheme=*/SchemeAttr(),
        /*requantize=*/RequantizeAttr(), /*result_range=*/DenseI64ArrayAttr(), accumulator, site);
}

AffineMap MatmulOp::getMap(unsigned operandIndex) {
  return cast<AffineMapAttr>(getIndexingMaps()[operandIndex]).getValue();
}

/// The map of an operand that may not be there.
static AffineMap optionalMap(MatmulOp op, std::pair<unsigned, unsigned> indexAndLength) {
  return indexAndLength.second ? op.getMap(indexAndLength.first) : AffineMap();
}

AffineMap MatmulOp::getMap(MutableOperandRange operand) {
  return operand.empty() ? AffineMap() : getMap(operand[0].getOperandNumber());
}

AffineMap MatmulOp::getLhsMap() { return getMap(0u); }
AffineMap MatmulOp::getLhsScalesMap() { return optionalMap(*this, getODSOperandIndexAndLength(1)); }
AffineMap MatmulOp::getRhsMap() { return getMap(getODSOperandIndexAndLength(3).first); }
AffineMap MatmulOp::getRhsScalesMap() { return optionalMap(*this, getODSOperandIndexAndLength(4)); }
AffineMap MatmulOp::getBiasMap() { return optionalMap(*this, getODSOperandIndexAndLength(6)); }
AffineMap MatmulOp::getMultiplierMap() {
  return optionalMap(*this, getODSOperandIndexAndLength(7));
}
AffineMap MatmulOp::getInitMap() { return getMap(getODSOperandIndexAndLength(8).first); }
AffineMap MatmulOp::getResultMultipliersMap() { return getMap(getResultMultipliersMutable()); }
AffineMap MatmulOp::getResultShiftsMap() { return getMap(getResultShiftsMutable()); }
AffineMap MatmulOp::getSumsMap() { return getMap(getSumsMutable()); }
AffineMap MatmulOp::getScaleScalesMap(bool lhs) {
  return getMap(lhs ? getLhsScaleScalesMutable() : getRhsScaleScalesMutable());
}

LayoutAttr MatmulOp::getOperandLayout(unsigned operandIndex) {
  for (bool lhs : {true, false}) {
    LayoutAttr layout = lhs ? getLhsLayoutAttr() : getRhsLayoutAttr();
    auto isOperand = [&](unsigned i) {
      auto [index, length] = getODSOperandIndexAndLength((lhs ? 0 : 3) + i);
      return length && index == operandIndex;
    };
    if (!layout)
      continue;
    if (isOperand(0))
      return layout;
    for (unsigned packed : {13, lhs ? 14 : 15})
      if (getODSOperandIndexAndLength(packed) == std::pair<unsigned, unsigned>(operandIndex, 1) &&
          !layout.isRows())
        return layout.getParamsLayout();
    int64_t rank = cast<ShapedType>(getOperand(operandIndex).getType()).getRank();
    if ((isOperand(1) || isOperand(2)) && !layout.isRows() &&
        rank == getMap(operandIndex).getNumResults() + 1)
      return layout.getParamsLayout();
  }
  return {};
}

unsigned MatmulOp::getReductionDim() {
  AffineMap init = getInitMap();
  for (unsigned dim = 0, e = init.getNumDims(); dim < e; ++dim)
    if (!init.isFunctionOfDim(dim))
      return dim;
  llvm_unreachable("a verified matmul has a reduced dimension");
}

bool MatmulOp::isInteger() {
  auto isIntegerSide = [](std::optional<SchemeAttr> scheme) {
    return scheme && scheme->isInteger();
  };
  return isIntegerSide(getLhsScheme()) && isIntegerSide(getRhsScheme());
}

bool MatmulOp::keepsIntegers() {
  return getElementTypeOrSelf(getInit()).isInteger(32) || getRequantizeAttr();
}

std::pair<int64_t, int64_t> MatmulOp::getResultCodes() {
  if (std::optional<ArrayRef<int64_t>> range = getResultRange())
    return {range->front(), range->back()};
  return {minCode(getResultScheme()->getStorage()), maxCode(getResultScheme()->getStorage())};
}

/// Enters the sizes of one side into `sizes`; a packed side tells those before (n, k) only.
static void collectSizes(AffineMap map, ShapedType type, bool packed,
                         MutableArrayRef<int64_t> sizes) {
  unsigned count = map.getNumResults() - (packed ? 2 : 0);
  for (unsigned i = 0; i < count; ++i)
    if (auto dim = dyn_cast<AffineDimExpr>(map.getResult(i)))
      if (ShapedType::isDynamic(sizes[dim.getPosition()]))
        sizes[dim.getPosition()] = type.getDimSize(i);
}

SmallVector<int64_t> MatmulOp::getStaticLoopSizes() {
  SmallVector<int64_t> sizes(getNumLoops(), ShapedType::kDynamic);
  collectSizes(getLhsMap(), cast<ShapedType>(getLhs().getType()), !!getLhsLayout(), sizes);
  collectSizes(getRhsMap(), cast<ShapedType>(getRhs().getType()), !!getRhsLayout(), sizes);
  collectSizes(getInitMap(), cast<ShapedType>(getInit().getType()), false, sizes);
  return sizes;
}

void MatmulOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (hasPureTensorSemantics())
    return;
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (!isDpsInit(&operand) || !givesCodes())
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
    if (isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
  }
}

Speculation::Speculatability MatmulOp::getSpeculatability() {
  return hasPureTensorSemantics() ? Speculation::Speculatable : Speculation::NotSpeculatable;
}

LogicalResult MatmulOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &dims) {
  dims.push_back(tensor::getMixedSizes(builder, getLoc(), getInit()));
  return success();
}

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

static LogicalResult verifyMaps(MatmulOp op) {
  ArrayAttr maps = op.getIndexingMaps();
  if (maps.size() != op->getNumOperands())
    return op.emitOpError() << "(C1) expected an indexing map for each of the "
                            << op->getNumOperands() << " operands, got " << maps.size();
  unsigned dims = op.getMap(0u).getNumDims();
  for (auto [index, attr] : llvm::enumerate(maps.getAsValueRange<AffineMapAttr>())) {
    Value operand = op->getOperand(index);
    int64_t rank = cast<ShapedType>(operand.getType()).getRank();
    if (attr.getNumDims() != dims || attr.getNumSymbols() != 0)
      return op.emitOpError() << "(C1) expected indexing maps of " << dims
                              << " dimensions and no symbols, got " << AffineMapAttr::get(attr);
    if (!op.getOperandLayout(index) && attr.getNumResults() != rank)
      return op.emitOpError()
             << "(C4) expected an indexing map with a result for each dimension of "
             << operand.getType() << ", got " << AffineMapAttr::get(attr);
  }
  for (AffineMap map : {op.getLhsMap(), op.getRhsMap(), op.getInitMap()})
    if (!map.isProjectedPermutation())
      return op.emitOpError() << "(C2) expected a projected permutation for lhs, rhs and outs, got "
                              << AffineMapAttr::get(map);
  return success();
}

/// One dimension is summed over, all others are results'.
static LogicalResult verifyDims(MatmulOp op) {
  unsigned reduced = 0;
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (op.getInitMap().isFunctionOfDim(dim))
      continue;
    if (!op.getLhsMap().isFunctionOfDim(dim) || !op.getRhsMap().isFunctionOfDim(dim))
      return op.emitOpError() << "(C3) expected dimension " << dim
                              << ", which is not in outs, in lhs and in rhs";
    ++reduced;
  }
  if (reduced != 1)
    return op.emitOpError() << "(C3) expected exactly one reduced dimension, got " << reduced;
  for (AffineMap map : {op.getBiasMap(), op.getMultiplierMap(), op.getResultMultipliersMap(),
                        op.getResultShiftsMap()}) {
    if (!map)
      continue;
    for (AffineExpr expr : map.getResults()) {
      auto constant = dyn_cast<AffineConstantExpr>(expr);
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!(constant && constant.getValue() == 0) &&
          !(dim && op.getInitMap().isFunctionOfDim(dim.getPosition())))
        return op.emitOpError()
               << "(C2) expected a bias, multipliers or shifts mapped by dimensions of outs "
                  "or constant 0, got "
               << AffineMapAttr::get(map);
    }
  }
  return success();
}

/// Sizes that operands give to one dimension are equal.
LogicalResult verifySizes(MatmulOp op, Value operand, AffineMap map, bool packed,
                          MutableArrayRef<int64_t> sizes) {
  auto type = cast<ShapedType>(operand.getType());
  unsigned count = map.getNumResults() - (packed ? 2 : 0);
  for (unsigned i = 0; i < count; ++i) {
    auto dim = dyn_cast<AffineDimExpr>(map.getResult(i));
    int64_t actual = type.getDimSize(i);
    if (!dim) {
      if (actual != 1)
        return op.emitOpError() << "(C4) expected size 1 where the map of " << type
                                << " is constant, got " << actual;
      continue;
    }
    int64_t &size = sizes[dim.getPosition()];
    if (ShapedType::isDynamic(size))
      size = actual;
    else if (!ShapedType::isDynamic(actual) && actual != size)
      return op.emitOpError() << "(C4) expected size " << size << " for dimension "
                              << dim.getPosition() << ", got " << actual << " in " << type;
  }
  return success();
}

namespace {
/// One side of the contraction with what belongs to it.
struct Side {
  StringRef name;
  Value data, scales, zeroPoints, scaleScales;
  AffineMap map, scalesMap, zeroPointsMap, scaleScalesMap;
  SchemeAttr scheme, scalesScheme;
  LayoutAttr layout;
};
} // namespace

static Side getSide(MatmulOp op, bool lhs) {
  unsigned first = lhs ? 0 : 3;
  auto map = [&](unsigned i) { return optionalMap(op, op.getODSOperandIndexAndLength(first + i)); };
  AffineMap scaleScalesMap = op.getScaleScalesMap(lhs);
  if (lhs)
    return {"lhs",
            op.getLhs(),
            op.getLhsScales(),
            op.getLhsZeroPoints(),
            op.getLhsScaleScales(),
            map(0),
            map(1),
            map(2),
            scaleScalesMap,
            op.getLhsSchemeAttr(),
            op.getLhsScalesSchemeAttr(),
            op.getLhsLayoutAttr()};
  return {"rhs",
          op.getRhs(),
          op.getRhsScales(),
          op.getRhsZeroPoints(),
          op.getRhsScaleScales(),
          map(0),
          map(1),
          map(2),
          scaleScalesMap,
          op.getRhsSchemeAttr(),
          op.getRhsScalesSchemeAttr(),
          op.getRhsLayoutAttr()};
}

/// Codes as they are stored in a layout.
static Type getStoredType(Type code) {
  return code.getIntOrFloatBitWidth() < 8 ? IntegerType::get(code.getContext(), 8) : code;
}

/// Scales that are codes, and the scales of those (C16).
static LogicalResult verifyScaleCodes(MatmulOp op, const Side &side) {
  if (!side.scaleScales && !side.scalesScheme)
    return success();
  Scheme own = side.scheme ? side.scheme.getValue() : Scheme();
  if (!side.scaleScales || !side.scalesScheme || !side.scales || own.group == 0 ||
      own.scales != FloatType::F32 || !side.layout || side.layout.isRows())
    return op.emitOpError() << "(C16) expected scales that are codes, with a scheme and scales of "
                               "their own, beside codes in panels that have groups and f32 scales, "
                               "for "
                            << side.name;
  const Scheme &scheme = side.scalesScheme.getValue();
  if (!side.scalesScheme.isInteger() || bitWidth(scheme.storage) > 8 || !scheme.symmetric ||
      scheme.granularity != Granularity::Group)
    return op.emitOpError() << "(C16) expected symmetric or positive integers of at most 8 bits in "
                               "groups for the scales of "
                            << side.name << ", got " << side.scalesScheme;
  Type stored = getStoredType(side.scalesScheme.getCodeType());
  if (getElementTypeOrSelf(side.scales) != stored ||
      getElementTypeOrSelf(side.scaleScales) != side.scalesScheme.getScaleType())
    return op.emitOpError() << "(C16) expected scales of " << stored << " of scales of "
                            << side.scalesScheme.getScaleType() << " for " << side.name << ", got "
                            << getElementTypeOrSelf(side.scales) << " of "
                            << getElementTypeOrSelf(side.scaleScales);
  return success();
}

/// The type of what is laid out.
static Type getStoredType(const Side &side) {
  if (!isTrellis(side.scheme, side.layout))
    return side.scheme.getCodeType();
  int64_t bits = getTrellisBits(cast<ShapedType>(side.data.getType()));
  return IntegerType::get(side.scheme.getContext(), isTrellisWidth(bits) ? bits : 8);
}

/// What is there and of which type (C5, C6).
static LogicalResult verifySideTypes(MatmulOp op, const Side &side) {
  Type element = getElementTypeOrSelf(side.data);
  if (!side.scheme) {
    if (side.scales || side.zeroPoints)
      return op.emitOpError() << "(C5) expected no scales and zero points for " << side.name
                              << ", which has no scheme";
    if (!isa<mlir::FloatType>(element) || element.getIntOrFloatBitWidth() < 16)
      return op.emitOpError() << "(C6) expected floats for " << side.name
                              << ", which has no scheme, got " << element;
    return success();
  }
  bool wantsScales = !side.scheme.isDowncast() && !op.keepsIntegers();
  if (static_cast<bool>(side.scales) != wantsScales)
    return op.emitOpError() << "(C5) expected " << (wantsScales ? "" : "no ") << "scales for "
                            << side.name << " of " << side.scheme
                            << (op.keepsIntegers() ? ", whose sums stay integers" : "");
  if (static_cast<bool>(side.zeroPoints) != side.scheme.hasZeroPoints())
    return op.emitOpError() << "(C5) expected " << (side.zeroPoints ? "no " : "")
                            << "zero points for " << side.name << " of " << side.scheme;
  Type stored = getStoredType(side);
  if (side.layout)
    stored = getStoredType(stored);
  if (element != stored)
    return op.emitOpError() << "(C6) expected codes of " << stored << " for " << side.name << " of "
                            << side.scheme << ", got " << element;
  if (side.scales && !side.scalesScheme &&
      getElementTypeOrSelf(side.scales) != side.scheme.getScaleType())
    return op.emitOpError() << "(C6) expected scales of " << side.scheme.getScaleType() << " for "
                            << side.name << ", got " << getElementTypeOrSelf(side.scales);
  Type zeroPoint = side.scheme.getZeroPointType();
  if (side.zeroPoints && getElementTypeOrSelf(side.zeroPoints) != zeroPoint)
    return op.emitOpError() << "(C6) expected zero points of " << zeroPoint << " for " << side.name
                            << ", got " << getElementTypeOrSelf(side.zeroPoints);
  return success();
}

/// Parameters, of elements `element`, follow the dimensions of their side, k divided by `group`
/// (C7, C4).
static LogicalResult verifyParams(MatmulOp op, const Side &side, Value params, AffineMap map,
                                  ArrayRef<int64_t> sizes, Type element, int64_t group) {
  if (!params)
    return success();
  std::optional<SmallVector<ParamsResult>> results = getParamsResults(map);
  unsigned k = op.getReductionDim();
  bool valid = results.has_value(), dividesK = false;
  if (valid)
    for (ParamsResult result : *results) {
      valid &=
          side.map.isFunctionOfDim(result.dim) && result.group == (result.dim == k ? group : 1);
      dividesK |= result.dim == k;
    }
  valid &= dividesK == (group > 0);
  if (!valid)
    return op.emitOpError() << "(C7) expected parameters of " << side.name
                            << " mapped by its dimensions, k divided by the group of "
                            << side.scheme << ", got " << AffineMapAttr::get(map);
  SmallVector<int64_t> expected = getParamsShape(map, sizes);
  ArrayRef<int64_t> actual = cast<ShapedType>(params.getType()).getShape();
  if (side.layout && actual.size() == expected.size() + 1) {
    // Packed: their last dimensions are those of the codes, or no panel is one of the codes'.
    unsigned last = map.getNumResults() - 1, n = side.map.getNumResults() - 2;
    auto type = RankedTensorType::get(expected, element);
    RankedTensorType packed = side.layout.getParamsLayout().getPackedType(type);
    if (last == 0 || !packed || (*results)[last].dim != k ||
        (*results)[last - 1].dim != side.map.getDimPosition(n) || packed.getShape() != actual)
      return op.emitOpError() << "(C9) expected parameters of the shape of " << type
                              << " in layout " << side.layout.getParamsLayout()
                              << ", mapped by (n, k), for " << side.name << ", got [" << actual
                              << "]";
    return success();
  }
  if (side.scalesScheme && params != side.zeroPoints)
    return op.emitOpError() << "(C16) expected scales that are codes, and theirs, in panels for "
                            << side.name << ", got [" << actual << "]";
  if (failed(verifyCompatibleShape(expected, actual)))
    return op.emitOpError() << "(C4) expected parameters of shape [" << expected << "] for "
                            << side.name << ", got [" << actual << "]";
  return success();
}

/// The shape of packed codes (C9).
static LogicalResult verifyLayout(MatmulOp op, const Side &side, ArrayRef<int64_t> sizes) {
  if (!side.layout)
    return success();
  unsigned results = side.map.getNumResults();
  if (!side.scheme || results < 2 || side.map.getDimPosition(results - 1) != op.getReductionDim())
    return op.emitOpError() << "(C9) expected codes whose map ends in (n, k) for " << side.name
                            << " with a layout, got " << AffineMapAttr::get(side.map);
  SmallVector<int64_t> logical;
  for (unsigned i = 0; i < results; ++i)
    logical.push_back(sizes[side.map.getDimPosition(i)]);
  auto type = RankedTensorType::get(logical, getStoredType(side));
  RankedTensorType packed = side.layout.getPackedType(type);
  ArrayRef<int64_t> actual = cast<ShapedType>(side.data.getType()).getShape();
  if (!packed || packed.getShape() != actual)
    return op.emitOpError() << "(C9) expected the shape of " << type << " in layout " << side.layout
                            << " for " << side.name << ", got [" << actual << "]";
  return success();
}

/// All tensors, or all memrefs (C8).
static LogicalResult verifySemantics(MatmulOp op) {
  bool tensors = isa<RankedTensorType>(op.getInit().getType());
  for (Type type : op->getOperandTypes())
    if (isa<RankedTensorType>(type) != tensors)
      return op.emitOpError() << "(C8) expected operands that are all tensors or all memrefs, got "
                              << type << " and " << op.getInit().getType();
  if (tensors && (!op.getResult() || op.getResult().getType() != op.getInit().getType()))
    return op.emitOpError() << "(C8) expected a result of the type of outs "
                            << op.getInit().getType();
  if (!tensors && op.getResult())
    return op.emitOpError() << "(C8) expected no result on memrefs";
  return success();
}

static LogicalResult verifyAllParams(MatmulOp op, const Side &side, ArrayRef<int64_t> sizes) {
  auto elementOf = [](Value params) { return params ? getElementTypeOrSelf(params) : Type(); };
  int64_t group = side.scheme ? side.scheme.getValue().group : 0;
  Type scales = side.scalesScheme ? side.scalesScheme.getCodeType() : elementOf(side.scales);
  if (failed(verifyParams(op, side, side.scales, side.scalesMap, sizes, scales, group)) ||
      failed(verifyParams(op, side, side.zeroPoints, side.zeroPointsMap, sizes,
                          elementOf(side.zeroPoints), group)))
    return failure();
  int64_t both = side.scalesScheme ? group * side.scalesScheme.getValue().group : 0;
  return verifyParams(op, side, side.scaleScales, side.scaleScalesMap, sizes,
                      elementOf(side.scaleScales), both);
}

LogicalResult MatmulOp::verify() {
  if (failed(verifySemantics(*this)) || failed(verifyMaps(*this)) || failed(verifyDims(*this)))
    return failure();
  if (failed(verifyResult(*this)))
    return failure();
  Side sides[] = {getSide(*this, true), getSide(*this, false)};
  for (const Side &side : sides)
    if (failed(verifySideTypes(*this, side)) || failed(verifyScaleCodes(*this, side)))
      return failure();
  SmallVector<int64_t> sizes(getNumLoops(), ShapedType::kDynamic);
  for (const Side &side : sides) {
    int64_t rank = cast<ShapedType>(side.data.getType()).getRank(),
            results = side.map.getNumResults();
    if (side.layout && (results < 2 || rank != results + (side.layout.isRows() ? 0 : 1)))
      return verifyLayout(*this, side, SmallVector<int64_t>(getNumLoops(), ShapedType::kDynamic));
    if (failed(verifySizes(*this, side.data, side.map, !!side.layout, sizes)))
      return failure();
  }
  if (failed(verifySizes(*this, getInit(), getInitMap(), false, sizes)))
    return failure();
  for (MutableOperandRange operand : {getBiasMutable(), getMultiplierMutable(),
                                      getResultMultipliersMutable(), getResultShiftsMutable()})
    if (!operand.empty() &&
        failed(verifySizes(*this, operand[0].get(), getMap(operand), false, sizes)))
      return failure();
  for (const Side &side : sides)
    if (failed(verifyLayout(*this, side, sizes)) || failed(verifyAllParams(*this, side, sizes)))
      return failure();
  if (getAccumulator() && !isInteger())
    return emitOpError() << "(C10) expected an accumulator only where both sides are integers";
  return getSums() ? verifySums(*this, sizes) : success();
}

} // namespace qlinalg
