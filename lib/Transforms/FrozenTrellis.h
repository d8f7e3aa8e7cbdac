//===- FrozenTrellis.h - A constant weight becomes a trellis ----*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_FROZENTRELLIS_H
#define QLINALG_TRANSFORMS_FROZENTRELLIS_H

#include "FrozenWeight.h"

#include "QLinalg/Numerics/QuantizeTrellis.h"

namespace qlinalg {

/// What `freezeWeight` does, for codes of `bits` of a trellis down each matrix of `matrixRows`
/// rows; with `factor` under its feedback. All rows are consumed at once: as many codes are held as
/// the weight has, and as many int16.
[[nodiscard]] std::optional<QuantizeError>
freezeTrellis(mlir::MLIRContext *context, int bits, const Scheme &scheme,
              const MomentFactor *factor, const WeightRows &rows, int64_t matrixRows,
              FloatSource source, FrozenParams &params,
              llvm::function_ref<void(const FrozenRows &)> consume);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_FROZENTRELLIS_H
