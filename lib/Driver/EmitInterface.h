//===- EmitInterface.h - Descriptions inside a lowered module ---*- C++ -*-===//

#ifndef QLINALG_LIB_DRIVER_EMITINTERFACE_H
#define QLINALG_LIB_DRIVER_EMITINTERFACE_H

#include "QLinalg/Driver/Signature.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"

namespace qlinalg {

/// The pipelines leave these, where a module has parameters (an array of
/// ParameterEntry and its length), sites (the same of SiteEntry) or something to do before the first
/// call.
inline constexpr llvm::StringLiteral parameterTableName = "qlinalg_parameter_table";
inline constexpr llvm::StringLiteral parameterCountName = "qlinalg_parameter_count";
inline constexpr llvm::StringLiteral siteTableName = "qlinalg_site_table";
inline constexpr llvm::StringLiteral siteCountName = "qlinalg_site_count";
inline constexpr llvm::StringLiteral initializeName = "qlinalg_initialize";

/// The function of a module that was @`name`: no name of a program meets one of the C library or of
/// the run time.
inline std::string bodyName(llvm::StringRef name) { return ("qlinalg.body." + name).str(); }

/// Adds the constants of Runtime/Abi.h for the functions, and makes everything
/// else internal.
void emitInterface(llvm::Module &module, llvm::ArrayRef<Signature> functions);

/// A constant string, NUL-terminated.
llvm::Constant *emitString(llvm::Module &module, llvm::StringRef text);

/// `function` also under its plain name, where C has no other meaning for that.
void exportAlias(llvm::StringRef name, llvm::Function *function);

/// The exported `PREFIX_error`.
void emitErrorFunction(llvm::Module &module, llvm::StringRef prefix);

} // namespace qlinalg

#endif // QLINALG_LIB_DRIVER_EMITINTERFACE_H
