//===- Bound.cpp - The greatest sum of absolute codes ---------------------===//

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/Quantize.h"

#include "Clones.h"
#include "Parameters.h"

#include <algorithm>
#include <cstdlib>
#include <type_traits>

using namespace qlinalg;

namespace {

/// |code - zero|, no wider than a code: at most 2^b - 1.
template <typename Code>
QLINALG_INLINE void distances(const Code *codes, int64_t count, bool isSigned, int32_t zeroPoint,
                              Code *__restrict result) {
  for (int64_t i = 0; i < count; ++i) {
    int32_t code = isSigned ? static_cast<std::make_signed_t<Code>>(codes[i]) : codes[i];
    result[i] = static_cast<Code>(std::abs(code - zeroPoint));
  }
}

QLINALG_CLONES void distancesOf(const uint8_t *codes, int64_t count, bool isSigned,
                                int32_t zeroPoint, uint8_t *result) {
  distances(codes, count, isSigned, zeroPoint, result);
}

QLINALG_CLONES void distancesOf(const uint16_t *codes, int64_t count, bool isSigned,
                                int32_t zeroPoint, uint16_t *result) {
  distances(codes, count, isSigned, zeroPoint, result);
}

/// Of fewer than 2^24 bytes.
QLINALG_CLONES uint32_t sumOfSome(const uint8_t *bytes, int64_t count) {
  uint32_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += bytes[i];
  return sum;
}

/// Of at most 2^16 words.
QLINALG_CLONES uint32_t sumOfSome(const uint16_t *words, int64_t count) {
  uint32_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += words[i];
  return sum;
}

template <typename Code> int64_t sumOf(const Code *distances, int64_t count) {
  constexpr int64_t piece = 1 << 16;
  int64_t sum = 0;
  for (int64_t i = 0; i < count; i += piece)
    sum += sumOfSome(distances + i, std::min(piece, count - i));
  return sum;
}

template <typename Code>
int64_t largestSum(const Scheme &scheme, int64_t rows, int64_t columns, int64_t run,
                   const std::byte *codes, const std::byte *zeroPoints) {
  int bits = bitWidth(scheme.storage);
  bool isSigned = !isUnsigned(scheme.storage);
  int64_t groups = groupsPerRow(scheme, columns);
  int64_t group = groups > 1 ? scheme.group : columns;
  bool shared = scheme.granularity == Granularity::Tensor;
  std::vector<Code> unpacked(columns), distance(columns);
  int64_t largest = 0;
  for (int64_t row = 0; row < rows; ++row) {
    unpackRows(bits, isSigned, 1, columns, codes + row * bytesPerRow(bits, columns),
               reinterpret_cast<std::byte *>(unpacked.data()));
    for (int64_t first = 0, i = 0; first < columns; first += group, ++i)
      distancesOf(unpacked.data() + first, std::min(group, columns - first), isSigned,
                  zeroPointAt(scheme, zeroPoints, shared ? 0 : row * groups + i),
                  distance.data() + first);
    int64_t length = run == 0 ? columns : run;
    for (int64_t first = 0; first < columns; first += length)
      largest =
          std::max(largest, sumOf(distance.data() + first, std::min(length, columns - first)));
  }
  return largest;
}

} // namespace

int64_t qlinalg::largestAbsoluteSum(const Scheme &scheme, int64_t rows, int64_t columns,
                                    int64_t run, const std::byte *codes,
                                    const std::byte *zeroPoints) {
  auto *largest = bitWidth(scheme.storage) == 16 ? largestSum<uint16_t> : largestSum<uint8_t>;
  return largest(scheme, rows, columns, run, codes, zeroPoints);
}

int64_t qlinalg::largestAbsolutePair(int64_t rows, int64_t columns, const std::byte *codes) {
  auto *bytes = reinterpret_cast<const int8_t *>(codes);
  int64_t largest = 0;
  for (int64_t row = 0; row < rows; ++row, bytes += columns)
    for (int64_t column = 0; column < columns; column += 2) {
      int pair = std::abs(bytes[column]) + (column + 1 < columns ? std::abs(bytes[column + 1]) : 0);
      largest = std::max<int64_t>(largest, pair);
    }
  return largest;
}
