//===- Load.h - Read a module of any dialect --------------------*- C++ -*-===//

#ifndef QLINALG_DRIVER_LOAD_H
#define QLINALG_DRIVER_LOAD_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

namespace qlinalg {

/// All of upstream's dialects, extensions and translations, and ours: what a
/// context needs to load and compile a module.
void registerForCompilation(mlir::DialectRegistry &registry);

/// Text or bytecode. The context was made with `registerForCompilation`.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> loadModule(mlir::MLIRContext &context,
                                                             llvm::StringRef path);
/// The same from memory; `name` stands for the path in messages.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
parseModule(mlir::MLIRContext &context, llvm::StringRef contents, llvm::StringRef name);

} // namespace qlinalg

#endif // QLINALG_DRIVER_LOAD_H
