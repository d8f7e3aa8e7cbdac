//===- QuantizeContraction.h - linalg contraction to matmul -----*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_QUANTIZECONTRACTION_H
#define QLINALG_TRANSFORMS_QUANTIZECONTRACTION_H

#include "QuantizedWeights.h"
#include "WeightContraction.h"

namespace qlinalg {

/// Replaces the contraction by a `qlinalg.matmul` on the quantized weight, and on the quantized
/// activation where `activationScheme` is given. `site` is its name.
void quantizeContraction(mlir::RewriterBase &rewriter, WeightContraction &contraction,
                         QuantizedWeights &weights, SchemeAttr weightScheme,
                         SchemeAttr activationScheme, llvm::StringRef site);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_QUANTIZECONTRACTION_H
