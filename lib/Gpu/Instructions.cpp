//===- Instructions.cpp - What kernels do below vector --------------------===//

#include "Instructions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace qlinalg::gpu {

/// LLVM's numbers of address spaces on NVPTX.
static constexpr unsigned globalSpace = 1, sharedSpace = 3;

Value Instructions::number(int64_t value, unsigned bits) const {
  return arith::ConstantIntOp::create(b, value, bits);
}
static Value like(const Instructions &i, Value value, int64_t number) {
  if (value.getType().isIndex())
    return arith::ConstantIndexOp::create(i.b, number);
  return i.number(number, value.getType().getIntOrFloatBitWidth());
}
Value Instructions::add(Value lhs, Value rhs) const {
  return b.createOrFold<arith::AddIOp>(lhs, rhs);
}
Value Instructions::add(Value lhs, int64_t rhs) const {
  return rhs == 0 ? lhs : add(lhs, like(*this, lhs, rhs));
}
Value Instructions::multiply(Value lhs, int64_t rhs) const {
  return b.createOrFold<arith::MulIOp>(lhs, like(*this, lhs, rhs));
}
Value Instructions::divide(Value lhs, int64_t rhs) const {
  return b.createOrFold<arith::DivUIOp>(lhs, like(*this, lhs, rhs));
}
Value Instructions::remainder(Value lhs, int64_t rhs) const {
  return b.createOrFold<arith::RemUIOp>(lhs, like(*this, lhs, rhs));
}
Value Instructions::exclusiveOr(Value lhs, Value rhs) const {
  return b.createOrFold<arith::XOrIOp>(lhs, rhs);
}
Value Instructions::cast(Value value, Type type) const {
  if (value.getType() == type)
    return value;
  if (type.isIndex() || value.getType().isIndex())
    return b.createOrFold<arith::IndexCastOp>(type, value);
  return type.getIntOrFloatBitWidth() > value.getType().getIntOrFloatBitWidth()
             ? b.createOrFold<arith::ExtUIOp>(type, value)
             : b.createOrFold<arith::TruncIOp>(type, value);
}
Value Instructions::toIndex(Value value) const { return cast(value, b.getIndexType()); }
Value Instructions::toI32(Value value) const { return cast(value, b.getI32Type()); }
Value Instructions::toI64(Value value) const { return cast(value, b.getI64Type()); }

Value Instructions::addressOf(Value memref) const {
  return toI64(memref::ExtractAlignedPointerAsIndexOp::create(b, memref));
}
Value Instructions::sharedAddressOf(Value memref) const {
  return toI32(memref::ExtractAlignedPointerAsIndexOp::create(b, memref));
}

static Value toPointer(const Instructions &i, Value address, unsigned space) {
  return LLVM::IntToPtrOp::create(i.b, LLVM::LLVMPointerType::get(i.b.getContext(), space),
                                  address);
}
Value Instructions::load(Value address, Type type, int64_t alignment) const {
  return LLVM::LoadOp::create(b, type, toPointer(*this, address, globalSpace), alignment);
}
void Instructions::store(Value value, Value address, int64_t alignment) const {
  LLVM::StoreOp::create(b, value, toPointer(*this, address, globalSpace), alignment);
}
Value Instructions::loadShared(Value address, Type type, int64_t alignment) const {
  return LLVM::LoadOp::create(b, type, toPointer(*this, address, sharedSpace), alignment);
}
void Instructions::storeShared(Value value, Value address, int64_t alignment) const {
  LLVM::StoreOp::create(b, value, toPointer(*this, address, sharedSpace), alignment);
}

Value Instructions::intrinsic(StringRef name, Type result, ArrayRef<Value> operands) const {
  StringAttr attribute = b.getStringAttr(name);
  if (result)
    return LLVM::CallIntrinsicOp::create(b, result, attribute, ValueRange(operands))->getResult(0);
  LLVM::CallIntrinsicOp::create(b, attribute, ValueRange(operands));
  return nullptr;
}

void Instructions::copyAsync(Value shared, Value global, int64_t bytes, Value taken) const {
  // Past the first cache, which is for 16 bytes only: each byte is read once.
  std::string name = (bytes == 16 ? "llvm.nvvm.cp.async.cg.shared.global."
                                  : "llvm.nvvm.cp.async.ca.shared.global.") +
                     std::to_string(bytes) + ".s";
  intrinsic(name, nullptr,
            {toPointer(*this, shared, sharedSpace), toPointer(*this, global, globalSpace), taken});
}
void Instructions::commitCopies() const {
  intrinsic("llvm.nvvm.cp.async.commit.group", nullptr, {});
}
void Instructions::waitForCopies(int64_t newest) const {
  Value count = LLVM::ConstantOp::create(b, b.getI32Type(), b.getI32IntegerAttr(newest));
  intrinsic("llvm.nvvm.cp.async.wait.group", nullptr, {count});
}
void Instructions::barrier() const { mlir::gpu::BarrierOp::create(b); }

static SmallVector<Value> unpack(const Instructions &i, Value structure, int64_t count) {
  SmallVector<Value> values;
  for (int64_t n = 0; n < count; ++n)
    values.push_back(LLVM::ExtractValueOp::create(i.b, structure, n));
  return values;
}
static Type structOf(const Instructions &i, int64_t count) {
  return LLVM::LLVMStructType::getLiteral(i.b.getContext(),
                                          SmallVector<Type>(count, i.b.getI32Type()));
}

SmallVector<Value> Instructions::loadMatrices(Value shared) const {
  return unpack(*this,
                intrinsic("llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16.p3", structOf(*this, 4),
                          {toPointer(*this, shared, sharedSpace)}),
                4);
}

SmallVector<Value> Instructions::multiplyBytes(StringRef aType, StringRef bType, ArrayRef<Value> a,
                                               ArrayRef<Value> bRegisters,
                                               ArrayRef<Value> c) const {
  std::string name = ("llvm.nvvm.mma.m16n8k32.row.col." + aType).str();
  if (aType != bType)
    name += ("." + bType).str();
  SmallVector<Value> operands(a);
  llvm::append_range(operands, bRegisters);
  llvm::append_range(operands, c);
  return unpack(*this, intrinsic(name, structOf(*this, 4), operands), 4);
}

Value Instructions::dot(bool lhsUnsigned, Value lhs, bool rhsUnsigned, Value rhs, Value c) const {
  std::string name =
      std::string("llvm.nvvm.idp4a.") + (lhsUnsigned ? "u" : "s") + "." + (rhsUnsigned ? "u" : "s");
  return intrinsic(name, b.getI32Type(), {lhs, rhs, c});
}

Value Instructions::shuffle(Value value, int64_t mask) const {
  bool isFloat = value.getType().isF32();
  return intrinsic(isFloat ? "llvm.nvvm.shfl.sync.bfly.f32" : "llvm.nvvm.shfl.sync.bfly.i32",
                   value.getType(), {number(-1), value, number(mask), number(31)});
}

} // namespace qlinalg::gpu
