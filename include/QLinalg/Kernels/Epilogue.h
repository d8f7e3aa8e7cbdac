//===- Epilogue.h - Where a tile begins and ends ----------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_EPILOGUE_H
#define QLINALG_KERNELS_EPILOGUE_H

#include "QLinalg/Kernels/Contraction.h"

namespace qlinalg::kernels {

/// `init + bias` at the coordinates, in the compute type: a number, or with `lanes` a vector along
/// n.
mlir::Value loadInit(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                     const Coordinates &coordinates, int64_t lanes = 0);

/// Applies the epilogue and writes the number, or the vector along n, to the result.
void storeResult(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                 const Coordinates &coordinates, mlir::Value value);

/// Results and bias can be read and written as vectors along n.
bool hasVectorResults(const Contraction &contraction);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_EPILOGUE_H
