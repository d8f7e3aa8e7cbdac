//===- Quantize.h - Floats to codes and back --------------------*- C++ -*-===//
//
// The arithmetic is f32, ties round to even unless the scheme says otherwise, results saturate.
// A matrix has rows that stand for everything but K, and columns that are K.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_QUANTIZE_H
#define QLINALG_NUMERICS_QUANTIZE_H

#include "QLinalg/Numerics/Scheme.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qlinalg {

/// How the codes of a constant are chosen.
///   nearest  the scale from the range, each value to the nearest code
///   mse      the scale that minimises the squared error of each group, found
///            by searching shrunken ranges, then nearest
enum class Method { Nearest, MSE };
std::string_view name(Method method);
std::optional<Method> parseMethod(std::string_view name);

/// A matrix of f32, row-major and dense.
struct MatrixView {
  const float *data;
  int64_t rows;
  int64_t columns;
};

/// Where the results of `quantize` go. All are given by the caller:
///   codes       packed rows (Packing.h): rows * bytesPerRow(bits, columns) bytes
///   scales      in `scheme.scales`: [rows, groups] for groups, [rows] for channels,
///               one for a tensor; none (null) for bf16 and f16
///   zeroPoints  of `zeroPointWidth` bits each, signed as the storage is, as many as
///               scales; null unless `storesZeroPoints(scheme)`
struct QuantizedView {
  std::byte *codes;
  std::byte *scales;
  std::byte *zeroPoints;
};

/// Why a matrix could not be quantized. `row` and `column` say where: the first
/// such value in row-major order; for a scale the value of greatest magnitude
/// that shares it. `value` is the weight, or the scale in f32 before the cast.
struct QuantizeError {
  enum class Kind { NotFinite, ScaleOverflow, ValueOverflow } kind;
  int64_t row;
  int64_t column;
  float value;
  /// What the scale or the weight does not fit into.
  FloatType type = FloatType::F32;
  /// One line, lower case, without the place: "weight is nan", …
  std::string message() const;
};

/// Number of scales that `quantize` writes for a matrix of this size; 0 for bf16 and f16.
int64_t scaleCount(const Scheme &scheme, int64_t rows, int64_t columns);

/// Chooses parameters and codes for the whole matrix. With granularity
/// `Tensor` the matrix must be the whole value; with any other, blocks of rows
/// may be quantized one at a time and on several threads. What `result` holds
/// after an error is unspecified.
[[nodiscard]] std::optional<QuantizeError> quantize(const Scheme &scheme, Method method,
                                                    MatrixView matrix, QuantizedView result);

/// Scales as codes of `scheme` (symmetric or positive integers in groups), row after row of
/// `groups` scales: codes and scales of scales go to `result`, and `scales` become what those stand
/// for, the scales to choose codes of weights with. A scale that is not 0 does not become 0: its
/// code is 1.
[[nodiscard]] std::optional<QuantizeError> roundScales(const Scheme &scheme, int64_t rows,
                                                       int64_t groups, float *scales,
                                                       QuantizedView result);

/// Codes of `matrix` for parameters that are already chosen. Values must be finite;
/// scales may be negative. With `Division::Reciprocal` a scale whose reciprocal
/// overflows is divided by all the same.
void encode(const Scheme &scheme, MatrixView matrix, const std::byte *scales,
            const std::byte *zeroPoints, std::byte *codes);

/// Codes back to f32: `(code - zero) * scale`, `level[code] * scale`, or the
/// number itself. `result` has rows * columns elements.
void dequantize(const Scheme &scheme, int64_t rows, int64_t columns, const std::byte *codes,
                const std::byte *scales, const std::byte *zeroPoints, float *result);

/// The greatest `sum over a run of K of |code - zero|` over all rows; the run
/// is `run` columns (the last one may be shorter), all of K when `run` is 0. Integer storages only.
/// Times the greatest activation code it bounds every integer accumulation.
int64_t largestAbsoluteSum(const Scheme &scheme, int64_t rows, int64_t columns, int64_t run,
                           const std::byte *codes, const std::byte *zeroPoints);

/// The greatest `|code 2i| + |code 2i + 1|` of rows of int8 codes; a last code without neighbour
/// counts alone.
int64_t largestAbsolutePair(int64_t rows, int64_t columns, const std::byte *codes);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_QUANTIZE_H
