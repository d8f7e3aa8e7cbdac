//===- PlaceOnDevice.cpp - Memory that kernels can read -------------------===//
//
//   func.func @main(%x: memref<4xf32>)    ->  a copy of %x at the beginning, freed before each
//   return memref.get_global, what parameters    ->  llvm.call @qlinalg_rt_cuda_resident(address,
//   bytes) hold memref.load, return outside of        ->  llvm.call @qlinalg_rt_cuda_wait() before
//   it launches
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Gpu/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_PLACEONDEVICE
#include "QLinalg/Gpu/Passes.h.inc"

namespace {
struct PlaceOnDevicePass : impl::PlaceOnDeviceBase<PlaceOnDevicePass> {
  LLVM::LLVMFuncOp declare(StringRef name, Type result, ArrayRef<Type> inputs) {
    ModuleOp module = getOperation();
    if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return function;
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    return LLVM::LLVMFuncOp::create(builder, module.getLoc(), name,
                                    LLVM::LLVMFunctionType::get(result, inputs));
  }

  /// What is dense and static at the address of `source` once, for all calls.
  Value createResident(ImplicitLocOpBuilder &b, Value source) {
    auto type = cast<MemRefType>(source.getType());
    Type pointer = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
    Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, source);
    Value number = arith::IndexCastOp::create(b, i64, address);
    address = LLVM::IntToPtrOp::create(b, pointer, number);
    int64_t bits = type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
    Value bytes =
        arith::ConstantIntOp::create(b, type.getNumElements() * std::max<int64_t>(bits / 8, 1), 64);
    auto function = declare("qlinalg_rt_cuda_resident", pointer, {pointer, i64});
    address = LLVM::CallOp::create(b, function, ValueRange{address, bytes}).getResult();
    // The descriptor of finalize-memref-to-llvm.
    SmallVector<Type> fields{pointer, pointer, i64};
    if (type.getRank() > 0)
      fields.append(2, LLVM::LLVMArrayType::get(i64, type.getRank()));
    Value descriptor =
        LLVM::PoisonOp::create(b, LLVM::LLVMStructType::getLiteral(b.getContext(), fields));
    auto insert = [&](Value value, ArrayRef<int64_t> position) {
      descriptor = LLVM::InsertValueOp::create(b, descriptor, value, position);
    };
    auto insertNumber = [&](int64_t number, ArrayRef<int64_t> position) {
      insert(LLVM::ConstantOp::create(b, i64, b.getI64IntegerAttr(number)), position);
    };
    insert(address, {0});
    insert(address, {1});
    insertNumber(0, {2});
    int64_t stride = 1;
    for (int64_t dim = type.getRank(); dim-- > 0; stride *= type.getDimSize(dim)) {
      insertNumber(type.getDimSize(dim), {3, dim});
      insertNumber(stride, {4, dim});
    }
    return UnrealizedConversionCastOp::create(b, type, descriptor).getResult(0);
  }

  void placeConstants() {
    SmallVector<Value> sources;
    getOperation().walk([&](Operation *op) {
      auto cast = dyn_cast<UnrealizedConversionCastOp>(op);
      if (isa<memref::GetGlobalOp>(op) ||
          (cast && cast.getNumResults() == 1 && isa<MemRefType>(cast.getResult(0).getType())))
        sources.push_back(op->getResult(0));
    });
    for (Value source : sources) {
      ImplicitLocOpBuilder b(source.getLoc(), source.getContext());
      b.setInsertionPointAfterValue(source);
      Operation *first = nullptr;
      Value resident = createResident(b, source);
      first = source.getDefiningOp()->getNextNode();
      // The address that is asked for stays that of the source.
      source.replaceAllUsesExcept(resident, first);
    }
  }

  void placeArguments(func::FuncOp function) {
    ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
    b.setInsertionPointToStart(&function.getBody().front());
    SmallVector<Value> copies;
    for (BlockArgument argument : function.getArguments()) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      if (!type)
        continue;
      SmallVector<Value> sizes;
      for (auto [dim, size] : llvm::enumerate(type.getShape()))
        if (ShapedType::isDynamic(size))
          sizes.push_back(memref::DimOp::create(b, argument, dim));
      Value copy = memref::AllocOp::create(b, type, sizes);
      auto fill = memref::CopyOp::create(b, argument, copy);
      llvm::SmallPtrSet<Operation *, 4> own{fill};
      for (Operation *user : argument.getUsers())
        if (isa<memref::DimOp>(user) && user->isBeforeInBlock(fill))
          own.insert(user);
      argument.replaceAllUsesExcept(copy, own);
      copies.push_back(copy);
    }
    function.walk([&](func::ReturnOp op) {
      b.setInsertionPoint(op);
      for (Value copy : copies)
        memref::DeallocOp::create(b, copy);
    });
  }

  /// Before the host touches memory that a kernel may not be done with.
  void insertWaits(func::FuncOp function) {
    SmallVector<Operation *> readers;
    bool launches = false;
    function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<mlir::gpu::LaunchOp>(op)) {
        launches = true;
        return WalkResult::skip();
      }
      if (isa<memref::LoadOp, memref::StoreOp, memref::CopyOp, func::ReturnOp>(op))
        readers.push_back(op);
      return WalkResult::advance();
    });
    if (!launches)
      return;
    auto wait = declare("qlinalg_rt_cuda_wait", LLVM::LLVMVoidType::get(&getContext()), {});
    for (Operation *op : readers) {
      ImplicitLocOpBuilder b(op->getLoc(), op);
      LLVM::CallOp::create(b, wait, ValueRange());
    }
  }

  void runOnOperation() override {
    placeConstants();
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      if (function.isPublic())
        placeArguments(function);
      insertWaits(function);
    }
  }
};
} // namespace

} // namespace qlinalg
