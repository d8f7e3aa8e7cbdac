//===- Dispatch.cpp - One library for several processors ------------------===//
//
//   int32_t PREFIX_FUNCTION(…) {
//     switch (qlinalg_rt_select(variants, count, &selected)) {
//     case 0: return PREFIX_FUNCTION.0(…);
//     …
//     default: return qlinalg_rt_no_variant();
//     }
//   }
//
//===----------------------------------------------------------------------===//

#include "EmitInterface.h"
#include "QLinalg/Driver/Library.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;
using namespace qlinalg;

void qlinalg::makeVariant(llvm::Module &module, size_t number) {
  for (Function &function : module)
    if (!function.isDeclaration() && function.hasExternalLinkage()) {
      function.setName(function.getName() + "." + Twine(number));
      function.setVisibility(GlobalValue::HiddenVisibility);
    }
}

namespace {
class Dispatcher {
public:
  Dispatcher(llvm::Module &module, ArrayRef<Processor> processors);
  Function *emit(const Twine &name, ArrayRef<Type *> parameters);

private:
  llvm::Module &module;
  size_t variants;
  /// The table of what the variants need, and the place of the choice.
  Constant *table;
  Constant *selected;
};
} // namespace

Dispatcher::Dispatcher(llvm::Module &module, ArrayRef<Processor> processors)
    : module(module), variants(processors.size()) {
  auto *pointer = PointerType::getUnqual(module.getContext());
  auto *i32 = Type::getInt32Ty(module.getContext());
  SmallVector<Constant *> needs;
  for (const Processor &processor : processors)
    needs.push_back(emitString(module, join(instructionSets(processor), ",")));
  auto *type = ArrayType::get(pointer, needs.size());
  table = new GlobalVariable(module, type, /*isConstant=*/true, GlobalValue::InternalLinkage,
                             ConstantArray::get(type, needs), "qlinalg.variants");
  selected = new GlobalVariable(module, i32, /*isConstant=*/false, GlobalValue::InternalLinkage,
                                ConstantInt::get(i32, 0), "qlinalg.selected");
}

Function *Dispatcher::emit(const Twine &name, ArrayRef<Type *> parameters) {
  LLVMContext &context = module.getContext();
  auto *i32 = Type::getInt32Ty(context);
  auto *type = FunctionType::get(i32, parameters, false);
  auto *function = Function::Create(type, GlobalValue::ExternalLinkage, name, module);
  IRBuilder<> builder(BasicBlock::Create(context, "", function));
  SmallVector<Value *> arguments(llvm::make_pointer_range(function->args()));
  Value *count = builder.getInt64(variants);
  FunctionCallee select = module.getOrInsertFunction("qlinalg_rt_select", i32, table->getType(),
                                                     count->getType(), selected->getType());
  auto *none = BasicBlock::Create(context, "none", function);
  auto *choice =
      builder.CreateSwitch(builder.CreateCall(select, {table, count, selected}), none, variants);
  for (size_t i = 0; i < variants; ++i) {
    auto *block = BasicBlock::Create(context, "variant", function);
    choice->addCase(builder.getInt32(i), block);
    builder.SetInsertPoint(block);
    FunctionCallee variant =
        module.getOrInsertFunction((function->getName() + "." + Twine(i)).str(), type);
    cast<Function>(variant.getCallee())->setVisibility(GlobalValue::HiddenVisibility);
    builder.CreateRet(builder.CreateCall(variant, arguments));
  }
  builder.SetInsertPoint(none);
  builder.CreateRet(
      builder.CreateCall(module.getOrInsertFunction("qlinalg_rt_no_variant", i32), {}));
  return function;
}

LoweredModule qlinalg::makeDispatcher(const LibraryInterface &interface,
                                      ArrayRef<Processor> processors) {
  LoweredModule lowered{std::make_unique<LLVMContext>(), nullptr, interface.functions};
  lowered.module = std::make_unique<llvm::Module>("qlinalg", *lowered.context);
  lowered.module->setTargetTriple(processors.front().triple);
  Dispatcher dispatcher(*lowered.module, processors);
  auto *pointer = PointerType::getUnqual(*lowered.context);
  auto *i32 = Type::getInt32Ty(*lowered.context);
  SmallVector<Function *> functions;
  for (const Signature &signature : interface.functions)
    functions.push_back(dispatcher.emit(interface.prefix + "_" + makeIdentifier(signature.name),
                                        {pointer, i32, pointer, i32}));
  if (interface.needsLoad)
    dispatcher.emit(interface.prefix + "_load", {pointer});
  if (interface.collects)
    dispatcher.emit(interface.prefix + "_write_statistics", {pointer});
  emitErrorFunction(*lowered.module, interface.prefix);
  // Last, so that a plain name never takes the place of one that the header declares.
  for (auto [signature, function] : llvm::zip(interface.functions, functions))
    exportAlias(signature.name, function);
  return lowered;
}
