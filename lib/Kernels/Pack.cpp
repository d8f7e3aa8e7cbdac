//===- Pack.cpp - Constant codes and parameters into panels ---------------===//
//
//   matmul rhs(unpack(codes) <rows> scales %s)
//     ->  matmul rhs(pack(unpack(codes)) scales pack(%s) layout <panel = 32, step = 4, block = 32>)
//
// Scales that are dequantized from stored codes in groups are taken as those codes.
//
// On constants the pack folds here; on parameters `--qlinalg-lower-parameters` runs it when they
// are loaded. Scales of one a row stay as they are: the kernel reads them once a panel. Where the
// other side has zero points, sums of the codes are taken here too, and not in each call.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/PanelLayout.h"
#include "QLinalg/ParamsMap.h"
#include "QLinalg/Passes.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_PACK
#include "QLinalg/Passes.h.inc"

/// A constant or a parameter, or the codes below 8 bits that lie in one.
static bool isStored(Value codes) {
  if (auto decode = codes.getDefiningOp<DecodeTrellisOp>())
    codes = decode.getCodes();
  if (auto unpack = codes.getDefiningOp<UnpackOp>(); unpack && unpack.getLayout().isRows())
    codes = unpack.getSource();
  else if (getElementTypeOrSelf(codes.getType()).getIntOrFloatBitWidth() < 8)
    return false;
  Operation *op = codes.getDefiningOp();
  return isa_and_nonnull<arith::ConstantOp, ml_program::GlobalLoadConstOp>(op);
}

namespace {
/// One side of a matmul.
struct Side {
  OpOperand *codes;
  MutableOperandRange scales, zeroPoints;
  SchemeAttr scheme;
  LayoutAttr layout;
};
} // namespace

static Side getSide(MatmulOp op, bool isLhs) {
  if (isLhs)
    return {&op.getLhsMutable(), op.getLhsScalesMutable(), op.getLhsZeroPointsMutable(),
            op.getLhsSchemeAttr(), op.getLhsLayoutAttr()};
  return {&op.getRhsMutable(), op.getRhsScalesMutable(), op.getRhsZeroPointsMutable(),
          op.getRhsSchemeAttr(), op.getRhsLayoutAttr()};
}

/// Codes of a trellis are decoded by the lanes of the side's own rows.
static bool hasOwnRows(MatmulOp op, const Side &side, unsigned n) {
  bool isLhs = side.codes->getOperandNumber() == 0;
  return !side.codes->get().getDefiningOp<DecodeTrellisOp>() ||
         !(isLhs ? op.getRhsMap() : op.getLhsMap()).isFunctionOfDim(n);
}

static bool canPack(MatmulOp op, const Side &side) {
  AffineMap map = op.getMap(side.codes->getOperandNumber());
  auto type = dyn_cast<RankedTensorType>(side.codes->get().getType());
  unsigned rank = map.getNumResults();
  return type && type.hasStaticShape() && side.scheme && !side.layout && rank >= 2 &&
         map.getDimPosition(rank - 1) == op.getReductionDim() && isStored(side.codes->get()) &&
         hasOwnRows(op, side, map.getDimPosition(rank - 2));
}

/// What gives the scales from codes in symmetric or positive groups along the last dimension, both
/// stored; null if nothing does.
static DequantizeOp getScaleCodes(Value scales) {
  auto op = scales.getDefiningOp<DequantizeOp>();
  if (!op || !op.getScheme().isInteger() || op.getZeroPoints() ||
      op.getScheme().getValue().granularity != Granularity::Group ||
      bitWidth(op.getScheme().getStorage()) > 8 || !getElementTypeOrSelf(op.getType()).isF32())
    return {};
  auto type = cast<RankedTensorType>(op.getType());
  AffineMap map = getParamsMap(op.getScheme().getValue(), type.getRank(), op.getContext());
  return op.getParamsMap() == map && isStored(op.getInput()) && isStored(op.getScales())
             ? op
             : DequantizeOp();
}

/// Parameters of groups, stored, whose map ends in (n, k) as that of the codes.
static bool canPackParams(MatmulOp op, const Side &side, OpOperand &params) {
  AffineMap map = op.getMap(params.getOperandNumber());
  AffineMap codes = op.getMap(side.codes->getOperandNumber());
  auto type = cast<RankedTensorType>(params.get().getType());
  unsigned rank = map.getNumResults(), last = codes.getNumResults() - 1;
  return rank >= 2 && type.hasStaticShape() &&
         (isStored(params.get()) || getScaleCodes(params.get())) &&
         map.getResult(rank - 1).isFunctionOfDim(codes.getDimPosition(last)) &&
         map.getResult(rank - 2) == codes.getResult(last - 1);
}

/// The map of zero points as sum_codes takes them: one for each row, or each group of a row, or
/// one.
static AffineMap getZeroPointsMap(MatmulOp op, const Side &side) {
  const Scheme &scheme = side.scheme.getValue();
  AffineMap codes = op.getMap(side.codes->getOperandNumber());
  SmallVector<AffineExpr> results(codes.getResults().drop_back());
  if (scheme.granularity == Granularity::Tensor)
    results.clear();
  else if (scheme.group)
    results.push_back(codes.getResults().back().floorDiv(scheme.group));
  return AffineMap::get(codes.getNumDims(), 0, results, op.getContext());
}

/// The kernels read codes of `side` in `layout`, and multiply their sums with something of the
/// other side: zero points, or what makes signed bytes unsigned where pairs are proved to fit.
static bool wantsSums(MatmulOp op, const Side &side, SchemeAttr other, LayoutAttr layout,
                      const Target &target) {
  if (!other || !op.isInteger() || bitWidth(other.getStorage()) != 8 || !layout.getBlock())
    return false;
  int64_t group = other.getValue().group;
  if (group && group != side.scheme.getValue().group)
    return false;
  if (!other.hasZeroPoints() && layout == getPanelLayout(side.scheme, target))
    return false;
  return side.zeroPoints.empty() || (isStored(side.zeroPoints[0].get()) &&
                                     op.getMap(side.zeroPoints) == getZeroPointsMap(op, side));
}

namespace {
struct PackPass : impl::PackBase<PackPass> {
  using PackBase::PackBase;

  /// The packed form, once for all matmuls of one weight.
  Value getPacked(Value codes, LayoutAttr layout) {
    Value &packed = packedValues[{codes, layout}];
    if (!packed) {
      OpBuilder builder(codes.getContext());
      builder.setInsertionPointAfterValue(codes);
      packed = PackOp::create(builder, codes.getLoc(), codes, layout);
    }
    return packed;
  }

  LayoutAttr chooseLayout(MatmulOp op, SchemeAttr scheme, bool isLhs) {
    std::optional<SchemeAttr> other = isLhs ? op.getRhsScheme() : op.getLhsScheme();
    return panel ? LayoutAttr::getPanels(&getContext(), panel)
                 : getPanelLayout(op, scheme, other, *target);
  }

  /// Of codes that are not packed yet.
  Value createSums(MatmulOp op, const Side &side, LayoutAttr layout) {
    OpBuilder builder(op);
    Value zeroPoints = side.zeroPoints.empty() ? Value() : side.zeroPoints[0].get();
    Value sums =
        SumCodesOp::create(builder, op.getLoc(), side.codes->get(), zeroPoints, side.scheme);
    return getPacked(sums, layout.getParamsLayout());
  }

  /// They are mapped as the codes are, but for k. Operands move: no pointer to one is valid after.
  static void setSums(MatmulOp op, const Side &side, Value sums) {
    Builder builder(op.getContext());
    AffineMap codes = op.getMap(side.codes->getOperandNumber());
    SmallVector<AffineExpr> results(codes.getResults());
    int64_t group = side.scheme.getValue().group;
    results.back() = group ? results.back().floorDiv(group) : builder.getAffineConstantExpr(0);
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    maps.push_back(
        AffineMapAttr::get(AffineMap::get(codes.getNumDims(), 0, results, builder.getContext())));
    op.getSumsMutable().assign(sums);
    op.setIndexingMapsAttr(builder.getArrayAttr(maps));
  }

  /// What the scales, which are codes now, are multiplied with. Operands move.
  void setScaleCodes(MatmulOp op, bool isLhs, DequantizeOp codes, LayoutAttr layout) {
    decodedScales.insert(codes);
    AffineMap map = isLhs ? op.getLhsScalesMap() : op.getRhsScalesMap();
    SmallVector<AffineExpr> results(map.getResults());
    SchemeAttr scheme = isLhs ? op.getLhsSchemeAttr() : op.getRhsSchemeAttr();
    int64_t both = scheme.getValue().group * codes.getScheme().getValue().group;
    results.back() = getAffineDimExpr(op.getReductionDim(), op.getContext()).floorDiv(both);
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    maps.push_back(
        AffineMapAttr::get(AffineMap::get(map.getNumDims(), 0, results, op.getContext())));
    Value packed = getPacked(codes.getScales(), layout.getParamsLayout());
    if (isLhs) {
      op.getLhsScaleScalesMutable().assign(packed);
      op.setLhsScalesSchemeAttr(codes.getScheme());
    } else {
      op.getRhsScaleScalesMutable().assign(packed);
      op.setRhsScalesSchemeAttr(codes.getScheme());
    }
    op.setIndexingMapsAttr(Builder(op.getContext()).getArrayAttr(maps));
  }

  /// What `decode` gives is made in registers.
  void packTrellis(MatmulOp op, const Side &side, DecodeTrellisOp decode, bool isLhs) {
    LayoutAttr layout = getTrellisLayout(&getContext());
    side.codes->set(getPacked(decode.getCodes(), layout));
    if (isLhs)
      op.setLhsLayoutAttr(layout);
    else
      op.setRhsLayoutAttr(layout);
    ++packed;
  }

  void packSide(MatmulOp op, const Side &side, bool isLhs) {
    if (auto decode = side.codes->get().getDefiningOp<DecodeTrellisOp>())
      return packTrellis(op, side, decode, isLhs);
    LayoutAttr layout = chooseLayout(op, side.scheme, isLhs);
    // Before the layout is set, as their maps say their ranks until then.
    SmallVector<OpOperand *> params;
    for (MutableOperandRange range : {side.scales, side.zeroPoints})
      for (OpOperand &operand : range)
        if (layout.getBlock() && canPackParams(op, side, operand))
          params.push_back(&operand);
    SchemeAttr other = isLhs ? op.getRhsSchemeAttr() : op.getLhsSchemeAttr();
    Value sums =
        wantsSums(op, side, other, layout, *target) ? createSums(op, side, layout) : Value();
    side.codes->set(getPacked(side.codes->get(), layout));
    DequantizeOp scaleCodes;
    for (OpOperand *operand : params) {
      DequantizeOp codes = getScaleCodes(operand->get());
      Value stored = codes ? codes.getInput() : operand->get();
      operand->set(getPacked(stored, layout.getParamsLayout()));
      if (codes)
        scaleCodes = codes;
    }
    if (isLhs)
      op.setLhsLayoutAttr(layout);
    else
      op.setRhsLayoutAttr(layout);
    if (sums)
      setSums(op, side, sums);
    if (scaleCodes)
      setScaleCodes(op, isLhs, scaleCodes, layout);
    ++packed;
  }

  LogicalResult checkOptions() {
    auto emitError = [&] { return getOperation().emitError(); };
    if (panel && !LayoutAttr::getChecked(emitError, &getContext(), panel.getValue(), int64_t(1),
                                         int64_t(0), false))
      return failure();
    target = lookupTarget(cpu);
    if (!target)
      return emitError() << "expected the name of a processor in cpu=, got '" << cpu << "'";
    return success();
  }

  void runOnOperation() override {
    if (failed(checkOptions()))
      return signalPassFailure();
    getOperation().walk([&](MatmulOp op) {
      // One side is enough: the other is read row by row.
      for (bool isLhs : {false, true}) {
        Side side = getSide(op, isLhs);
        if (canPack(op, side))
          return packSide(op, side, isLhs);
      }
    });
    for (Operation *decoded : decodedScales.takeVector())
      if (decoded->use_empty())
        decoded->erase();
    SmallVector<Operation *> packs;
    for (auto [key, pack] : packedValues) {
      if (auto sums = key.first.getDefiningOp<SumCodesOp>())
        packs.push_back(sums);
      packs.push_back(pack.getDefiningOp());
    }
    packedValues.clear();
    RewritePatternSet patterns(&getContext());
    PackOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyOpPatternsGreedily(packs, std::move(patterns))))
      signalPassFailure();
  }

  std::optional<Target> target;
  llvm::MapVector<std::pair<Value, Attribute>, Value> packedValues;
  /// What gave scales that are codes now.
  llvm::SetVector<Operation *> decodedScales;
};
} // namespace

} // namespace qlinalg
