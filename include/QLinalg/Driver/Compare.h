//===- Compare.h - A quantized program beside its floats --------*- C++ -*-===//

#ifndef QLINALG_DRIVER_COMPARE_H
#define QLINALG_DRIVER_COMPARE_H

#include "QLinalg/Driver/Codegen.h"
#include "QLinalg/Numerics/Error.h"
#include "QLinalg/Transforms/ModelReport.h"

namespace qlinalg {

/// A program before quantization; without a module, the quantized one with its activations left in
/// floats.
struct FloatReference {
  mlir::ModuleOp module;
  std::vector<std::string> parameters;
};

/// What a site gives beside what it gives in floats.
struct SiteComparison {
  std::string name;
  /// FILE:LINE:COLUMN in the quantized module, and in the reference.
  std::string location, referenceLocation;
  SchemeAttr scheme, activations;
  /// Its weight in `Comparison::report`.
  std::optional<size_t> layer;
  /// In the quantized program; and where all before it is floats, so that the error is its own.
  ErrorMeasures error, localError;
  /// Share of the codes of its activations at the least or the greatest code, unless that stands
  /// for 0. Of codes of 8 bits only.
  std::optional<double> saturation;
};

struct Comparison {
  /// Of the quantized module.
  ModelReport report;
  /// Worst first, by `error.sqnr`.
  std::vector<SiteComparison> sites;
  /// One for each result of the function.
  std::vector<ErrorMeasures> results;
  /// Sites of the reference that are floats in the quantized module too.
  std::vector<std::string> unquantized;
};

/// Runs the function `entry` of `module` and its floats on each of `batches`, all inputs of one
/// call each; the measures are those over all of them. A site that the reference does not have, or
/// of another type, is an error. Names the sites of `module`, whose ops the result refers to.
llvm::Expected<Comparison> compareWithFloats(mlir::ModuleOp module, const std::string &entry,
                                             const CompileOptions &options,
                                             const std::vector<std::string> &parameters,
                                             const FloatReference &reference,
                                             llvm::ArrayRef<std::vector<ArrayView>> batches);

} // namespace qlinalg

#endif // QLINALG_DRIVER_COMPARE_H
