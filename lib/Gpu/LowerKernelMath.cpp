//===- LowerKernelMath.cpp - math in kernels into instructions ------------===//
//
//   math.absf %x : f32  ->  llvm.call_intrinsic "llvm.fabs"(%x) : (f32) -> f32
//
//===----------------------------------------------------------------------===//

#include "WideTrigonometry.h"

#include "QLinalg/Gpu/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERKERNELMATH
#include "QLinalg/Gpu/Passes.h.inc"

/// LLVM's intrinsic that NVPTX has an instruction for, or a short sequence; empty where there is
/// none.
static StringRef getIntrinsic(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case([](math::AbsFOp) { return "llvm.fabs"; })
      .Case([](math::CopySignOp) { return "llvm.copysign"; })
      .Case([](math::FloorOp) { return "llvm.floor"; })
      .Case([](math::CeilOp) { return "llvm.ceil"; })
      .Case([](math::TruncOp) { return "llvm.trunc"; })
      .Case([](math::RoundOp) { return "llvm.round"; })
      .Case([](math::RoundEvenOp) { return "llvm.roundeven"; })
      .Case([](math::SqrtOp) { return "llvm.sqrt"; })
      .Case([](math::FmaOp) { return "llvm.fma"; })
      .Default([](Operation *) { return ""; });
}

namespace {
struct LowerKernelMathPass : impl::LowerKernelMathBase<LowerKernelMathPass> {
  /// sin and cos of f64, into other math too.
  void lowerWideTrigonometry() {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<math::SinOp, math::CosOp>(op) && op->getResult(0).getType().isF64())
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      ImplicitLocOpBuilder b(op->getLoc(), op);
      Value result = gpu::createWideSine(b, op->getOperand(0), isa<math::CosOp>(op));
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
  }

  void runOnOperation() override {
    lowerWideTrigonometry();
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_nonnull<math::MathDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      StringRef name = getIntrinsic(op);
      if (name.empty()) {
        // Of integers: upstream's lowering has them.
        if (isa<mlir::FloatType>(op->getResult(0).getType())) {
          op->emitOpError()
              << "expected a function that kernels have, of f32 or narrower, got one of "
              << op->getResult(0).getType();
          return signalPassFailure();
        }
        continue;
      }
      ImplicitLocOpBuilder b(op->getLoc(), op);
      auto call = LLVM::CallIntrinsicOp::create(b, op->getResult(0).getType(),
                                                b.getStringAttr(name), op->getOperands());
      op->getResult(0).replaceAllUsesWith(call->getResult(0));
      op->erase();
    }
  }
};
} // namespace

} // namespace qlinalg
