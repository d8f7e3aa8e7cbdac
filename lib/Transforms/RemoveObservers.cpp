//===- RemoveObservers.cpp - Every qlinalg.observe is dropped -------------===//
//
//   %0 = qlinalg.observe %x ...   ->   %x
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_REMOVEOBSERVERS
#include "QLinalg/Passes.h.inc"

namespace {
struct RemoveObserversPass : impl::RemoveObserversBase<RemoveObserversPass> {
  void runOnOperation() override {
    getOperation().walk([](ObserveOp observe) {
      observe.replaceAllUsesWith(observe.getInput());
      observe.erase();
    });
  }
};
} // namespace

} // namespace qlinalg
