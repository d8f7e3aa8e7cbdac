//===- Npy.h - One array in a NumPy .npy file -------------------*- C++ -*-===//
//
// Reads format versions 1 to 3 (numpy.lib.format), little-endian, C or Fortran
// order: b1, i1 to i8, u1 to u8, f2 to f8, c8. Types of `ml_dtypes` are read as
// np.save writes them (ml_dtypes 0.6, NumPy 2.4): "<V2" is bfloat16 and "<f1" is
// float8_e5m2; "<V1" is any other type of one byte and does not say which, so
// it is U8: raw bits, as "|u1" and "<u2" are. The names bfloat16, float8_e4m3fn,
// float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz and float8_e8m0fnu are read as
// what they say.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMETERS_NPY_H
#define QLINALG_PARAMETERS_NPY_H

#include "QLinalg/Parameters/ElementType.h"
#include "QLinalg/Parameters/Result.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace qlinalg {

struct NpyArray {
  ElementType type;
  std::vector<int64_t> shape;
  /// Row-major and dense, whatever the order in the file was.
  std::vector<std::byte> data;
};

Result<NpyArray> readNpy(const std::string &path);

/// The same from memory; `name` stands for the path in messages.
Result<NpyArray> parseNpy(std::span<const std::byte> bytes, const std::string &name);

/// Writes version 1, atomically. `bytes` are row-major, dense, and
/// as many as the shape says; bf16 goes out as "<u2", 8-bit floats as "|u1".
Result<void> writeNpy(const std::string &path, ElementType type, std::span<const int64_t> shape,
                      std::span<const std::byte> bytes);

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_NPY_H
