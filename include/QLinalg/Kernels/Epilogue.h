//===- Epilogue.h - Where a tile begins and ends ----------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_EPILOGUE_H
#define QLINALG_KERNELS_EPILOGUE_H

#include "QLinalg/Kernels/Contraction.h"

namespace qlinalg::kernels {

/// `init + bias` at the coordinates, in the type of a tile's sums: a number, or with `lanes` a
/// vector along n. Where the result is codes there is no init.
mlir::Value loadInit(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                     const Coordinates &coordinates, int64_t lanes = 0);

/// The sum of two of a tile's, integers or floats.
mlir::Value addToTile(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                      mlir::Value lhs, mlir::Value rhs);

/// The code, of 8 bits and within `range`, of an f32 or a vector of them: as `qlinalg.quantize`
/// does, rounded, moved by the zero point (an i8, or null), clamped, and 0 for a NaN.
mlir::Value encodeNumber(mlir::ImplicitLocOpBuilder &b, SchemeAttr scheme,
                         std::pair<int64_t, int64_t> range, mlir::Value value, mlir::Value scale,
                         mlir::Value zeroPoint);

/// Writes results of some rows: what is the same for all of them is loaded once.
class ResultStore {
public:
  /// For numbers at the coordinates, whatever their m, or with `lanes` for vectors along n.
  ResultStore(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
              const Coordinates &coordinates, int64_t lanes = 0);

  /// Applies the epilogue and writes the number, or the vector along n, to the result.
  void store(const Coordinates &coordinates, mlir::Value value) const;

private:
  mlir::Value load(mlir::MutableOperandRange operand, const Coordinates &coordinates) const;
  mlir::Value reload(mlir::Value loaded, mlir::MutableOperandRange operand,
                     const Coordinates &coordinates) const;
  mlir::Value quantize(mlir::Value value) const;

  mlir::ImplicitLocOpBuilder &b;
  const Contraction &c;
  int64_t lanes;
  /// Null where there are none: of integer sums, of f32 results, and of either.
  mlir::Value multipliers, shifts, scale, zeroPoint;
};

/// Results and what is mapped along n beside them can be read and written as vectors along n.
bool hasVectorResults(const Contraction &contraction);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_EPILOGUE_H
