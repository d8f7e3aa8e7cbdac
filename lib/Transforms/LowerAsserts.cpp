//===- LowerAsserts.cpp - cf.assert into an error of the run time ---------===//
//
//   cf.assert %c, "message"  ->  scf.if (not %c) { llvm.call @qlinalg_rt_assert_fail(@message) }
//
// Loops around one become sequential: a call cannot be left from the middle of a team of threads.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERASSERTS
#include "QLinalg/Passes.h.inc"

static constexpr StringLiteral failName = "qlinalg_rt_assert_fail";

static LLVM::LLVMFuncOp declareFail(ModuleOp module) {
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(failName))
    return function;
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                          LLVM::LLVMPointerType::get(builder.getContext()));
  auto function = LLVM::LLVMFuncOp::create(builder, module.getLoc(), failName, type);
  function.setPassthroughAttr(builder.getStrArrayAttr({"noreturn", "cold"}));
  return function;
}

/// A constant in the module with the message and its final zero.
static LLVM::GlobalOp createMessage(ModuleOp module, StringRef message, size_t number) {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  std::string bytes = message.str();
  bytes.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
  return LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/true,
                                LLVM::Linkage::Internal, ("qlinalg_message." + Twine(number)).str(),
                                builder.getStringAttr(bytes));
}

static void makeSequential(ModuleOp module) {
  SmallVector<scf::ParallelOp> loops;
  module.walk([&](scf::ParallelOp loop) {
    if (loop.walk([](cf::AssertOp) { return WalkResult::interrupt(); }).wasInterrupted())
      loops.push_back(loop);
  });
  IRRewriter rewriter(module.getContext());
  for (scf::ParallelOp loop : loops) {
    rewriter.setInsertionPoint(loop);
    // One with a reduction stays; a failure in it ends the process.
    (void)scf::parallelForToNestedFors(rewriter, loop);
  }
}

namespace {
struct LowerAssertsPass : impl::LowerAssertsBase<LowerAssertsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    makeSequential(module);
    llvm::StringMap<LLVM::GlobalOp> messages;
    module.walk([&](cf::AssertOp op) {
      LLVM::LLVMFuncOp fail = declareFail(module);
      LLVM::GlobalOp &message = messages[op.getMsg()];
      if (!message)
        message = createMessage(module, op.getMsg(), messages.size() - 1);
      ImplicitLocOpBuilder b(op.getLoc(), op);
      Value yes = arith::ConstantIntOp::create(b, 1, 1);
      Value failed = arith::XOrIOp::create(b, op.getArg(), yes);
      auto branch = scf::IfOp::create(b, failed, /*withElseRegion=*/false);
      b.setInsertionPointToStart(branch.thenBlock());
      Value address = LLVM::AddressOfOp::create(b, message);
      LLVM::CallOp::create(b, fail, ValueRange{address});
      op.erase();
    });
  }
};
} // namespace

} // namespace qlinalg
