//===- InsertFills.cpp - A fill for each of its readers -------------------===//
//
//   %f = linalg.fill                 %f = linalg.fill, %g = linalg.fill
//   reduce outs(%f)             ->   reduce outs(%f)
//   reduce outs(%f)                  reduce outs(%g)
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_INSERTFILLS
#include "QLinalg/Passes.h.inc"

/// Its own fill of its own tensor for `use`.
static void insertFill(linalg::FillOp fill, OpOperand &use) {
  OpBuilder builder(use.getOwner());
  Operation *empty = builder.clone(*fill.getOutputs()[0].getDefiningOp());
  IRMapping mapping;
  mapping.map(fill.getOutputs()[0], empty->getResult(0));
  use.set(builder.clone(*fill.getOperation(), mapping)->getResult(0));
}

namespace {
struct InsertFillsPass : impl::InsertFillsBase<InsertFillsPass> {
  using InsertFillsBase::InsertFillsBase;

  void runOnOperation() override {
    SmallVector<linalg::FillOp> fills;
    getOperation()->walk([&](linalg::FillOp fill) {
      if (fill.getNumResults() == 1 && !fill.getResult(0).hasOneUse() &&
          fill.getOutputs()[0].getDefiningOp<tensor::EmptyOp>())
        fills.push_back(fill);
    });
    for (linalg::FillOp fill : fills) {
      for (OpOperand &use : llvm::make_early_inc_range(fill->getUses()))
        insertFill(fill, use);
      Operation *empty = fill.getOutputs()[0].getDefiningOp();
      fill.erase();
      if (empty->use_empty())
        empty->erase();
    }
  }
};
} // namespace

} // namespace qlinalg
