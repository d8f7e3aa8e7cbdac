//===- Launch.cpp - Kernels as gpu.launch ---------------------------------===//

#include "Launch.h"

#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// Enough warps to hide latency, few enough for several blocks on a multiprocessor.
static constexpr int64_t threadsPerBlock = 256;

mlir::gpu::LaunchOp launchBlocks(ImplicitLocOpBuilder &b, StringRef kind, std::array<Value, 3> grid,
                                 int64_t threads,
                                 llvm::function_ref<void(mlir::gpu::LaunchOp)> body) {
  Value one = indexConstant(b, 1);
  auto launch = mlir::gpu::LaunchOp::create(b, grid[0], grid[1], grid[2], indexConstant(b, threads),
                                            one, one);
  launch.setFunctionAttr(SymbolRefAttr::get(b.getContext(), kind));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&launch.getBody().front());
  body(launch);
  mlir::gpu::TerminatorOp::create(b);
  return launch;
}

void launchEach(ImplicitLocOpBuilder &b, Value count, llvm::function_ref<void(Value)> body) {
  Value one = indexConstant(b, 1);
  // A grid has at least one block.
  Value blocks = b.createOrFold<arith::MaxUIOp>(divideUp(b, count, threadsPerBlock), one);
  launchBlocks(b, "loop", {blocks, one, one}, threadsPerBlock, [&](mlir::gpu::LaunchOp launch) {
    Value first = multiply(b, launch.getBlockIds().x, threadsPerBlock);
    Value index = add(b, first, launch.getThreadIds().x);
    Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, count);
    ifThenElse(b, isInside, [&] { body(index); }, nullptr);
  });
}

void nameKernels(Operation *root, StringRef name) {
  // Names of PTX are those of C.
  std::string prefix = name.str();
  for (char &letter : prefix)
    if (!llvm::isAlnum(letter))
      letter = '_';
  int64_t number = 0;
  root->walk([&](mlir::gpu::LaunchOp launch) {
    StringRef kind = launch.getFunctionAttr().getLeafReference().getValue();
    launch.setFunctionAttr(SymbolRefAttr::get(root->getContext(),
                                              (prefix + "_" + Twine(number++) + "_" + kind).str()));
    launch.setModuleAttr(SymbolRefAttr::get(root->getContext(), "qlinalg_kernels"));
  });
}

} // namespace qlinalg::gpu
