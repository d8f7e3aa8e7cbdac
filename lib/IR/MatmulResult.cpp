//===- MatmulResult.cpp - The verifier of what a matmul yields ------------===//

#include "VerifyMatmul.h"

#include "QLinalg/ParamsMap.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

/// The type of outs and the scheme of codes (C11).
static LogicalResult verifyKind(MatmulOp op) {
  Type element = getElementTypeOrSelf(op.getInit());
  SchemeAttr scheme = op.getResultSchemeAttr();
  if (!scheme) {
    if (element.isInteger(8))
      return op.emitOpError() << "(C11) expected a scheme for outs of i8";
    return success();
  }
  const Scheme &value = scheme.getValue();
  if (!scheme.isInteger() || bitWidth(value.storage) != 8 ||
      value.granularity != Granularity::Tensor || value.scales != FloatType::F32)
    return op.emitOpError() << "(C11) expected outs of an 8 bit integer scheme of granularity "
                               "tensor with scales of f32, got "
                            << scheme;
  if (element != scheme.getCodeType())
    return op.emitOpError() << "(C11) expected outs of " << scheme.getCodeType() << " for "
                            << scheme << ", got " << element;
  return success();
}

/// `operand`, which is there or not as it should be, has elements of `type` and, where it is the
/// same for all, no dimensions (C12).
static LogicalResult verifyParam(MatmulOp op, Value operand, StringRef name, bool wanted, Type type,
                                 bool isOne) {
  if (static_cast<bool>(operand) != wanted)
    return op.emitOpError() << "(C12) expected " << (wanted ? "" : "no ") << name << " of outs"
                            << (op.getResultSchemeAttr() ? "" : " without a scheme") << ", got "
                            << (wanted ? "none" : "some");
  if (!operand)
    return success();
  auto shaped = cast<ShapedType>(operand.getType());
  if (shaped.getElementType() != type || (isOne && shaped.getRank() != 0))
    return op.emitOpError() << "(C12) expected " << name << " of outs of " << type
                            << (isOne ? ", one for all" : "") << ", got " << shaped;
  return success();
}

static LogicalResult verifyParams(MatmulOp op) {
  SchemeAttr scheme = op.getResultSchemeAttr();
  if (op.getRequantizeAttr() && !scheme)
    return op.emitOpError() << "(C12) expected requantize only for outs with a scheme, got outs "
                               "without one";
  bool inIntegers = scheme && op.getRequantizeAttr();
  Builder b(op.getContext());
  if (failed(verifyParam(op, op.getResultScales(), "scales", scheme && !inIntegers, b.getF32Type(),
                         true)) ||
      failed(verifyParam(op, op.getResultMultipliers(), "multipliers", inIntegers, b.getI32Type(),
                         false)) ||
      failed(verifyParam(op, op.getResultShifts(), "shifts", inIntegers, b.getI32Type(), false)) ||
      failed(verifyParam(op, op.getResultZeroPoints(), "zero points",
                         scheme && scheme.hasZeroPoints(), b.getI8Type(), true)))
    return failure();
  return success();
}

/// What may stand beside sums that stay integers (C13).
static LogicalResult verifyIntegers(MatmulOp op) {
  auto isFloat = [](Value value) {
    return isa<mlir::FloatType>(getElementTypeOrSelf(value.getType()));
  };
  if (!op.keepsIntegers()) {
    if (op.getBias() && !isFloat(op.getBias()))
      return op.emitOpError() << "(C13) expected a bias of floats where sums are scaled, got "
                              << op.getBias().getType();
    return success();
  }
  for (auto [name, scheme] :
       {std::pair("lhs", op.getLhsSchemeAttr()), {"rhs", op.getRhsSchemeAttr()}})
    if (!scheme || !scheme.isInteger() || scheme.getValue().group) {
      InFlightDiagnostic error = op.emitOpError()
                                 << "(C13) expected two sides of integers without groups for sums "
                                    "that stay integers, got "
                                 << name << " of ";
      return scheme ? error << scheme : error << "floats";
    }
  if (op.getBias() && isFloat(op.getBias()))
    return op.emitOpError() << "(C13) expected a bias of i32 where sums stay integers, got "
                            << op.getBias().getType();
  if (op.getMultiplier())
    return op.emitOpError() << "(C13) expected no multiplier where sums stay integers, got "
                            << op.getMultiplier().getType();
  Epilogue epilogue = op.getEpilogue();
  if (epilogue != Epilogue::None && !(op.givesCodes() && epilogue == Epilogue::Relu))
    return op.emitOpError() << "(C13) expected no epilogue" << (op.givesCodes() ? " but relu" : "")
                            << " where sums stay integers, got " << stringifyEpilogue(epilogue);
  return success();
}

static LogicalResult verifyRange(MatmulOp op) {
  std::optional<ArrayRef<int64_t>> range = op.getResultRange();
  if (!range)
    return success();
  if (!op.givesCodes())
    return op.emitOpError() << "(C14) expected a result_range only for outs with a scheme, got ["
                            << *range << "] without one";
  Storage storage = op.getResultScheme()->getStorage();
  if (range->size() != 2 || range->front() > range->back() || range->front() < minCode(storage) ||
      range->back() > maxCode(storage))
    return op.emitOpError() << "(C14) expected a result_range of two ascending codes in ["
                            << minCode(storage) << ", " << maxCode(storage) << "], got [" << *range
                            << "]";
  return success();
}

LogicalResult verifyResult(MatmulOp op) {
  if (failed(verifyKind(op)) || failed(verifyParams(op)) || failed(verifyIntegers(op)) ||
      failed(verifyRange(op)))
    return failure();
  return success();
}

LogicalResult verifySums(MatmulOp op, ArrayRef<int64_t> sizes) {
  auto isPanel = [](LayoutAttr layout) { return layout && !layout.isRows(); };
  bool lhs = isPanel(op.getLhsLayoutAttr()), rhs = isPanel(op.getRhsLayoutAttr());
  SchemeAttr scheme = lhs ? op.getLhsSchemeAttr() : op.getRhsSchemeAttr();
  if (lhs == rhs || !scheme.isInteger())
    return op.emitOpError()
           << "(C15) expected sums beside exactly one side in panels, of integers, "
              "got "
           << (lhs == rhs ? (lhs ? "both in panels" : "none in panels") : "one of other codes");
  MLIRContext *context = op.getContext();
  AffineExpr k = getAffineDimExpr(op.getReductionDim(), context);
  int64_t group = scheme.getValue().group;
  SmallVector<AffineExpr> results(lhs ? op.getLhsMap().getResults() : op.getRhsMap().getResults());
  results.back() = group ? k.floorDiv(group) : getAffineConstantExpr(0, context);
  AffineMap expected = AffineMap::get(op.getNumLoops(), 0, results, context);
  if (op.getSumsMap() != expected)
    return op.emitOpError() << "(C15) expected sums mapped by " << AffineMapAttr::get(expected)
                            << ", got " << AffineMapAttr::get(op.getSumsMap());
  SmallVector<int64_t> shape;
  for (AffineExpr expr : ArrayRef(results).drop_back())
    shape.push_back(sizes[cast<AffineDimExpr>(expr).getPosition()]);
  int64_t kSize = sizes[op.getReductionDim()];
  shape.push_back(!group                         ? 1
                  : ShapedType::isDynamic(kSize) ? ShapedType::kDynamic
                                                 : llvm::divideCeil(kSize, group));
  auto logical = RankedTensorType::get(shape, IntegerType::get(context, 32));
  LayoutAttr layout = (lhs ? op.getLhsLayoutAttr() : op.getRhsLayoutAttr()).getParamsLayout();
  RankedTensorType packed = layout.getPackedType(logical);
  auto actual = cast<ShapedType>(op.getSums().getType());
  if (!packed || packed.getShape() != actual.getShape() ||
      packed.getElementType() != actual.getElementType())
    return op.emitOpError() << "(C15) expected sums of " << logical << " in layout " << layout
                            << ", got " << actual;
  return success();
}

} // namespace qlinalg
