//===- Conversions.cpp - Conversions of narrow floats by name -------------===//
//
// LLVM calls these for f16 and bf16 on processors without the instructions.
// libgcc and compiler-rt have them only in some versions, so the run time
// brings its own; they are weak, so a system's own win. Narrow
// floats travel in the low bits of a floating-point register, as the x86-64
// and AArch64 ABIs say, which is where a `float` with those bits is.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Float.h"

#include <bit>
#include <cmath>

using namespace qlinalg;

static float inRegister(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits)); }
static uint16_t fromRegister(float narrow) {
  return static_cast<uint16_t>(std::bit_cast<uint32_t>(narrow));
}

/// f64 to f32 rounded to odd: a second rounding to a much narrower type is then
/// the same as one rounding.
static float roundToOdd(double value) {
  float nearest = static_cast<float>(value);
  if (std::isnan(value) || static_cast<double>(nearest) == value)
    return nearest;
  float truncated = nearest;
  if (std::abs(static_cast<double>(nearest)) > std::abs(value))
    truncated = std::nextafter(nearest, 0.0f);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(truncated) | 1u);
}

extern "C" {
#define QLINALG_WEAK __attribute__((weak))
QLINALG_WEAK float __extendhfsf2(float narrow) { return fromF16(fromRegister(narrow)); }
QLINALG_WEAK float __truncsfhf2(float value) { return inRegister(toF16(value)); }
QLINALG_WEAK float __truncdfhf2(double value) { return inRegister(toF16(roundToOdd(value))); }
QLINALG_WEAK float __truncsfbf2(float value) { return inRegister(toBF16(value)); }
QLINALG_WEAK float __truncdfbf2(double value) { return inRegister(toBF16(roundToOdd(value))); }
}
