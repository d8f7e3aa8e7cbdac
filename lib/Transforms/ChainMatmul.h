//===- ChainMatmul.h - A matmul with codes or sums for a result -*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_CHAINMATMUL_H
#define QLINALG_LIB_TRANSFORMS_CHAINMATMUL_H

#include "Chain.h"

namespace qlinalg {

/// A value that a matmul adds, as codes of `quantize`, or, where that is null, as integer sums.
struct ResidualForm {
  mlir::Value value;
  QuantizeOp quantize;
  std::optional<int64_t> zeroPoint;
  /// From its scale to that of the sums that it is added to.
  MappedNumbers<FixedPointScale> scales;
};

/// The codes that a matmul is to give.
struct CodesForm {
  QuantizeOp quantize;
  /// Null where they are all that the storage has.
  mlir::DenseI64ArrayAttr range;
};

/// A constant or a parameter where the builder stands.
mlir::Value repeatBefore(mlir::ImplicitLocOpBuilder &b, mlir::Value known);

/// What `op` gives, as codes by the quantize's scale. With `addsToOuts` the value that it adds
/// takes the place of the bias.
mlir::Value createByScale(mlir::ImplicitLocOpBuilder &b, MatmulOp op, const CodesForm &codes,
                          bool addsToOuts);

/// The same in integers; `residual` is what is added, codes or sums, or null.
mlir::Value createByMultiplier(mlir::ImplicitLocOpBuilder &b, MatmulOp op, const CodesForm &codes,
                               Requantize rule, const IntegerForm &form,
                               const MappedNumbers<FixedPointScale> &codeScales,
                               mlir::Value residual, const ResidualForm &residualForm);

/// The integer sums, with the bias.
mlir::Value createSums(mlir::ImplicitLocOpBuilder &b, MatmulOp op, const IntegerForm &form);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_CHAINMATMUL_H
