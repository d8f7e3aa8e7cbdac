//===- Codegen.h - From a module to LLVM IR and object code -----*- C++ -*-===//

#ifndef QLINALG_DRIVER_CODEGEN_H
#define QLINALG_DRIVER_CODEGEN_H

#include "QLinalg/Driver/Processor.h"
#include "QLinalg/Driver/Signature.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

namespace qlinalg {

enum class Lowering {
  /// Packed, tiled, vectorized, parallel.
  Cpu,
  /// The definition, as plain loops.
  Linalg,
  /// Kernels for a GPU, and a program for the processor that starts them.
  Gpu,
};

struct CompileOptions {
  Lowering lowering = Lowering::Cpu;
  Processor processor;
  /// The GPU, where the lowering is for one.
  std::string chip = {};
  /// The functions to keep; all public ones if empty.
  std::vector<std::string> entries;
  /// A remark at each matmul says what it is lowered to.
  bool report = false;
  /// Collect what qlinalg.observe asks for (Program::statistics, PREFIX_write_statistics); else
  /// observers are dropped.
  bool observers = false;
};

/// LLVM IR of a module and what it offers.
struct LoweredModule {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  std::vector<Signature> functions;
};

/// Names of the constants that describe a lowered module (Runtime/Abi.h):
/// its ModuleDescriptor, and the FunctionSignature of each function.
inline constexpr llvm::StringLiteral moduleDescriptorName = "qlinalg.module";
std::string signatureName(llvm::StringRef function);

/// Lowers a copy of `module` and adds the descriptions above; everything is
/// internal but them. Not yet optimized.
llvm::Expected<LoweredModule> lowerModule(mlir::ModuleOp module, const CompileOptions &options);

/// LLVM's -O3 for the target.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

enum class OutputKind { Object, Assembly, IR };

/// Writes an optimized module to memory.
llvm::Expected<llvm::SmallVector<char, 0>> emit(llvm::Module &module, llvm::TargetMachine &machine,
                                                OutputKind kind);

} // namespace qlinalg

#endif // QLINALG_DRIVER_CODEGEN_H
