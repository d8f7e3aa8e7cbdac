//===- LowerConversions.cpp - quantize and its like into linalg -----------===//
//
// Every op but matmul and dynamic_quantize by its definition: they are elementwise or plain
// reductions, which loops do well.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERCONVERSIONS
#include "QLinalg/Passes.h.inc"

namespace {
struct LowerConversionsPass : impl::LowerConversionsBase<LowerConversionsPass> {
  using LowerConversionsBase::LowerConversionsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateLowerToLinalgPatterns(patterns, /*includeKernels=*/false);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

} // namespace qlinalg
