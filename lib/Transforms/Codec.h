//===- Codec.h - The arithmetic of a scheme, in arith -----------*- C++ -*-===//
//
// Scalar arithmetic in the body of a linalg op: what `#qlinalg.scheme` means, element by element.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_LIB_TRANSFORMS_CODEC_H
#define QLINALG_LIB_TRANSFORMS_CODEC_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg {

/// Parameters are given as there are some: no values, `scale`, or `scale, zero point`.
class Codec {
public:
  /// `b` stands outside of the body, where a codebook's table is put.
  Codec(mlir::ImplicitLocOpBuilder &b, SchemeAttr scheme);

  /// The code of `number`, of any float type.
  mlir::Value encode(mlir::ImplicitLocOpBuilder &b, mlir::Value number,
                     mlir::ValueRange params) const;
  /// Integers only: as above, clamped to the codes from `range.first` to `range.second`.
  mlir::Value encode(mlir::ImplicitLocOpBuilder &b, mlir::Value number, mlir::ValueRange params,
                     std::pair<int64_t, int64_t> range) const;
  /// What `code` stands for, in f32.
  mlir::Value decode(mlir::ImplicitLocOpBuilder &b, mlir::Value code,
                     mlir::ValueRange params) const;

  /// Integers only: `code - zero` in a signed integer `type` of 32 bits or more.
  mlir::Value subtractZero(mlir::ImplicitLocOpBuilder &b, mlir::Value code, mlir::ValueRange params,
                           mlir::Type type) const;

  /// An f32 divided by an f32 scale, or multiplied by its reciprocal, as the scheme says.
  mlir::Value divide(mlir::ImplicitLocOpBuilder &b, mlir::Value number, mlir::Value scale) const;
  /// An f32 rounded to an integer, still f32.
  mlir::Value round(mlir::ImplicitLocOpBuilder &b, mlir::Value number) const;

private:
  mlir::Value encodeLevel(mlir::ImplicitLocOpBuilder &b, mlir::Value quotient) const;

  SchemeAttr scheme;
  /// nf4 and fp4: the 16 levels, tensor<16xf32>.
  mlir::Value table;
};

/// `number` in [least, greatest] as an integer of `type`; a NaN gives 0.
mlir::Value clampToInteger(mlir::ImplicitLocOpBuilder &b, mlir::Value number, double least,
                           double greatest, mlir::Type type);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_CODEC_H
