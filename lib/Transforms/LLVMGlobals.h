//===- LLVMGlobals.h - Tables for the run time in a module ------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_LLVMGLOBALS_H
#define QLINALG_LIB_TRANSFORMS_LLVMGLOBALS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

mlir::Type llvmPointer(mlir::ImplicitLocOpBuilder &b);
mlir::Value llvmInteger(mlir::ImplicitLocOpBuilder &b, int64_t value);
/// Of a global.
mlir::Value llvmAddressOf(mlir::ImplicitLocOpBuilder &b, llvm::StringRef name);

/// A global whose value the region computes; the builder stands in the region afterwards.
mlir::LLVM::GlobalOp createGlobal(mlir::ImplicitLocOpBuilder &b, mlir::Type type, bool isConstant,
                                  mlir::LLVM::Linkage linkage, llvm::StringRef name);

/// Internal constant with a final zero.
void emitString(mlir::ImplicitLocOpBuilder &b, llvm::StringRef name, llvm::StringRef text);

/// The constants `@NAME_table`, structures with as many fields as the values that `row` makes of
/// each row's number (pointers and i64), and `@NAME_count`.
void emitTable(mlir::ImplicitLocOpBuilder &b, llvm::StringRef name, int64_t rows,
               mlir::TypeRange fields,
               llvm::function_ref<llvm::SmallVector<mlir::Value>(int64_t)> row);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_LLVMGLOBALS_H
