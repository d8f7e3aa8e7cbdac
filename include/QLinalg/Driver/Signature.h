//===- Signature.h - What public functions take and give --------*- C++ -*-===//

#ifndef QLINALG_DRIVER_SIGNATURE_H
#define QLINALG_DRIVER_SIGNATURE_H

#include "QLinalg/Runtime/Invoke.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace qlinalg {

/// A ranked tensor, or a number passed by value. Sizes below 0 are known at
/// run time only; equal ones of one signature are equal sizes.
struct TensorSignature {
  ElementType element;
  std::vector<int64_t> shape;
  bool isScalar = false;
};

struct Signature {
  std::string name;
  std::vector<TensorSignature> inputs;
  std::vector<TensorSignature> results;
};

/// Of a function on tensors and numbers; an error for any other type.
llvm::Expected<Signature> readSignature(mlir::func::FuncOp function);

/// An error unless arrays of these types and sizes fit; it needs no compiled code.
llvm::Error checkInputs(const Signature &signature, llvm::ArrayRef<ArrayView> inputs);

/// The public functions with a body, in the order of the module.
std::vector<mlir::func::FuncOp> publicFunctions(mlir::ModuleOp module);

/// The function that a caller means: the one of this name; with no name `main`,
/// or else the only one.
llvm::Expected<std::string> chooseEntry(mlir::ModuleOp module, llvm::StringRef name);

} // namespace qlinalg

#endif // QLINALG_DRIVER_SIGNATURE_H
