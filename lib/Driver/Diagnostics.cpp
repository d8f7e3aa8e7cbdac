//===- Diagnostics.cpp - MLIR diagnostics as llvm::Error ------------------===//

#include "QLinalg/Driver/Diagnostics.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qlinalg;

char DiagnosticError::ID = 0;

/// `file:line:column: ` of the innermost place in a file, or nothing.
static void printPlace(Location location, llvm::raw_ostream &os) {
  if (auto place = location->findInstanceOf<FileLineColLoc>())
    os << place.getFilename().getValue() << ':' << place.getLine() << ':' << place.getColumn()
       << ": ";
}

DiagnosticCollector::DiagnosticCollector(MLIRContext *context)
    : context(context), printedOps(context->shouldPrintOpOnDiagnostic()),
      handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error) {
          bool isRemark = diagnostic.getSeverity() == DiagnosticSeverity::Remark;
          printPlace(diagnostic.getLocation(), llvm::errs());
          llvm::errs() << (isRemark ? "remark: " : "warning: ") << diagnostic.str() << '\n';
          return success();
        }
        llvm::raw_string_ostream os(lines);
        printPlace(diagnostic.getLocation(), os);
        os << "error: " << diagnostic.str() << '\n';
        for (Diagnostic &note : diagnostic.getNotes()) {
          printPlace(note.getLocation(), os);
          os << "note: " << note.str() << '\n';
        }
        return success();
      }) {
  // The operation would come as a note of any length.
  context->printOpOnDiagnostic(false);
}

DiagnosticCollector::~DiagnosticCollector() { context->printOpOnDiagnostic(printedOps); }

llvm::Error DiagnosticCollector::take(const llvm::Twine &otherwise) {
  if (lines.empty())
    return makeError(otherwise);
  std::string taken = std::exchange(lines, {});
  taken.pop_back();
  return llvm::make_error<DiagnosticError>(std::move(taken));
}

llvm::Error qlinalg::makeError(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

std::string qlinalg::formatError(llvm::Error error) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::handleAllErrors(
      std::move(error),
      [&](const DiagnosticError &diagnostics) {
        diagnostics.log(os);
        os << '\n';
      },
      [&](const llvm::ErrorInfoBase &other) { os << "error: " << other.message() << '\n'; });
  return text;
}
