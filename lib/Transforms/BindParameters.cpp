//===- BindParameters.cpp - Arguments into parameters outside the IR ------===//
//
// func.func @main(%w: tensor<8x4xf32>, %x: …)   with "layer.weight" as first line of the file
//   ->
// ml_program.global private @"layer.weight"(#ml_program.extern : tensor<8x4xf32>) : tensor<8x4xf32>
// func.func @main(%x: …) { %w = ml_program.global_load_const @"layer.weight" … }
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MLProgram/IR/MLProgramAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace qlinalg {
#define GEN_PASS_DEF_BINDPARAMETERS
#include "QLinalg/Passes.h.inc"

namespace {

struct BindParametersPass : impl::BindParametersBase<BindParametersPass> {
  using BindParametersBase::BindParametersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto function = module.lookupSymbol<func::FuncOp>(entry);
    if (!function) {
      emitError(module.getLoc()) << "expected a function @" << entry
                                 << " whose arguments are to be bound";
      return signalPassFailure();
    }
    if (function.isExternal() || !SymbolTable::symbolKnownUseEmpty(function, module)) {
      emitError(function.getLoc())
          << "expected a function with a body and without callers to bind arguments of";
      return signalPassFailure();
    }
    llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
        llvm::MemoryBuffer::getFile(names, /*IsText=*/true);
    if (!file) {
      emitError(module.getLoc()) << "expected a file with the names of arguments, got '" << names
                                 << "': " << file.getError().message();
      return signalPassFailure();
    }
    SmallVector<StringRef> lines;
    if (StringRef text = (*file)->getBuffer().rtrim("\r\n"); !text.empty())
      text.split(lines, '\n');
    if (lines.size() > function.getNumArguments()) {
      emitError(function.getLoc())
          << "expected at most " << function.getNumArguments() << " lines in '" << names
          << "', one for each argument, got " << lines.size();
      return signalPassFailure();
    }
    if (failed(bindAll(function, lines)))
      return signalPassFailure();
  }

private:
  LogicalResult bindAll(func::FuncOp function, ArrayRef<StringRef> lines) {
    llvm::BitVector erased(function.getNumArguments());
    for (auto [index, line] : llvm::enumerate(lines)) {
      StringRef name = line.trim();
      if (name.empty())
        continue;
      if (failed(bindOne(function, index, name)))
        return failure();
      erased.set(index);
    }
    bound += erased.count();
    return function.eraseArguments(erased);
  }

  LogicalResult bindOne(func::FuncOp function, unsigned index, StringRef name) {
    BlockArgument argument = function.getArgument(index);
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || !type.hasStaticShape())
      return emitError(function.getLoc())
             << "expected argument " << index << ", which is to be '" << name
             << "', to be a tensor of static shape, got " << argument.getType();
    ModuleOp module = getOperation();
    Operation *existing = module.lookupSymbol(name);
    auto global = dyn_cast_or_null<ml_program::GlobalOp>(existing);
    bool isParameter =
        global && !global.getIsMutable() &&
        isa_and_nonnull<ml_program::ExternAttr>(global.getValue().value_or(Attribute()));
    if (existing && !isParameter)
      return emitError(function.getLoc())
             << "expected a parameter or no symbol '" << name << "' for argument " << index
             << ", got " << existing->getName();
    if (existing && global.getType() != type)
      return emitError(function.getLoc())
             << "expected one type for '" << name << "', got " << type << " for argument " << index
             << " and " << global.getType() << " before";
    OpBuilder builder(function);
    if (!existing)
      ml_program::GlobalOp::create(builder, argument.getLoc(), name, type, /*is_mutable=*/false,
                                   ml_program::ExternAttr::get(builder.getContext(), type),
                                   builder.getStringAttr("private"));
    builder.setInsertionPointToStart(&function.getBody().front());
    auto load = ml_program::GlobalLoadConstOp::create(
        builder, argument.getLoc(), type, SymbolRefAttr::get(builder.getContext(), name));
    argument.replaceAllUsesWith(load);
    return success();
  }
};

} // namespace
} // namespace qlinalg
