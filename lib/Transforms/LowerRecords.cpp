//===- LowerRecords.cpp - qlinalg.record into calls of the run time -------===//
//
//   qlinalg.record %x observer 3 channels [0] : memref<4x64xf32>
//     ->
//   %0 = memref.transpose %x (d0, d1) -> (d1, d0)
//   %1 = memref.cast %0 : … to memref<*xf32>
//   call @qlinalg_rt_record_f32(3, 1, %1)
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERRECORDS
#include "QLinalg/Passes.h.inc"

/// `qlinalg_rt_record_f32` and its like, of Runtime/Abi.h.
static func::FuncOp declareRecord(ModuleOp module, Type element) {
  std::string name = "qlinalg_rt_record_";
  llvm::raw_string_ostream(name) << element;
  if (auto function = module.lookupSymbol<func::FuncOp>(name))
    return function;
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  Type i64 = builder.getI64Type();
  auto type = builder.getFunctionType({i64, i64, UnrankedMemRefType::get(element, 0)}, {});
  auto function = func::FuncOp::create(builder, module.getLoc(), name, type);
  function.setPrivate();
  return function;
}

/// The view with the channels last, in their order.
static Value moveChannelsLast(ImplicitLocOpBuilder &b, Value memref, ArrayRef<int64_t> channels) {
  SmallVector<AffineExpr> order;
  for (int64_t dim = 0; dim < cast<MemRefType>(memref.getType()).getRank(); ++dim)
    if (!llvm::is_contained(channels, dim))
      order.push_back(b.getAffineDimExpr(dim));
  for (int64_t dim : channels)
    order.push_back(b.getAffineDimExpr(dim));
  auto map = AffineMap::get(order.size(), 0, order, b.getContext());
  if (map.isIdentity())
    return memref;
  return memref::TransposeOp::create(b, memref, AffineMapAttr::get(map));
}

namespace {
struct LowerRecordsPass : impl::LowerRecordsBase<LowerRecordsPass> {
  void runOnOperation() override {
    SmallVector<RecordOp> records;
    getOperation().walk([&](RecordOp record) { records.push_back(record); });
    for (RecordOp record : records) {
      auto type = dyn_cast<MemRefType>(record.getInput().getType());
      if (!type) {
        record.emitOpError() << "expected a memref, got a tensor; bufferize first";
        return signalPassFailure();
      }
      if (type.getMemorySpace()) {
        record.emitOpError() << "expected a memref in memory space 0, got " << type;
        return signalPassFailure();
      }
      ImplicitLocOpBuilder b(record.getLoc(), record);
      Value view = moveChannelsLast(b, record.getInput(), record.getChannels());
      Value observer = arith::ConstantIntOp::create(b, b.getI64Type(), record.getObserver());
      Value channelDims =
          arith::ConstantIntOp::create(b, b.getI64Type(), record.getChannels().size());
      // The descriptor that the cast puts on the stack must not stay there in a loop.
      Value stack = LLVM::StackSaveOp::create(b, LLVM::LLVMPointerType::get(b.getContext()));
      Value unranked = memref::CastOp::create(
          b, UnrankedMemRefType::get(type.getElementType(), type.getMemorySpace()), view);
      func::CallOp::create(b, declareRecord(getOperation(), type.getElementType()),
                           ValueRange{observer, channelDims, unranked});
      LLVM::StackRestoreOp::create(b, stack);
      record.erase();
    }
  }
};
} // namespace

} // namespace qlinalg
