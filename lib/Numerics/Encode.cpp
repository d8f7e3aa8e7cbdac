//===- Encode.cpp - Values to codes for given parameters ------------------===//

#include "Coding.h"

#include "Clones.h"
#include "NearestCode.h"
#include "Parameters.h"

#include <algorithm>

using namespace qlinalg;

namespace {

/// `code(value)` of each value of a run. Blocks of a fixed size are what
/// vectorizes best for the short runs of groups.
template <typename Stored, typename Code>
QLINALG_INLINE void encodeRun(const float *__restrict values, int64_t count,
                              Stored *__restrict codes, Code code) {
  constexpr int block = 32;
  int64_t i = 0;
  for (; i + block <= count; i += block)
    for (int j = 0; j < block; ++j)
      codes[i + j] = static_cast<Stored>(code(values[i + j]));
  for (; i < count; ++i)
    codes[i] = static_cast<Stored>(code(values[i]));
}

/// The loop over runs and the choice of the division.
template <typename Stored = uint8_t, typename Nearest>
QLINALG_INLINE void encodeEach(const Scheme &scheme, const float *values, int64_t count,
                               int64_t run, const float *scales, const int32_t *zeroPoints,
                               std::byte *codes, Nearest nearest) {
  for (int64_t first = 0; first < count; first += run) {
    int64_t length = std::min(run, count - first);
    float scale = *scales++;
    int32_t zero = *zeroPoints++;
    float reciprocal = reciprocalOr0(scheme.division, scale);
    Stored *target = reinterpret_cast<Stored *>(codes) + first;
    if (reciprocal != 0)
      encodeRun(values + first, length, target, [=](float value) __attribute__((always_inline)) {
        return nearest.code(value * reciprocal, zero);
      });
    else
      encodeRun(values + first, length, target, [=](float value) __attribute__((always_inline)) {
        return nearest.code(value / scale, zero);
      });
  }
}

QLINALG_CLONES void encodeIntegers(const Scheme &scheme, const float *values, int64_t count,
                                   int64_t run, const float *scales, const int32_t *zeroPoints,
                                   std::byte *codes) {
  if (scheme.rounding == Rounding::Even)
    encodeEach(scheme, values, count, run, scales, zeroPoints, codes,
               nearestInteger<Rounding::Even>(scheme.storage));
  else
    encodeEach(scheme, values, count, run, scales, zeroPoints, codes,
               nearestInteger<Rounding::Away>(scheme.storage));
}

QLINALG_CLONES void encodeWords(const Scheme &scheme, const float *values, int64_t count,
                                int64_t run, const float *scales, const int32_t *zeroPoints,
                                std::byte *codes) {
  if (scheme.rounding == Rounding::Even)
    encodeEach<uint16_t>(scheme, values, count, run, scales, zeroPoints, codes,
                         nearestInteger<Rounding::Even>(scheme.storage));
  else
    encodeEach<uint16_t>(scheme, values, count, run, scales, zeroPoints, codes,
                         nearestInteger<Rounding::Away>(scheme.storage));
}

QLINALG_CLONES void encodeNF4(const Scheme &scheme, const float *values, int64_t count, int64_t run,
                              const float *scales, const int32_t *zeroPoints, std::byte *codes) {
  encodeEach(scheme, values, count, run, scales, zeroPoints, codes, NearestNF4{nf4Thresholds});
}

QLINALG_CLONES void encodeFP4(const Scheme &scheme, const float *values, int64_t count, int64_t run,
                              const float *scales, const int32_t *zeroPoints, std::byte *codes) {
  encodeEach(scheme, values, count, run, scales, zeroPoints, codes, NearestFP4{fp4Thresholds});
}

QLINALG_CLONES void encodeF8(const Scheme &scheme, const float *values, int64_t count, int64_t run,
                             const float *scales, const int32_t *zeroPoints, std::byte *codes) {
  encodeEach(scheme, values, count, run, scales, zeroPoints, codes, NearestF8{});
}

} // namespace

void qlinalg::encodeRuns(const Scheme &scheme, const float *values, int64_t count, int64_t run,
                         const float *scales, const int32_t *zeroPoints, std::byte *codes) {
  bool isWords = isInteger(scheme.storage) && bitWidth(scheme.storage) == 16;
  auto *encodeStorage = isWords                          ? encodeWords
                        : isInteger(scheme.storage)      ? encodeIntegers
                        : scheme.storage == Storage::NF4 ? encodeNF4
                        : scheme.storage == Storage::FP4 ? encodeFP4
                                                         : encodeF8;
  encodeStorage(scheme, values, count, run, scales, zeroPoints, codes);
}
