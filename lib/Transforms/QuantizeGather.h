//===- QuantizeGather.h - Rows looked up from codes -------------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_QUANTIZEGATHER_H
#define QLINALG_TRANSFORMS_QUANTIZEGATHER_H

#include "QuantizedWeights.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace qlinalg {

/// A generic that copies rows of a constant or a parameter [rows, K]: its body yields
/// `tensor.extract %table[row, linalg.index(column)]`, perhaps cast.
struct WeightGather {
  mlir::linalg::GenericOp op;
  mlir::tensor::ExtractOp extract;
  WeightView table;
  /// The loop over the columns.
  unsigned column;
};

/// Nothing where `op` is no such gather.
std::optional<WeightGather> matchWeightGather(mlir::linalg::GenericOp op);

/// Gathers codes and parameters instead and dequantizes what was gathered.
void quantizeGather(mlir::RewriterBase &rewriter, WeightGather &gather, QuantizedWeights &weights,
                    const WeightCoding &coding);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_QUANTIZEGATHER_H
