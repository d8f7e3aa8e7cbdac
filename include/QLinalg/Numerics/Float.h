//===- Float.h - Narrow floats to f32 and back ------------------*- C++ -*-===//
//
// All conversions from f32 round to nearest, ties to even.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_FLOAT_H
#define QLINALG_NUMERICS_FLOAT_H

#include "QLinalg/Numerics/Scheme.h"

#include <cstddef>
#include <cstdint>

namespace qlinalg {

/// Raw bits of one number to f32, exactly.
float fromF16(uint16_t bits);
float fromBF16(uint16_t bits);
float fromF8E4M3FN(uint8_t bits);

/// f32 to raw bits. f16 overflows to infinity, as IEEE 754 says; f8E4M3FN has
/// no infinity and saturates at 448; NaN stays NaN.
uint16_t toF16(float value);
uint16_t toBF16(float value);
uint8_t toF8E4M3FN(float value);

/// `count` numbers of `type` at `source` (no alignment needed) to f32. f64 is
/// rounded to nearest even.
void loadFloats(FloatType type, const std::byte *source, int64_t count, float *destination);

/// `count` f32 numbers to `type` at `destination`, rounded to nearest even.
void storeFloats(FloatType type, const float *source, int64_t count, std::byte *destination);

/// `value` rounded to `type` and back.
float roundTo(FloatType type, float value);

/// The least positive number of `type`, a denormal; that of f32 for f64.
float smallestPositive(FloatType type);

/// The greatest finite number of `type`; that of f32 for f64.
float largestFinite(FloatType type);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_FLOAT_H
