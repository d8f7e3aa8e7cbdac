//===- WeightHolder.h - What holds codes, scales and floats -----*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_WEIGHTHOLDER_H
#define QLINALG_TRANSFORMS_WEIGHTHOLDER_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/Operation.h"

#include <string>

namespace qlinalg {

/// An `arith.constant`, or an `ml_program.global` that nothing writes.
struct WeightHolder {
  mlir::Operation *op = nullptr;
  mlir::RankedTensorType type;
  /// Of the codes that the holder's bytes are, where they are seen through an `unpack`; else
  /// `type`.
  mlir::RankedTensorType logical;
  /// They lie as files have them.
  bool isInRows = true;

  /// The resource's key, the global's name; "" for other constants.
  std::string name() const;
  /// The same for constants of one value.
  mlir::Attribute key() const;
  /// `LAYER` of `LAYER.codes`; "" for other names.
  std::string layer() const;
  int64_t bytes() const;
};

/// What `value`, perhaps unpacked, reshaped, or gathered from, is held by. Nothing for what is
/// computed.
std::optional<WeightHolder> findHolder(mlir::Value value);

/// The operand whose elements `op` gives in another shape, or some of; null for what computes.
mlir::Value elementsOf(mlir::Operation *op);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WEIGHTHOLDER_H
