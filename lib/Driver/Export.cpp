//===- Export.cpp - The functions that a library offers -------------------===//
//
// Each is a stub that hands its arguments and a signature to the run time
// (Runtime/Call.h).
//
//===----------------------------------------------------------------------===//

#include "EmitInterface.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Library.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;
using namespace qlinalg;

std::string qlinalg::makeIdentifier(StringRef name) {
  std::string identifier = name.str();
  for (char &c : identifier)
    if (!isAlnum(c))
      c = '_';
  if (identifier.empty() || isDigit(identifier.front()))
    identifier.insert(identifier.begin(), '_');
  return identifier;
}

/// An exported function that calls `target` with `fixed` and its own arguments.
static Function *emitStub(llvm::Module &module, const Twine &name, StringRef target,
                          Constant *fixed, Type *result, ArrayRef<Type *> parameters) {
  LLVMContext &context = module.getContext();
  auto *function = Function::Create(FunctionType::get(result, parameters, false),
                                    GlobalValue::ExternalLinkage, name, module);
  SmallVector<Type *> types;
  SmallVector<Value *> arguments;
  if (fixed) {
    types.push_back(fixed->getType());
    arguments.push_back(fixed);
  }
  for (Argument &argument : function->args()) {
    types.push_back(argument.getType());
    arguments.push_back(&argument);
  }
  FunctionCallee callee =
      module.getOrInsertFunction(target, FunctionType::get(result, types, false));
  IRBuilder<> builder(BasicBlock::Create(context, "", function));
  builder.CreateRet(builder.CreateCall(callee, arguments));
  return function;
}

/// A name that C, C++ or the C library has no other meaning for.
static bool isFreeName(const llvm::Module &module, StringRef name) {
  static constexpr StringLiteral keywords[] = {
#define QLINALG_KEYWORDS                                                                           \
  "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case", "catch", "char", "class",   \
      "const", "constexpr", "continue", "default", "delete", "do", "double", "else", "enum",       \
      "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline",   \
      "int", "long", "mutable", "namespace", "new", "not", "nullptr", "operator", "or", "private", \
      "protected", "public", "register", "requires", "restrict", "return", "short", "signed",      \
      "sizeof", "static", "struct", "switch", "template", "this", "throw", "true", "try",          \
      "typedef", "typeid", "typename", "typeof", "union", "unsigned", "using", "virtual", "void",  \
      "volatile", "while", "xor"
      QLINALG_KEYWORDS
#undef QLINALG_KEYWORDS
  };
  if (name != makeIdentifier(name) || name.starts_with("_") || is_contained(keywords, name))
    return false;
  TargetLibraryInfoImpl library(module.getTargetTriple());
  LibFunc known;
  return !library.getLibFunc(name, known) && !module.getNamedValue(name);
}

void qlinalg::exportAlias(StringRef name, Function *function) {
  if (isFreeName(*function->getParent(), name))
    GlobalAlias::create(name, function);
}

void qlinalg::emitErrorFunction(llvm::Module &module, StringRef prefix) {
  emitStub(module, prefix + "_error", "qlinalg_rt_error", nullptr,
           PointerType::getUnqual(module.getContext()), {});
}

llvm::Expected<LibraryInterface> qlinalg::exportFunctions(LoweredModule &lowered, StringRef prefix,
                                                          bool aliases) {
  llvm::Module &module = *lowered.module;
  LLVMContext &context = module.getContext();
  Type *pointer = PointerType::getUnqual(context), *i32 = Type::getInt32Ty(context);
  GlobalVariable *descriptor = module.getGlobalVariable(moduleDescriptorName, true);
  LibraryInterface interface{prefix.str(), lowered.functions};
  interface.needsLoad = !descriptor->getInitializer()->getAggregateElement(1)->isNullValue();
  interface.collects = !descriptor->getInitializer()->getAggregateElement(5)->isNullValue();

  SmallVector<std::string> taken = {"error", "load"};
  if (interface.collects)
    taken.push_back("write_statistics");
  SmallVector<Function *> stubs;
  for (const Signature &signature : lowered.functions) {
    std::string name = makeIdentifier(signature.name);
    if (is_contained(taken, name))
      return makeError("expected functions with different names in C, got a second " + prefix +
                       "_" + name + " for @" + signature.name);
    taken.push_back(name);
    GlobalVariable *constant = module.getGlobalVariable(signatureName(signature.name), true);
    constant->setLinkage(GlobalValue::InternalLinkage);
    stubs.push_back(emitStub(module, prefix + "_" + name, "qlinalg_rt_call", constant, i32,
                             {pointer, i32, pointer, i32}));
  }
  descriptor->setLinkage(GlobalValue::InternalLinkage);
  emitErrorFunction(module, prefix);
  if (interface.needsLoad)
    emitStub(module, prefix + "_load", "qlinalg_rt_load", descriptor, i32, {pointer});
  if (interface.collects)
    emitStub(module, prefix + "_write_statistics", "qlinalg_rt_write_statistics", descriptor, i32,
             {pointer});
  // Last, so that a plain name never takes the place of one that the header declares.
  if (aliases)
    for (auto [signature, stub] : llvm::zip(lowered.functions, stubs))
      exportAlias(signature.name, stub);
  return interface;
}
