//===- SumCodes.cpp - Sums of integers along K ----------------------------===//

#include "QLinalg/Numerics/SumCodes.h"

#include "QLinalg/Numerics/Packing.h"

#include "Clones.h"
#include "Parameters.h"

#include <algorithm>
#include <vector>

using namespace qlinalg;

/// Of codes as numbers of type `Number`, modulo 2^32.
template <typename Number, typename Code>
QLINALG_INLINE uint32_t sumAs(const Code *codes, int64_t count) {
  uint32_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += static_cast<uint32_t>(static_cast<Number>(codes[i]));
  return sum;
}

QLINALG_CLONES static uint32_t sumOf(const uint8_t *codes, int64_t count, bool isSigned) {
  return isSigned ? sumAs<int8_t>(codes, count) : sumAs<uint8_t>(codes, count);
}

QLINALG_CLONES static uint32_t sumOf(const uint16_t *codes, int64_t count, bool isSigned) {
  return isSigned ? sumAs<int16_t>(codes, count) : sumAs<uint16_t>(codes, count);
}

/// Codes of up to 16 bits that were unpacked to elements of type `Code`.
template <typename Code>
static void sumRows(const Scheme &scheme, int64_t rows, int64_t columns, const std::byte *codes,
                    const std::byte *zeroPoints, int32_t *sums) {
  int bits = bitWidth(scheme.storage);
  bool isSigned = !isUnsigned(scheme.storage), shared = scheme.granularity == Granularity::Tensor;
  int64_t groups = groupsPerRow(scheme, columns), group = scheme.group ? scheme.group : columns;
  std::vector<Code> unpacked(columns);
  for (int64_t row = 0; row < rows; ++row) {
    unpackRows(bits, isSigned, 1, columns, codes + row * bytesPerRow(bits, columns),
               reinterpret_cast<std::byte *>(unpacked.data()));
    for (int64_t i = 0; i < groups; ++i) {
      int64_t begin = i * group, count = std::min(group, columns - begin);
      auto zero =
          static_cast<uint32_t>(zeroPointAt(scheme, zeroPoints, shared ? 0 : row * groups + i));
      *sums++ = static_cast<int32_t>(sumOf(unpacked.data() + begin, count, isSigned) -
                                     zero * static_cast<uint32_t>(count));
    }
  }
}

void qlinalg::sumCodes(const Scheme &scheme, int64_t rows, int64_t columns, const std::byte *codes,
                       const std::byte *zeroPoints, int32_t *sums) {
  bitWidth(scheme.storage) == 16 ? sumRows<uint16_t>(scheme, rows, columns, codes, zeroPoints, sums)
                                 : sumRows<uint8_t>(scheme, rows, columns, codes, zeroPoints, sums);
}
