//===- Parameters.cpp - Scales and zero points ----------------------------===//

#include "Parameters.h"

#include "Clones.h"
#include "FloatBits.h"
#include "QLinalg/Numerics/Codebook.h"
#include "QLinalg/Numerics/Float.h"
#include "Rounding.h"

#include <cstring>

using namespace qlinalg;

namespace {

template <typename Round>
QLINALG_INLINE void scalesOf(float divisor, float smallest, const float *widths, int64_t count,
                             float *scales, Round round) {
  for (int64_t i = 0; i < count; ++i) {
    float scale = round(widths[i] / divisor);
    scale = scale == 0.0f ? smallest : scale;
    scales[i] = widths[i] == 0.0f ? 1.0f : scale;
  }
}

template <Rounding rounding>
void zeroPointsOf(const Scheme &scheme, const float *least, const float *scales, int64_t count,
                  int32_t *zeroPoints) {
  float greatest = static_cast<float>((1 << bitWidth(scheme.storage)) - 1);
  int32_t shift = static_cast<int32_t>(minCode(scheme.storage));
  for (int64_t i = 0; i < count; ++i) {
    float reciprocal = reciprocalOr0(scheme.division, scales[i]);
    float quotient = reciprocal != 0 ? -least[i] * reciprocal : -least[i] / scales[i];
    zeroPoints[i] = roundTies<rounding>(clampQuotient(quotient, 0, greatest)) + shift;
  }
}

} // namespace

QLINALG_CLONES void qlinalg::chooseScales(FloatType type, float divisor, const float *widths,
                                          int64_t count, float *scales) {
  float smallest = smallestPositive(type);
  switch (type) {
  case FloatType::F64:
  case FloatType::F32:
    return scalesOf(divisor, smallest, widths, count, scales,
                    [](float scale) __attribute__((always_inline)) { return scale; });
  case FloatType::F16:
    return scalesOf(divisor, smallest, widths, count, scales,
                    [](float scale)
                        __attribute__((always_inline)) { return f32OfF16(f16OfF32(scale)); });
  case FloatType::BF16:
    return scalesOf(divisor, smallest, widths, count, scales,
                    [](float scale)
                        __attribute__((always_inline)) { return f32OfBF16(bf16OfF32(scale)); });
  }
}

void qlinalg::chooseZeroPoints(const Scheme &scheme, const float *least, const float *scales,
                               int64_t count, int32_t *zeroPoints) {
  if (scheme.rounding == Rounding::Even)
    zeroPointsOf<Rounding::Even>(scheme, least, scales, count, zeroPoints);
  else
    zeroPointsOf<Rounding::Away>(scheme, least, scales, count, zeroPoints);
}

float qlinalg::scaleDivisor(const Scheme &scheme) {
  return storesZeroPoints(scheme) || scheme.positive
             ? static_cast<float>((1 << bitWidth(scheme.storage)) - 1)
             : largestLevel(scheme.storage);
}

int32_t qlinalg::zeroPointAt(const Scheme &scheme, const std::byte *stored, int64_t i) {
  if (!storesZeroPoints(scheme))
    return static_cast<int32_t>(impliedZeroPoint(scheme));
  bool asUnsigned = isUnsigned(scheme.storage);
  if (zeroPointWidth(scheme.storage) == 8) {
    uint8_t byte = static_cast<uint8_t>(stored[i]);
    return asUnsigned ? byte : static_cast<int8_t>(byte);
  }
  uint16_t word;
  std::memcpy(&word, stored + i * sizeof word, sizeof word);
  return asUnsigned ? word : static_cast<int16_t>(word);
}

void Parameters::load(const Scheme &scheme, int64_t first, const std::byte *storedScales,
                      const std::byte *storedZeroPoints) {
  int64_t count = static_cast<int64_t>(scales.size());
  loadFloats(scheme.scales, storedScales + first * byteWidth(scheme.scales), count, scales.data());
  if (storesZeroPoints(scheme))
    for (int64_t i = 0; i < count; ++i)
      zeroPoints[i] = zeroPointAt(scheme, storedZeroPoints, first + i);
}

void Parameters::store(const Scheme &scheme, int64_t first, std::byte *storedScales,
                       std::byte *storedZeroPoints) const {
  int64_t count = static_cast<int64_t>(scales.size());
  storeFloats(scheme.scales, scales.data(), count, storedScales + first * byteWidth(scheme.scales));
  if (!storesZeroPoints(scheme))
    return;
  int64_t bytes = zeroPointWidth(scheme.storage) / 8;
  for (int64_t i = 0; i < count; ++i) // the lowest bytes come first
    std::memcpy(storedZeroPoints + (first + i) * bytes, &zeroPoints[i], bytes);
}
