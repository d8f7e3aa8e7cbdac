//===- QuantizeContraction.h - linalg contraction to matmul -----*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_QUANTIZECONTRACTION_H
#define QLINALG_TRANSFORMS_QUANTIZECONTRACTION_H

#include "QuantizedWeights.h"
#include "WeightContraction.h"

namespace qlinalg {

/// How the activation of a contraction becomes codes.
struct ActivationCoding {
  /// Null: it stays float. With granularity `channel` each index of K has a scale, which goes
  /// into the weight.
  SchemeAttr scheme;
  /// Constants; null where they are chosen at run time.
  mlir::TypedAttr scales, zeroPoints;
  /// Of dynamic activations and of floats, one for each index of K, or null: the activation is multiplied with
  /// `reciprocals`, the weight with `factors`.
  mlir::TypedAttr factors, reciprocals;
};

/// Replaces the contraction by a `qlinalg.matmul` on the quantized weight, and on the quantized
/// activation where it is to be. `site` is its name.
MatmulOp quantizeContraction(mlir::RewriterBase &rewriter, WeightContraction &contraction,
                             QuantizedWeights &weights, WeightCoding weight,
                             const ActivationCoding &activation, llvm::StringRef site);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_QUANTIZECONTRACTION_H
