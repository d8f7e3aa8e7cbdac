//===- Report.cpp - What quantization costs each weight -------------------===//

#include "QLinalg/Passes.h"

#include "QLinalg/Transforms/ModelReport.h"
#include "ReferenceWeights.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qlinalg {
#define GEN_PASS_DEF_REPORT
#include "QLinalg/Passes.h.inc"

namespace {

struct ReportPass : impl::ReportBase<ReportPass> {
  using ReportBase::ReportBase;

  void runOnOperation() override {
    ModelReport report = collectReport(getOperation());
    if (reference.empty() && !(parameters.empty() && referenceParameters.empty())) {
      emitError(getOperation().getLoc())
          << "expected reference=FILE with parameters= and reference-parameters=, got none";
      return signalPassFailure();
    }
    if (!reference.empty() && failed(measureAgainst({reference, referenceParameters},
                                                    getOperation(), parameters, report)))
      return signalPassFailure();
    if (!output.empty() &&
        failed(writeReport(getOperation().getLoc(), output, toJson(report).text())))
      return signalPassFailure();
    llvm::errs() << toTable(report);
    markAllAnalysesPreserved();
  }
};

} // namespace
} // namespace qlinalg
