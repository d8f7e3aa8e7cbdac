//===- LowerMath.cpp - Elementary functions of f32 into arithmetic --------===//
//
//   math.exp : vector<16xf32>  ->  arith on vector<16xf32>, instead of 16 calls of libm
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/MathFunctions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERMATH
#include "QLinalg/Passes.h.inc"

using namespace kernels;

static bool isScalarOrLanes(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return isa<mlir::FloatType>(type) || (vector && vector.getRank() == 1 && !vector.isScalable());
}

namespace {
/// `Op` on f32 by `create`.
template <typename Op, auto create> struct LowerFunction : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!isScalarOrLanes(type) || !getElementTypeOrSelf(type).isF32())
      return rewriter.notifyMatchFailure(op, "expected f32 or a vector of it in one dimension");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Arithmetic arithmetic{b, type};
    if constexpr (Op::template hasTrait<OpTrait::OneOperand>())
      rewriter.replaceOp(op, create(arithmetic, op.getOperand()));
    else
      rewriter.replaceOp(op, create(arithmetic, op.getLhs(), op.getRhs()));
    return success();
  }
};

/// `Op` on f16 and bf16 by way of f32.
template <typename Op> struct WidenFunction : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!isScalarOrLanes(type) || getElementTypeOrSelf(type).getIntOrFloatBitWidth() >= 32)
      return rewriter.notifyMatchFailure(op, "expected floats of less than 32 bits");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> wide = llvm::map_to_vector(
        op->getOperands(), [&](Value operand) { return convertFloat(b, operand, b.getF32Type()); });
    Value result = clone(b, op.getOperation(), {wide.front().getType()}, wide)->getResult(0);
    rewriter.replaceOp(op, convertFloat(b, result, getElementTypeOrSelf(type)));
    return success();
  }
};

struct LowerMathPass : impl::LowerMathBase<LowerMathPass> {
  using LowerMathBase::LowerMathBase;

  template <typename Op, auto create> static void add(RewritePatternSet &patterns) {
    patterns.add<LowerFunction<Op, create>, WidenFunction<Op>>(patterns.getContext());
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    add<math::ExpOp, createExp>(patterns);
    add<math::Exp2Op, createExp2>(patterns);
    add<math::ExpM1Op, createExpM1>(patterns);
    add<math::TanhOp, createTanh>(patterns);
    add<math::ErfOp, createErf>(patterns);
    add<math::LogOp, createLog>(patterns);
    add<math::Log2Op, createLog2>(patterns);
    add<math::Log10Op, createLog10>(patterns);
    add<math::Log1pOp, createLog1p>(patterns);
    add<math::PowFOp, createPow>(patterns);
    add<math::SinOp, createSin>(patterns);
    add<math::CosOp, createCos>(patterns);
    // x^2 is x * x.
    populateMathAlgebraicSimplificationPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace qlinalg
