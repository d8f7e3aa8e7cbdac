//===- Decode.cpp - Codes back to values ----------------------------------===//

#include "Coding.h"

#include "Clones.h"
#include "FloatBits.h"
#include "QLinalg/Numerics/Codebook.h"

#include <algorithm>

using namespace qlinalg;

namespace {

/// `level(code, zero) * scale` for each code of each run.
template <typename Stored = uint8_t, typename Level>
QLINALG_INLINE void decodeEach(const std::byte *codes, int64_t count, int64_t run,
                               const float *scales, const int32_t *zeroPoints, float *values,
                               Level level) {
  for (int64_t first = 0; first < count; first += run) {
    int64_t length = std::min(run, count - first);
    float scale = *scales++;
    int32_t zero = *zeroPoints++;
    const Stored *__restrict source = reinterpret_cast<const Stored *>(codes) + first;
    float *__restrict target = values + first;
    for (int64_t i = 0; i < length; ++i)
      target[i] = level(source[i], zero) * scale;
  }
}

QLINALG_CLONES void decodeIntegers(const Scheme &scheme, const std::byte *codes, int64_t count,
                                   int64_t run, const float *scales, const int32_t *zeroPoints,
                                   float *values) {
  if (isUnsigned(scheme.storage))
    decodeEach(codes, count, run, scales, zeroPoints, values,
               [](uint8_t code, int32_t zero)
                   __attribute__((always_inline)) { return static_cast<float>(code - zero); });
  else
    decodeEach(codes, count, run, scales, zeroPoints, values,
               [](uint8_t code, int32_t zero) __attribute__((always_inline)) {
                 return static_cast<float>(static_cast<int8_t>(code) - zero);
               });
}

QLINALG_CLONES void decodeWords(const Scheme &scheme, const std::byte *codes, int64_t count,
                                int64_t run, const float *scales, const int32_t *zeroPoints,
                                float *values) {
  auto level = [](int32_t code, int32_t zero)
                   __attribute__((always_inline)) { return static_cast<float>(code - zero); };
  if (isUnsigned(scheme.storage))
    decodeEach<uint16_t>(codes, count, run, scales, zeroPoints, values, level);
  else
    decodeEach<int16_t>(codes, count, run, scales, zeroPoints, values, level);
}

QLINALG_CLONES void decodeLevels(const Scheme &scheme, const std::byte *codes, int64_t count,
                                 int64_t run, const float *scales, const int32_t *zeroPoints,
                                 float *values) {
  const float *levels = codebook(scheme.storage).data();
  decodeEach(codes, count, run, scales, zeroPoints, values,
             [=](uint8_t code, int32_t) __attribute__((always_inline)) { return levels[code]; });
}

QLINALG_CLONES void decodeF8(const Scheme &, const std::byte *codes, int64_t count, int64_t run,
                             const float *scales, const int32_t *zeroPoints, float *values) {
  decodeEach(codes, count, run, scales, zeroPoints, values,
             [](uint8_t code, int32_t) __attribute__((always_inline)) { return f32OfF8(code); });
}

} // namespace

void qlinalg::decodeRuns(const Scheme &scheme, const std::byte *codes, int64_t count, int64_t run,
                         const float *scales, const int32_t *zeroPoints, float *values) {
  bool isWords = isInteger(scheme.storage) && bitWidth(scheme.storage) == 16;
  auto *decodeStorage = isWords                      ? decodeWords
                        : isInteger(scheme.storage)  ? decodeIntegers
                        : isCodebook(scheme.storage) ? decodeLevels
                                                     : decodeF8;
  decodeStorage(scheme, codes, count, run, scales, zeroPoints, values);
}
