//===- SiteResults.h - What happens at sites, as results --------*- C++ -*-===//
//
// To compare a quantized program with its floats, both are made to give what their sites give: a
// `qlinalg.matmul` with codes, and rows gathered from codes, on one side, the linalg ops that they
// were on the other. Sites are called as lib/Transforms/Sites.h says; a gather is LAYER.gather.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_SITERESULTS_H
#define QLINALG_TRANSFORMS_SITERESULTS_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace qlinalg {

/// The name of a site, on its op, so that it stays with its copies.
inline constexpr llvm::StringLiteral siteNameAttrName = "qlinalg.site_name";

/// Names the sites where codes are read.
void nameQuantizedSites(mlir::ModuleOp module);
/// Names the contractions of floats with weights, and the gathers of them.
void nameFloatSites(mlir::ModuleOp module);

/// A site in the body of a function.
struct SiteResult {
  std::string name;
  mlir::Value output;
  /// What the weight is multiplied with where that is codes of 8 bits; null otherwise.
  mlir::Value codes;
  /// Of `codes`: the code that stands for 0 where it is known and the same for all.
  std::optional<int64_t> zeroPoint;
  /// Null for floats.
  SchemeAttr scheme, activations;
};

/// Puts the functions that `entry` calls into it, and drops all others. An error where it cannot be
/// given more results: it has several returns, or is called itself.
mlir::LogicalResult isolate(mlir::func::FuncOp entry);

/// The sites in the body of `entry`, which was isolated, in their order. Those that not every call
/// reaches, or in functions that could not be put into it, get a remark if `remarks`. A name that
/// occurs again is NAME@2.
std::vector<SiteResult> collectSites(mlir::func::FuncOp entry, bool remarks);

/// Adds `values`, which every call computes, to the results.
void addResults(mlir::func::FuncOp function, llvm::ArrayRef<mlir::Value> values);

/// Adds an argument for each of `values`; what reads one of them, but for the function's results,
/// reads the argument.
void replaceByArguments(mlir::func::FuncOp function, llvm::ArrayRef<mlir::Value> values);

/// Leaves out what makes codes while the program runs: what reads these reads the floats.
/// Codes that are held stay, so frozen weights keep what they cost. An error where the module does
/// not say what the floats were: matmuls give codes, or scales went from activations into weights.
mlir::LogicalResult leaveOutQuantization(mlir::ModuleOp module);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_SITERESULTS_H
