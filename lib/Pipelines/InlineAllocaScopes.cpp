//===- InlineAllocaScopes.cpp - Scopes around nothing ---------------------===//

#include "InlineAllocaScopes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace qlinalg {

static bool holdsAlloca(memref::AllocaScopeOp scope) {
  return scope.walk([](memref::AllocaOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

namespace {
struct InlineAllocaScopesPass : PassWrapper<InlineAllocaScopesPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(InlineAllocaScopesPass)

  void runOnOperation() override {
    SmallVector<memref::AllocaScopeOp> scopes;
    getOperation()->walk([&](memref::AllocaScopeOp scope) {
      if (!holdsAlloca(scope) && scope.getBodyRegion().hasOneBlock())
        scopes.push_back(scope);
    });
    IRRewriter rewriter(&getContext());
    for (memref::AllocaScopeOp scope : scopes) {
      Block &body = scope.getBodyRegion().front();
      Operation *terminator = body.getTerminator();
      SmallVector<Value> results(terminator->getOperands());
      rewriter.eraseOp(terminator);
      rewriter.inlineBlockBefore(&body, scope);
      rewriter.replaceOp(scope, results);
    }
  }
};
} // namespace

std::unique_ptr<Pass> createInlineAllocaScopes() {
  return std::make_unique<InlineAllocaScopesPass>();
}

} // namespace qlinalg
