//===- RoundScales.cpp - Scales that are codes themselves -----------------===//
//
// The second level of k-quants (ggml) and of QLoRA's double quantization (arXiv 2305.14314).
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/Quantize.h"

#include <vector>

using namespace qlinalg;

/// Code 1 where a scale became 0 and was not.
static void raiseZeros(int bits, int64_t groups, const float *scales, std::byte *codes) {
  std::vector<std::byte> unpacked(groups);
  unpackRows(bits, /*isSigned=*/false, 1, groups, codes, unpacked.data());
  for (int64_t i = 0; i < groups; ++i)
    if (unpacked[i] == std::byte{0} && scales[i] != 0)
      unpacked[i] = std::byte{1};
  packRows(bits, 1, groups, unpacked.data(), codes);
}

std::optional<QuantizeError> qlinalg::roundScales(const Scheme &scheme, int64_t rows,
                                                  int64_t groups, float *scales,
                                                  QuantizedView result) {
  if (std::optional<QuantizeError> error =
          quantize(scheme, Method::Nearest, {scales, rows, groups}, result))
    return error;
  int bits = bitWidth(scheme.storage);
  if (impliedZeroPoint(scheme) == 0)
    for (int64_t row = 0; row < rows; ++row)
      raiseZeros(bits, groups, scales + row * groups,
                 result.codes + row * bytesPerRow(bits, groups));
  dequantize(scheme, rows, groups, result.codes, result.scales, result.zeroPoints, scales);
  return std::nullopt;
}
