//===- ModelReport.h - What quantization costs a model ----------*- C++ -*-===//
//
// The JSON of `--qlinalg-report`, one object. Numbers have 9 significant digits, infinity is 1e999,
// what is not known null. Members are added, never renamed.
//
//   format        "qlinalg.report"
//   version       1
//   layers        in the order of the module, each an object:
//     name            the weight's, as recipes and reports have it
//     scheme          as `#qlinalg.scheme` has it, without its brackets; "float" for what stayed as
//     it is storage         int8, nf4, …; f32, f16, … for floats activations     the scheme of what
//     it is multiplied with; null for floats frozen          false while codes are still computed
//     from floats when the program runs uses            number of ops that read it sites the names
//     of its matmuls location        of the first use: FILE:LINE:COLUMN, or the name of what it
//     came from weights         how many numbers it has bytes_before    of its floats bytes_after
//     of codes, scales and zero points bits_per_weight 8 * bytes_after / weights weight_sqnr_db  10
//     log10(sum w^2 / sum (decoded - w)^2); null for floats share           of the bytes_after of
//     all parameters
//   quantized     the sums over layers that are codes: layers, weights, bytes_before, bytes_after,
//   bits_per_weight, and
//                 weight_sqnr_db over all of their weights together
//   parameters    bytes_before, bytes_after of everything: layers, and what is neither multiplied
//   nor gathered from largest       the name of the layer with the most bytes_after; null where
//   there is none worst         that with the least weight_sqnr_db
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_MODELREPORT_H
#define QLINALG_TRANSFORMS_MODELREPORT_H

#include "QLinalg/Numerics/WeightError.h"
#include "QLinalg/QLinalgDialect.h"
#include "QLinalg/Text/JsonObject.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace qlinalg {

/// A weight that a contraction or a gather reads.
struct Layer {
  std::string name;
  /// Null where it stayed float.
  SchemeAttr scheme;
  /// Bits of the codes of a trellis that stand for those of the scheme; 0 where those are stored.
  int64_t trellis = 0;
  /// Of the codes that it is multiplied with; null for floats.
  SchemeAttr activations;
  /// Of its scales, where those are codes; else null.
  SchemeAttr scalesScheme;
  /// What holds the codes (or floats), scales, zero points, and scales of scales, each an
  /// `arith.constant` or an `ml_program.global`; null where there is none, and for a weight that is
  /// not frozen.
  mlir::Operation *data = nullptr, *scales = nullptr, *zeroPoints = nullptr, *scaleScales = nullptr;
  /// Of the matrix of codes, in rows of K where the layout is that of files; of floats: all
  /// elements, and 1.
  int64_t rows = 0, columns = 1;
  bool isFrozen = true;
  /// Not in panels.
  bool isInRows = true;
  std::optional<int64_t> bytesBefore;
  int64_t bytesAfter = 0;
  std::optional<WeightError> error;
  std::vector<mlir::Operation *> uses;

  int64_t elements() const { return rows * columns; }
  double bitsPerWeight() const { return 8.0 * bytesAfter / elements(); }
};

struct ModelReport {
  /// In the order of their first uses.
  std::vector<Layer> layers;
  /// Bytes of parameters that are neither multiplied nor gathered from: biases, norms.
  int64_t otherBytes = 0;
};

/// What `module` itself says.
ModelReport collectReport(mlir::ModuleOp module);

/// "FILE:LINE:COLUMN", the name of what it came from, or "".
std::string formatLocation(mlir::Location location);

/// "int4 g32", "uint8 channel affine", "nf4 g64 f16".
std::string formatScheme(SchemeAttr scheme);
/// The same with the scheme of its scales behind it: "int4 g32, scales int6 g8 f16".
std::string formatSchemes(const Layer &layer);
/// For tables: without ".weight" at the end, which recipes may leave out too.
std::string shortName(llvm::StringRef name);
/// "31.25"; "exact" for infinity, "?" for NaN.
std::string formatDecibels(double value);
/// As the attribute is written, without its brackets; "float" for null.
std::string schemeText(SchemeAttr scheme);

/// The members of the object above; more may be added.
JsonObject toJson(const ModelReport &report);
/// For 80 columns; ends with a line break.
std::string toTable(const ModelReport &report);

/// Writes `json` to `path`, whole or not at all.
mlir::LogicalResult writeReport(mlir::Location location, const std::string &path,
                                const std::string &json);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_MODELREPORT_H
