//===- Library.h - Modules as files that other programs call ----*- C++ -*-===//
//
// A compiled library exports each public function over DLPack tensors, see the
// header that `generateHeader` makes.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_DRIVER_LIBRARY_H
#define QLINALG_DRIVER_LIBRARY_H

#include "QLinalg/Driver/Codegen.h"

namespace qlinalg {

struct LibraryInterface {
  /// What every exported name begins with: `PREFIX_FUNCTION`.
  std::string prefix;
  std::vector<Signature> functions;
  /// Whether `PREFIX_load` must be called first.
  bool needsLoad = false;
  /// Whether there is `PREFIX_write_statistics`.
  bool collects = false;
};

/// `name` with everything that C does not allow in an identifier as `_`.
std::string makeIdentifier(llvm::StringRef name);

/// Puts the tensors of the files, checked against what the module expects,
/// into the module: the assembler reads them from their files by absolute path.
/// Variants of a module that are linked together share those of the first.
enum class Embedding { Private, Shared, FromFirst };
llvm::Error embedParameters(llvm::Module &module, const std::vector<std::string> &paths,
                            Embedding embedding = Embedding::Private);

/// Adds the exported functions. With `aliases`, each function also under its
/// own name where C has no other meaning for it.
llvm::Expected<LibraryInterface> exportFunctions(LoweredModule &lowered, llvm::StringRef prefix,
                                                 bool aliases);

/// Renames what `exportFunctions` exported, so that it is the variant of that
/// number of a library with several.
void makeVariant(llvm::Module &module, size_t number);

/// A module whose exported functions choose, at the first call, a variant that
/// the processor can run: the first in the order of `processors`.
LoweredModule makeDispatcher(const LibraryInterface &interface,
                             llvm::ArrayRef<Processor> processors);

/// C declarations, and each argument's shape and element type.
std::string generateHeader(const LibraryInterface &interface);

/// Links objects into the shared library `output` with the C++ compiler
/// found on the path. On failure there is no file.
llvm::Error linkLibrary(llvm::ArrayRef<std::string> objects, llvm::StringRef output);

struct BuildOptions {
  Lowering lowering = Lowering::Cpu;
  /// Several, for a library only: it holds code for each, and takes what the
  /// machine can run, most instruction sets first.
  std::vector<Processor> processors;
  /// The name's extension decides: .so .o .s .ll
  std::string output;
  /// None if empty.
  std::string header;
  /// Embedded into the output.
  std::vector<std::string> parameters;
  /// See `CompileOptions`.
  bool report = false, observers = false;
};

/// Everything above; either all files are written or none.
llvm::Error buildLibrary(mlir::ModuleOp module, const BuildOptions &options);

} // namespace qlinalg

#endif // QLINALG_DRIVER_LIBRARY_H
