//===- LowerLaunches.cpp - gpu.launch_func into calls of the run time -----===//
//
//   gpu.binary @m [#gpu.object<…, "PTX">]  ->  llvm.mlir.global @m.image, @m.module
//   gpu.launch_func @m::@kernel …          ->  llvm.call @qlinalg_rt_cuda_launch(@m.module,
//   @m.image, "kernel",
//                                              sizes, addresses of the arguments)
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Gpu/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERLAUNCHES
#include "QLinalg/Gpu/Passes.h.inc"

namespace {
struct LowerLaunchesPass : impl::LowerLaunchesBase<LowerLaunchesPass> {
  /// A constant of `bytes`, a zero after them, or where they are empty a pointer that is null at
  /// first.
  void createGlobal(ImplicitLocOpBuilder &b, StringRef name, StringRef bytes) {
    if (bytes.empty()) {
      auto global = LLVM::GlobalOp::create(b, pointer(), /*isConstant=*/false,
                                           LLVM::Linkage::Internal, name, Attribute());
      OpBuilder::InsertionGuard guard(b);
      b.createBlock(&global.getInitializerRegion());
      LLVM::ReturnOp::create(b, LLVM::ZeroOp::create(b, pointer()).getResult());
      return;
    }
    std::string text = bytes.str() + '\0';
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), text.size());
    LLVM::GlobalOp::create(b, type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
                           b.getStringAttr(text));
  }

  Type pointer() { return LLVM::LLVMPointerType::get(&getContext()); }

  /// The addresses of the operands, in an array.
  Value storeArguments(ImplicitLocOpBuilder &b, OperandRange operands) {
    auto number = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(value));
    };
    // In the function's first block, so that loops do not grow the stack.
    auto allocate = [&](Type type, int64_t count) -> Value {
      OpBuilder::InsertionGuard guard(b);
      Operation *op = b.getInsertionBlock()->getParentOp();
      while (!isa<LLVM::LLVMFuncOp>(op))
        op = op->getParentOp();
      b.setInsertionPointToStart(&cast<LLVM::LLVMFuncOp>(op).getBody().front());
      return LLVM::AllocaOp::create(b, pointer(), type, number(count));
    };
    Value array = allocate(pointer(), std::max<int64_t>(operands.size(), 1));
    for (auto [i, operand] : llvm::enumerate(operands)) {
      Value place = allocate(operand.getType(), 1);
      LLVM::StoreOp::create(b, operand, place);
      Value entry = LLVM::GEPOp::create(b, pointer(), pointer(), array,
                                        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      LLVM::StoreOp::create(b, place, entry);
    }
    return array;
  }

  void lowerLaunch(mlir::gpu::LaunchFuncOp op, LLVM::LLVMFuncOp function) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    std::string module = op.getKernelModuleName().str(), kernel = op.getKernelName().str();
    std::string name = module + "." + kernel + ".name";
    if (!getOperation().lookupSymbol(name)) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(getOperation().getBody());
      createGlobal(b, name, kernel);
    }
    auto addressOf = [&](StringRef symbol) -> Value {
      return LLVM::AddressOfOp::create(b, pointer(), symbol);
    };
    auto grid = op.getGridSizeOperandValues(), block = op.getBlockSizeOperandValues();
    SmallVector<Value> arguments{addressOf(module + ".module"), addressOf(module + ".image"),
                                 addressOf(name)};
    for (Value size : {grid.x, grid.y, grid.z, block.x, block.y, block.z})
      arguments.push_back(
          size.getType() == b.getI64Type() ? size : LLVM::SExtOp::create(b, b.getI64Type(), size));
    arguments.push_back(storeArguments(b, op.getKernelOperands()));
    LLVM::CallOp::create(b, function, arguments);
    op.erase();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<mlir::gpu::LaunchFuncOp> launches;
    module.walk([&](mlir::gpu::LaunchFuncOp op) { launches.push_back(op); });
    ImplicitLocOpBuilder b(module.getLoc(), &getContext());
    for (auto binary : llvm::make_early_inc_range(module.getOps<mlir::gpu::BinaryOp>())) {
      if (binary.getObjects().size() != 1) {
        binary.emitOpError() << "expected one object, got " << binary.getObjects().size();
        return signalPassFailure();
      }
      b.setInsertionPoint(binary);
      auto object = cast<mlir::gpu::ObjectAttr>(binary.getObjects()[0]);
      createGlobal(b, (binary.getSymName() + ".image").str(), object.getObject().getValue());
      createGlobal(b, (binary.getSymName() + ".module").str(), "");
      binary.erase();
    }
    if (launches.empty())
      return;
    b.setInsertionPointToStart(module.getBody());
    Type i64 = b.getI64Type(), p = pointer();
    SmallVector<Type> inputs{p, p, p};
    inputs.append(6, i64);
    inputs.push_back(p);
    auto function = LLVM::LLVMFuncOp::create(
        b, "qlinalg_rt_cuda_launch",
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), inputs));
    for (mlir::gpu::LaunchFuncOp op : launches)
      lowerLaunch(op, function);
  }
};
} // namespace

} // namespace qlinalg
