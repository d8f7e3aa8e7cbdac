//===- Chain.h - Matmuls that hand codes to one another ---------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_CHAIN_H
#define QLINALG_LIB_TRANSFORMS_CHAIN_H

#include "CodeMoves.h"
#include "ParameterFiles.h"
#include "QLinalg/Numerics/Requantize.h"

#include "llvm/ADT/SmallVector.h"

#include <string>

namespace qlinalg {

/// What becomes of the f32 result of a matmul.
struct ChainReaders {
  /// Those by one scale that is known before the matmul.
  llvm::SmallVector<QuantizeOp> quantizes;
  /// `outs` of other matmuls, which add the value to theirs.
  llvm::SmallVector<mlir::OpOperand *> residuals;
  /// An op that needs the floats.
  mlir::Operation *other = nullptr;
  /// Such an op is elementwise, and what it computes is quantized.
  bool leadsToCodes = false;
  /// Moves and clamps on the way, each after what it reads.
  llvm::SmallVector<mlir::Operation *> steps;
  llvm::SmallVector<mlir::Operation *> sizes;
  /// The same for all who read; otherwise `clampsDiffer`.
  std::optional<Clamp> clamp;
  bool clampsDiffer = false;
};

ChainReaders collectReaders(MatmulOp op);

/// A quantize to int8 or uint8 by one scale, constant or a parameter.
bool isStaticQuantize(QuantizeOp op);

/// Both make the same codes of one value.
bool makeSameCodes(QuantizeOp lhs, QuantizeOp rhs);

/// Numbers of constants and of parameters, known when compiling.
class KnownNumbers {
public:
  /// `files` may have none open (`hasFiles`).
  KnownNumbers(ParameterFiles &files, bool hasFiles) : files(files), hasFiles(hasFiles) {}

  /// The floats of `value` in the order of memory; where they are not known, `why` says why.
  std::optional<llvm::SmallVector<double>> getFloats(mlir::Value value, std::string &why);
  /// The zero point of a scheme, null for one that has no operand.
  std::optional<int64_t> getZeroPoint(mlir::Value value, SchemeAttr scheme, std::string &why);

  /// A file lacked a parameter, or had another in its place; the error has been emitted.
  bool hasFailed() const { return failed; }

private:
  const std::byte *getBytes(mlir::Value value, std::string &why);

  ParameterFiles &files;
  bool hasFiles, failed = false;
  /// What constants' bytes were copied to.
  std::vector<std::vector<std::byte>> copies;
};

/// Numbers that vary along some dimensions of a matmul: its loops, by `map`.
template <typename T> struct MappedNumbers {
  llvm::SmallVector<T> values;
  mlir::AffineMap map;
  llvm::SmallVector<int64_t> shape;

  bool isOne() const { return map.getNumResults() == 0; }
};

/// A matmul in integers: `sums` is the scale of its sums.
struct IntegerForm {
  MappedNumbers<double> sumScales;
  /// Without values where there is no bias.
  MappedNumbers<int32_t> bias;
  /// The greatest |sum + bias|.
  int64_t bound = 0;
};

/// How `op`, whose result is f32, is summed in integers; nothing, and why, where it cannot be.
std::optional<IntegerForm> planIntegers(MatmulOp op, KnownNumbers &numbers, std::string &why);

/// The codes of the bounds of `clamp`, by the scheme, scale and zero point of `quantize`: rounding
/// is monotone, so clamping codes is clamping numbers. Null, and why, where they are not known.
mlir::DenseI64ArrayAttr getRange(const Clamp &clamp, QuantizeOp quantize, KnownNumbers &numbers,
                                 std::string &why);

/// `numerators / denominators`, of which one kind is one number or both have one map, as
/// fixed-point scales.
std::optional<MappedNumbers<FixedPointScale>>
divideScales(const MappedNumbers<double> &numerators, const MappedNumbers<double> &denominators,
             std::string &why);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_CHAIN_H
