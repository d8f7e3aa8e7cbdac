//===- FloatBits.h - Float conversions without branches ---------*- C++ -*-===//
//
// The conversions of Float.h as straight-line integer arithmetic, so that
// loops over them vectorize on every target. Each handles all 2^32 inputs.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_FLOATBITS_H
#define QLINALG_NUMERICS_FLOATBITS_H

#include "Clones.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace qlinalg {

inline constexpr uint32_t magnitudeMask = 0x7fffffff;
inline constexpr uint32_t infinityBits = 0x7f800000;

QLINALG_INLINE uint32_t bitsOf(float value) { return std::bit_cast<uint32_t>(value); }
QLINALG_INLINE float floatOf(uint32_t bits) { return std::bit_cast<float>(bits); }

/// `mantissa` with the lowest `dropped` bits rounded away, ties to even.
QLINALG_INLINE uint32_t roundOff(uint32_t mantissa, int dropped) {
  uint32_t half = (1u << (dropped - 1)) - 1;
  return (mantissa + half + ((mantissa >> dropped) & 1)) >> dropped;
}

QLINALG_INLINE uint32_t f16OfF32(float value) {
  uint32_t magnitude = bitsOf(value) & magnitudeMask;
  uint32_t normal = std::min(roundOff(magnitude, 13) - (112u << 10), 0x7c00u);
  // One unit in the last place of 0.5 is the least f16, so that the addition
  // rounds a denormal.
  uint32_t denormal = bitsOf(floatOf(magnitude) + 0.5f) - bitsOf(0.5f);
  uint32_t nan = 0x7e00 | ((magnitude >> 13) & 0x3ff);
  uint32_t bits = magnitude < 0x38800000 ? denormal : normal;
  bits = magnitude > infinityBits ? nan : bits;
  return bits | ((bitsOf(value) >> 16) & 0x8000);
}

QLINALG_INLINE float f32OfF16(uint32_t bits) {
  uint32_t magnitude = (bits & 0x7fff) << 13;
  uint32_t exponent = magnitude & 0x0f800000;
  uint32_t normal = magnitude + (112u << 23) + (exponent == 0x0f800000 ? 112u << 23 : 0);
  uint32_t denormal = bitsOf(floatOf(magnitude + (113u << 23)) - floatOf(113u << 23));
  return floatOf((exponent == 0 ? denormal : normal) | ((bits & 0x8000) << 16));
}

QLINALG_INLINE uint32_t bf16OfF32(float value) {
  uint32_t bits = bitsOf(value);
  uint32_t nan = (bits >> 16) | 0x40;
  return (bits & magnitudeMask) > infinityBits ? nan : roundOff(bits, 16);
}

QLINALG_INLINE float f32OfBF16(uint32_t bits) { return floatOf(bits << 16); }

QLINALG_INLINE uint32_t f8OfF32(float value) {
  uint32_t magnitude = bitsOf(value) & magnitudeMask;
  uint32_t saturated = std::min(magnitude, bitsOf(448.0f));
  uint32_t normal = roundOff(saturated, 20) - (120u << 3);
  // One unit in the last place of 2^14 is the least f8.
  uint32_t denormal = bitsOf(floatOf(saturated) + 16384.0f) - bitsOf(16384.0f);
  uint32_t bits = saturated < 0x3c800000 ? denormal : normal;
  bits = magnitude > infinityBits ? 0x7f : bits;
  return bits | ((bitsOf(value) >> 24) & 0x80);
}

QLINALG_INLINE float f32OfF8(uint32_t bits) {
  uint32_t magnitude = (bits & 0x7f) << 20;
  uint32_t exponent = magnitude & 0x07800000;
  uint32_t normal = magnitude + (120u << 23);
  uint32_t denormal = bitsOf(floatOf(magnitude + (121u << 23)) - floatOf(121u << 23));
  uint32_t result = exponent == 0 ? denormal : normal;
  result = (bits & 0x7f) == 0x7f ? 0x7fc00000 : result;
  return floatOf(result | ((bits & 0x80) << 24));
}

} // namespace qlinalg

#endif // QLINALG_NUMERICS_FLOATBITS_H
