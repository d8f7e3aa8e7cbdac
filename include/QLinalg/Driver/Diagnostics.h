//===- Diagnostics.h - MLIR diagnostics as llvm::Error ----------*- C++ -*-===//

#ifndef QLINALG_DRIVER_DIAGNOSTICS_H
#define QLINALG_DRIVER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"

#include <string>

namespace qlinalg {

/// Whole lines `file:line:column: error: …`, with their notes.
class DiagnosticError : public llvm::ErrorInfo<DiagnosticError> {
public:
  static char ID;
  explicit DiagnosticError(std::string lines) : lines(std::move(lines)) {}
  void log(llvm::raw_ostream &os) const override { os << lines; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }

private:
  std::string lines;
};

/// Collects the errors of a context while it lives; other diagnostics go to
/// the handlers before it.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext *context);
  ~DiagnosticCollector();
  /// What was collected, or `otherwise` if there was nothing.
  llvm::Error take(const llvm::Twine &otherwise);

private:
  std::string lines;
  mlir::MLIRContext *context;
  bool printedOps;
  mlir::ScopedDiagnosticHandler handler;
};

/// An error of one line, lower case.
llvm::Error makeError(const llvm::Twine &message);

/// `error` as lines that begin with `error:` or with a location and `error:`.
std::string formatError(llvm::Error error);

} // namespace qlinalg

#endif // QLINALG_DRIVER_DIAGNOSTICS_H
