//===- ParameterFiles.h - Weights read and codes written --------*- C++ -*-===//
//
// The extern `ml_program.global`s of a module stand in safetensors files. Reading maps them;
// writing streams one tensor after another and puts the file in place when the module is done.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_PARAMETERFILES_H
#define QLINALG_TRANSFORMS_PARAMETERFILES_H

#include "QLinalg/Parameters/Archive.h"
#include "QLinalg/Parameters/ArchiveWriter.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

namespace qlinalg {

/// The element type in files; i8 and wider integers are unsigned where `asUnsigned` or their type
/// says so. Nothing for others.
std::optional<ElementType> elementTypeOf(mlir::Type type, bool asUnsigned = false);

class ParameterFiles {
public:
  explicit ParameterFiles(mlir::ModuleOp module) : module(module) {}

  /// Opens what is named; "" leaves it out.
  mlir::LogicalResult open(llvm::StringRef input, llvm::StringRef output);

  /// The bytes of a parameter, which must be of `type`.
  mlir::FailureOr<const std::byte *> find(llvm::StringRef name, mlir::RankedTensorType type);
  /// Gives the pages of `size` of its bytes from `offset` back.
  void release(llvm::StringRef name, int64_t offset, int64_t size);

  /// Declares a global of `type`, whose bytes come next by `append`; i8 stands as U8 in the file
  /// where `asUnsigned`.
  mlir::LogicalResult begin(llvm::StringRef name, mlir::RankedTensorType type, bool asUnsigned);
  mlir::LogicalResult append(llvm::ArrayRef<std::byte> bytes);
  /// All bytes of the tensor were appended.
  mlir::LogicalResult end();

  /// Writes the parameter `name` of `type` with other bytes than it has, as `change` makes them of
  /// a copy.
  mlir::LogicalResult rewrite(llvm::StringRef name, mlir::RankedTensorType type,
                              llvm::function_ref<void(llvm::MutableArrayRef<std::byte>)> change);

  /// Says in the file's metadata what the codes `NAME.codes` are, and the scales `NAME.scales`
  /// where those are codes (else `scales` is null); codes of a trellis have `trellis` bits.
  mlir::LogicalResult describe(llvm::StringRef base, SchemeAttr scheme, int64_t columns,
                               SchemeAttr scales, int64_t trellis);

  /// Drops globals that nothing loads any more, copies the others' tensors unchanged, puts the file
  /// in place.
  mlir::LogicalResult finish();

private:
  mlir::LogicalResult fail(const Result<void> &result);
  mlir::LogicalResult copyRest();
  void eraseUnused();

  mlir::ModuleOp module;
  std::optional<Archive> archive;
  std::optional<ArchiveWriter> writer;
  /// Globals that `write` declared.
  llvm::StringSet<> written;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_PARAMETERFILES_H
