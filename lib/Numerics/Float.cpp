//===- Float.cpp - Narrow floats to f32 and back --------------------------===//

#include "QLinalg/Numerics/Float.h"

#include "Clones.h"
#include "FloatBits.h"

#include <cstring>
#include <limits>

using namespace qlinalg;

namespace {

/// `convert` on each `Source` at `source`, to a `Target` at `target`; neither is aligned.
template <typename Source, typename Target, typename Convert>
QLINALG_INLINE void convertEach(const std::byte *__restrict source, int64_t count,
                                std::byte *__restrict target, Convert convert) {
  for (int64_t i = 0; i < count; ++i) {
    Source from;
    std::memcpy(&from, source + i * sizeof(Source), sizeof(Source));
    Target to = static_cast<Target>(convert(from));
    std::memcpy(target + i * sizeof(Target), &to, sizeof(Target));
  }
}

QLINALG_CLONES void loadF16(const std::byte *source, int64_t count, std::byte *target) {
  convertEach<uint16_t, float>(source, count, target, f32OfF16);
}

QLINALG_CLONES void loadBF16(const std::byte *source, int64_t count, std::byte *target) {
  convertEach<uint16_t, float>(source, count, target, f32OfBF16);
}

QLINALG_CLONES void loadF64(const std::byte *source, int64_t count, std::byte *target) {
  convertEach<double, float>(source, count, target, [](double value) { return value; });
}

QLINALG_CLONES void storeF16(const std::byte *source, int64_t count, std::byte *target) {
  convertEach<float, uint16_t>(source, count, target, f16OfF32);
}

QLINALG_CLONES void storeBF16(const std::byte *source, int64_t count, std::byte *target) {
  convertEach<float, uint16_t>(source, count, target, bf16OfF32);
}

QLINALG_CLONES void storeF64(const std::byte *source, int64_t count, std::byte *target) {
  convertEach<float, double>(source, count, target, [](float value) { return value; });
}

} // namespace

float qlinalg::fromF16(uint16_t bits) { return f32OfF16(bits); }
float qlinalg::fromBF16(uint16_t bits) { return f32OfBF16(bits); }
float qlinalg::fromF8E4M3FN(uint8_t bits) { return f32OfF8(bits); }
uint16_t qlinalg::toF16(float value) { return static_cast<uint16_t>(f16OfF32(value)); }
uint16_t qlinalg::toBF16(float value) { return static_cast<uint16_t>(bf16OfF32(value)); }
uint8_t qlinalg::toF8E4M3FN(float value) { return static_cast<uint8_t>(f8OfF32(value)); }

void qlinalg::loadFloats(FloatType type, const std::byte *source, int64_t count,
                         float *destination) {
  std::byte *target = reinterpret_cast<std::byte *>(destination);
  switch (type) {
  case FloatType::F64:
    return loadF64(source, count, target);
  case FloatType::F32:
    if (count > 0)
      std::memcpy(target, source, count * sizeof(float));
    return;
  case FloatType::F16:
    return loadF16(source, count, target);
  case FloatType::BF16:
    return loadBF16(source, count, target);
  }
}

void qlinalg::storeFloats(FloatType type, const float *source, int64_t count,
                          std::byte *destination) {
  const std::byte *bytes = reinterpret_cast<const std::byte *>(source);
  switch (type) {
  case FloatType::F64:
    return storeF64(bytes, count, destination);
  case FloatType::F32:
    if (count > 0)
      std::memcpy(destination, bytes, count * sizeof(float));
    return;
  case FloatType::F16:
    return storeF16(bytes, count, destination);
  case FloatType::BF16:
    return storeBF16(bytes, count, destination);
  }
}

float qlinalg::roundTo(FloatType type, float value) {
  switch (type) {
  case FloatType::F64:
  case FloatType::F32:
    return value;
  case FloatType::F16:
    return f32OfF16(f16OfF32(value));
  case FloatType::BF16:
    return f32OfBF16(bf16OfF32(value));
  }
  return value;
}

float qlinalg::smallestPositive(FloatType type) {
  switch (type) {
  case FloatType::F64: // Beyond f32, in which all arithmetic is done.
  case FloatType::F32:
    return std::numeric_limits<float>::denorm_min();
  case FloatType::F16:
    return fromF16(1);
  case FloatType::BF16:
    return fromBF16(1);
  }
  return 0;
}

float qlinalg::largestFinite(FloatType type) {
  switch (type) {
  case FloatType::F64:
  case FloatType::F32:
    return std::numeric_limits<float>::max();
  case FloatType::F16:
    return fromF16(0x7bff);
  case FloatType::BF16:
    return fromBF16(0x7f7f);
  }
  return 0;
}
