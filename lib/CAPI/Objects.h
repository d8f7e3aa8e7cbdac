//===- Objects.h - What the opaque pointers of the C API are ----*- C++ -*-===//

#ifndef QLINALG_LIB_CAPI_OBJECTS_H
#define QLINALG_LIB_CAPI_OBJECTS_H

#include "QLinalg/Driver/Program.h"
#include "qlinalg-c/qlinalg.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

/// A module and the context that it alone lives in.
struct QLinalgModule {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

struct QLinalgProgram {
  qlinalg::Program program;
};

struct QLinalgResults {
  std::vector<qlinalg::OwnedArray> arrays;
};

namespace qlinalg {

/// Hands an error to the caller, if it wants it.
void storeError(llvm::Error error, char **destination);

/// `text` on malloc's heap.
char *copyString(llvm::StringRef text);

} // namespace qlinalg

#endif // QLINALG_LIB_CAPI_OBJECTS_H
