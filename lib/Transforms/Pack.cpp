//===- Pack.cpp - Constant codes and parameters into panels ---------------===//
//
//   matmul rhs(unpack(codes) <rows>)  ->  matmul rhs(pack(unpack(codes)) layout <panel = 16>)
//
// On constants the pack folds here; on parameters `--qlinalg-lower-parameters` runs it when they
// are loaded. Scales and zero points stay as they are: the kernel reads them once a panel.
//
//===----------------------------------------------------------------------===//

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

static bool canPack(MatmulOp op, bool isLhs) {
  Value codes = isLhs ? op.getLhs() : op.getRhs();
  auto scheme = isLhs ? op.getLhsScheme() : op.getRhsScheme();
  auto layout = isLhs ? op.getLhsLayout() : op.getRhsLayout();
  AffineMap map = isLhs ? op.getLhsMap() : op.getRhsMap();
  auto type = dyn_cast<RankedTensorType>(codes.getType());
  unsigned rank = map.getNumResults();
  return type && type.hasStaticShape() && scheme && !layout && rank >= 2 &&
         map.getDimPosition(rank - 1) == op.getReductionDim() && isStored(codes);
}

namespace {
struct PackPass : impl::PackBase<PackPass> {
  using PackBase::PackBase;

  /// The packed form, once for all matmuls of one weight.
  Value getPacked(Value codes, LayoutAttr layout) {
    Value &packed = packedCodes[codes];
    if (!packed) {
      OpBuilder builder(codes.getContext());
      builder.setInsertionPointAfterValue(codes);
      packed = PackOp::create(builder, codes.getLoc(), codes, layout);
    }
    return packed;
  }

  void runOnOperation() override {
    int64_t rows = panel;
    auto emitError = [&] { return getOperation().emitError(); };
    LayoutAttr layout = LayoutAttr::getChecked(emitError, &getContext(), rows);
    if (!layout)
      return signalPassFailure();
    if (layout.isRows()) {
      emitError() << "expected a panel of 1 row or more, got 0";
      return signalPassFailure();
    }
    getOperation().walk([&](MatmulOp op) {
      // One side is enough: the other is read row by row.
      if (canPack(op, /*isLhs=*/false)) {
        op.getRhsMutable().assign(getPacked(op.getRhs(), layout));
        op.setRhsLayoutAttr(layout);
      } else if (canPack(op, /*isLhs=*/true)) {
        op.getLhsMutable().assign(getPacked(op.getLhs(), layout));
        op.setLhsLayoutAttr(layout);
      } else {
        return;
      }
      ++packed;
    });
    SmallVector<Operation *> packs;
    for (auto [codes, pack] : packedCodes)
      packs.push_back(pack.getDefiningOp());
    packedCodes.clear();
    RewritePatternSet patterns(&getContext());
    PackOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyOpPatternsGreedily(packs, std::move(patterns))))
      signalPassFailure();
  }

  llvm::MapVector<Value, Value> packedCodes;
};
} // namespace

} // namespace qlinalg
