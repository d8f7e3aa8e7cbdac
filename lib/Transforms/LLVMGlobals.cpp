//===- LLVMGlobals.cpp - Tables for the run time in a module --------------===//

#include "LLVMGlobals.h"

using namespace mlir;

namespace qlinalg {

Type llvmPointer(ImplicitLocOpBuilder &b) { return LLVM::LLVMPointerType::get(b.getContext()); }

Value llvmInteger(ImplicitLocOpBuilder &b, int64_t value) {
  return LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(value));
}

Value llvmAddressOf(ImplicitLocOpBuilder &b, StringRef name) {
  return LLVM::AddressOfOp::create(b, llvmPointer(b), name);
}

LLVM::GlobalOp createGlobal(ImplicitLocOpBuilder &b, Type type, bool isConstant,
                            LLVM::Linkage linkage, StringRef name) {
  auto global = LLVM::GlobalOp::create(b, type, isConstant, linkage, name, Attribute());
  b.createBlock(&global.getInitializerRegion());
  return global;
}

void emitString(ImplicitLocOpBuilder &b, StringRef name, StringRef text) {
  std::string bytes = text.str();
  bytes.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  LLVM::GlobalOp::create(b, type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
                         b.getStringAttr(bytes));
}

void emitTable(ImplicitLocOpBuilder &b, StringRef name, int64_t rows, TypeRange fields,
               function_ref<SmallVector<Value>(int64_t)> row) {
  LLVM::GlobalOp::create(b, b.getI64Type(), /*isConstant=*/true, LLVM::Linkage::External,
                         (name + "_count").str(), b.getI64IntegerAttr(rows));
  auto entry = LLVM::LLVMStructType::getLiteral(b.getContext(), llvm::to_vector_of<Type>(fields));
  auto type = LLVM::LLVMArrayType::get(entry, rows);
  OpBuilder::InsertionGuard guard(b);
  createGlobal(b, type, /*isConstant=*/true, LLVM::Linkage::External, (name + "_table").str());
  Value table = LLVM::PoisonOp::create(b, type);
  for (int64_t i = 0; i < rows; ++i)
    for (auto [j, field] : llvm::enumerate(row(i)))
      table = LLVM::InsertValueOp::create(b, table, field, {i, static_cast<int64_t>(j)});
  LLVM::ReturnOp::create(b, table);
}

} // namespace qlinalg
