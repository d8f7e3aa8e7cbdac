//===- QuantizedWeights.h - One quantize per weight and scheme --*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_QUANTIZEDWEIGHTS_H
#define QLINALG_TRANSFORMS_QUANTIZEDWEIGHTS_H

#include "WeightView.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/PatternMatch.h"

namespace qlinalg {

/// Codes with their parameters; absent parameters are null.
struct QuantizedValue {
  mlir::Value codes, scales, zeroPoints;
  SchemeAttr scheme;
};

/// `choose_params` and `quantize` of `input` whose dimension `kDim` is K; no parameters for bf16
/// and f16. With `scalesScheme` the scales are what that scheme makes of those chosen.
QuantizedValue quantizeValue(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value input,
                             unsigned kDim, SchemeAttr scheme, SchemeAttr scalesScheme = {});

/// How a weight becomes codes.
struct WeightCoding {
  SchemeAttr scheme;
  /// That of the layer, where it is not that of `--qlinalg-freeze`.
  mlir::StringAttr method;
  /// A constant of f32 with which rows are multiplied along K, or null.
  mlir::TypedAttr factors;
  /// That of scales which are codes themselves, or null.
  SchemeAttr scales = {};
  /// Bits of the codes of a trellis that the codes become; 0 where they stay.
  int64_t trellis = 0;

  bool operator==(const WeightCoding &) const = default;
};

/// Weights as rows of K: [other dimensions in stored order .., K], quantized once per scheme.
class QuantizedWeights {
public:
  /// `kept` and `reduced` are the atoms of `root`, in stored order. The result's dimensions are one
  /// for each atom of `kept`, and K.
  QuantizedValue get(mlir::OpBuilder &builder, mlir::Value root, llvm::ArrayRef<Atom> kept,
                     llvm::ArrayRef<Atom> reduced, const WeightCoding &coding);

private:
  struct Entry {
    mlir::Value root;
    llvm::SmallVector<Atom> kept, reduced;
    WeightCoding coding;
    QuantizedValue value;
  };
  std::vector<Entry> entries;
};

/// `value`, whose leading dimensions hold rows in row-major order, with leading dimensions of the
/// sizes `leading` instead; `trailing` dimensions stay.
mlir::Value reshapeLeading(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
                           llvm::ArrayRef<int64_t> leading, unsigned trailing);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_QUANTIZEDWEIGHTS_H
