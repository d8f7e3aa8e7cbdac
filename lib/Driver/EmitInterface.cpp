//===- EmitInterface.cpp - Descriptions inside a lowered module -----------===//
//
// The structures mirror Runtime/Abi.h member by member; every integer there is
// 64 bits wide, so that there is no padding.
//
//===----------------------------------------------------------------------===//

#include "EmitInterface.h"
#include "QLinalg/Driver/Codegen.h"
#include "QLinalg/Runtime/Abi.h"

#include "llvm/IR/IRBuilder.h"

using namespace llvm;
using namespace qlinalg;

static_assert(sizeof(TypeDescriptor) == 4 * 8 && sizeof(ModuleDescriptor) == 6 * 8 &&
                  sizeof(FunctionSignature) == 7 * 8,
              "the constants below have 8 bytes a member");

std::string qlinalg::signatureName(StringRef function) {
  return ("qlinalg.signature." + function).str();
}

static GlobalVariable *emitConstant(llvm::Module &module, Constant *value, const Twine &name) {
  return new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                            GlobalValue::InternalLinkage, value, name);
}

Constant *qlinalg::emitString(llvm::Module &module, StringRef text) {
  return emitConstant(module, ConstantDataArray::getString(module.getContext(), text),
                      "qlinalg.string");
}

static Constant *integer(llvm::Module &module, int64_t value) {
  return ConstantInt::get(Type::getInt64Ty(module.getContext()), value, /*IsSigned=*/true);
}

static Constant *emitTensorTypes(llvm::Module &module, ArrayRef<TensorSignature> tensors) {
  if (tensors.empty())
    return ConstantPointerNull::get(PointerType::getUnqual(module.getContext()));
  SmallVector<Constant *> types;
  for (const TensorSignature &tensor : tensors) {
    SmallVector<uint64_t> sizes(tensor.shape.begin(), tensor.shape.end());
    Constant *shape =
        emitConstant(module, ConstantDataArray::get(module.getContext(), sizes), "qlinalg.shape");
    types.push_back(ConstantStruct::getAnon({integer(module, static_cast<int64_t>(tensor.element)),
                                             integer(module, tensor.shape.size()), shape,
                                             integer(module, tensor.isScalar)}));
  }
  auto *array = ArrayType::get(types.front()->getType(), types.size());
  return emitConstant(module, ConstantArray::get(array, types), "qlinalg.types");
}

/// `void (void **arguments)` around `_mlir_ciface_NAME`: see FunctionSignature::call.
static Function *emitCall(llvm::Module &module, const Signature &signature) {
  LLVMContext &context = module.getContext();
  Function *target = module.getFunction("_mlir_ciface_" + bodyName(signature.name));
  auto *pointer = PointerType::getUnqual(context);
  auto *function =
      Function::Create(FunctionType::get(Type::getVoidTy(context), {pointer}, false),
                       GlobalValue::InternalLinkage, "qlinalg.call." + signature.name, module);
  IRBuilder<> builder(BasicBlock::Create(context, "", function));
  unsigned next = 0;
  auto nextPointer = [&]() -> Value * {
    Value *slot = builder.CreateConstGEP1_64(pointer, function->getArg(0), next++);
    return builder.CreateLoad(pointer, slot);
  };
  // One number is returned by value, everything else through a pointer.
  bool returnsValue = !target->getReturnType()->isVoidTy();
  Value *result = returnsValue ? nextPointer() : nullptr;
  SmallVector<Value *> arguments;
  for (Argument &argument : target->args()) {
    Value *address = nextPointer();
    arguments.push_back(argument.getType()->isPointerTy()
                            ? address
                            : builder.CreateLoad(argument.getType(), address));
  }
  Value *value = builder.CreateCall(target, arguments);
  if (returnsValue)
    builder.CreateStore(value, result);
  builder.CreateRetVoid();
  return function;
}

static GlobalVariable *emitModuleDescriptor(llvm::Module &module) {
  Constant *null = ConstantPointerNull::get(PointerType::getUnqual(module.getContext()));
  auto table = [&](StringRef name) -> Constant * {
    GlobalVariable *found = module.getGlobalVariable(name, /*AllowInternal=*/true);
    return found ? found : null;
  };
  auto count = [&](StringRef name) {
    GlobalVariable *found = module.getGlobalVariable(name, /*AllowInternal=*/true);
    return found ? found->getInitializer() : integer(module, 0);
  };
  Function *initialize = module.getFunction(initializeName);
  Constant *descriptor = ConstantStruct::getAnon(
      {table(parameterTableName), count(parameterCountName), initialize ? initialize : null, null,
       table(siteTableName), count(siteCountName)});
  // The run time writes its state into it.
  return new GlobalVariable(module, descriptor->getType(), /*isConstant=*/false,
                            GlobalValue::ExternalLinkage, descriptor, moduleDescriptorName);
}

void qlinalg::emitInterface(llvm::Module &module, ArrayRef<Signature> functions) {
  for (GlobalValue &value : module.global_values())
    if (!value.isDeclaration() && !value.hasAppendingLinkage())
      value.setLinkage(GlobalValue::InternalLinkage);
  GlobalVariable *descriptor = emitModuleDescriptor(module);
  for (const Signature &signature : functions) {
    Constant *value = ConstantStruct::getAnon(
        {emitString(module, signature.name), descriptor, emitCall(module, signature),
         integer(module, signature.inputs.size()), emitTensorTypes(module, signature.inputs),
         integer(module, signature.results.size()), emitTensorTypes(module, signature.results)});
    emitConstant(module, value, signatureName(signature.name))
        ->setLinkage(GlobalValue::ExternalLinkage);
  }
}
