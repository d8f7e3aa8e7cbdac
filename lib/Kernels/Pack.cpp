//===- Pack.cpp - Constant codes and parameters into panels ---------------===//
//
//   matmul rhs(unpack(codes) <rows> scales %s)
//     ->  matmul rhs(pack(unpack(codes)) scales pack(%s) layout <panel = 32, step = 4, block = 32>)
//
// On constants the pack folds here; on parameters `--qlinalg-lower-parameters` runs it when they
// are loaded. Scales of one a row stay as they are: the kernel reads them once a panel.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/PanelLayout.h"
#include "QLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_PACK
#include "QLinalg/Passes.h.inc"

/// A constant or a parameter, or the codes below 8 bits that lie in one.
static bool isStored(Value codes) {
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

static bool canPack(MatmulOp op, const Side &side) {
  AffineMap map = op.getMap(side.codes->getOperandNumber());
  auto type = dyn_cast<RankedTensorType>(side.codes->get().getType());
  unsigned rank = map.getNumResults();
  return type && type.hasStaticShape() && side.scheme && !side.layout && rank >= 2 &&
         map.getDimPosition(rank - 1) == op.getReductionDim() && isStored(side.codes->get());
}

/// Parameters of groups, stored, whose map ends in (n, k) as that of the codes.
static bool canPackParams(MatmulOp op, const Side &side, OpOperand &params) {
  AffineMap map = op.getMap(params.getOperandNumber());
  AffineMap codes = op.getMap(side.codes->getOperandNumber());
  auto type = cast<RankedTensorType>(params.get().getType());
  unsigned rank = map.getNumResults(), last = codes.getNumResults() - 1;
  return rank >= 2 && type.hasStaticShape() && isStored(params.get()) &&
         map.getResult(rank - 1).isFunctionOfDim(codes.getDimPosition(last)) &&
         map.getResult(rank - 2) == codes.getResult(last - 1);
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

  void packSide(MatmulOp op, const Side &side, bool isLhs) {
    LayoutAttr layout = chooseLayout(op, side.scheme, isLhs);
    // Before the layout is set, as their maps say their ranks until then.
    SmallVector<OpOperand *> params;
    for (MutableOperandRange range : {side.scales, side.zeroPoints})
      for (OpOperand &operand : range)
        if (layout.getBlock() && canPackParams(op, side, operand))
          params.push_back(&operand);
    side.codes->set(getPacked(side.codes->get(), layout));
    for (OpOperand *operand : params)
      operand->set(getPacked(operand->get(), layout.getParamsLayout()));
    if (isLhs)
      op.setLhsLayoutAttr(layout);
    else
      op.setRhsLayoutAttr(layout);
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
    SmallVector<Operation *> packs;
    for (auto [key, pack] : packedValues)
      packs.push_back(pack.getDefiningOp());
    packedValues.clear();
    RewritePatternSet patterns(&getContext());
    PackOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyOpPatternsGreedily(packs, std::move(patterns))))
      signalPassFailure();
  }

  std::optional<Target> target;
  llvm::MapVector<std::pair<Value, Attribute>, Value> packedValues;
};
} // namespace

} // namespace qlinalg
