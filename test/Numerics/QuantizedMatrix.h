//===- QuantizedMatrix.h - A matrix quantized for a test --------*- C++ -*-===//
//
// Calls `quantize` and spreads its result out as plain numbers. Codes are taken
// from the packed rows here, bit by bit, not by the library.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TEST_NUMERICS_QUANTIZEDMATRIX_H
#define QLINALG_TEST_NUMERICS_QUANTIZEDMATRIX_H

#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/Quantize.h"

#include <ostream>
#include <random>
#include <vector>

namespace qlinalg {

inline constexpr Storage allStorages[] = {
    Storage::Int8,   Storage::Int7,  Storage::Int6,  Storage::Int5,     Storage::Int4,
    Storage::Int3,   Storage::Int2,  Storage::UInt8, Storage::UInt7,    Storage::UInt6,
    Storage::UInt5,  Storage::UInt4, Storage::UInt3, Storage::UInt2,    Storage::Int16,
    Storage::UInt16, Storage::NF4,   Storage::FP4,   Storage::F8E4M3FN, Storage::BF16,
    Storage::F16};

inline void PrintTo(Storage storage, std::ostream *stream) { *stream << name(storage); }

/// Code `column` of a packed row, least column in the lowest bits.
inline int64_t codeAt(Storage storage, const std::byte *row, int64_t column) {
  int64_t bits = bitWidth(storage), code = 0;
  for (int64_t bit = 0; bit < bits; ++bit) {
    int64_t place = column * bits + bit;
    code |= ((static_cast<int64_t>(row[place / 8]) >> (place % 8)) & 1) << bit;
  }
  bool isSigned = isInteger(storage) && !isUnsigned(storage);
  return isSigned && code >> (bits - 1) ? code - (int64_t{1} << bits) : code;
}

struct QuantizedMatrix {
  Scheme scheme;
  int64_t rows, columns;
  std::vector<std::byte> packed, storedScales, storedZeroPoints;
  std::optional<QuantizeError> error;
  std::vector<int64_t> codes, zeroPoints;
  std::vector<float> scales;

  QuantizedMatrix(const Scheme &scheme, const std::vector<float> &values, int64_t rows = 1,
                  Method method = Method::Nearest)
      : scheme(scheme), rows(rows), columns(static_cast<int64_t>(values.size()) / rows),
        packed(rows * bytesPerRow(bitWidth(scheme.storage), columns)),
        storedScales(scaleCount(scheme, rows, columns) * byteWidth(scheme.scales)),
        storedZeroPoints(storesZeroPoints(scheme) ? scaleCount(scheme, rows, columns) *
                                                        zeroPointWidth(scheme.storage) / 8
                                                  : 0),
        scales(scaleCount(scheme, rows, columns)) {
    error = quantize(scheme, method, {values.data(), rows, columns},
                     {packed.data(), storedScales.data(), storedZeroPoints.data()});
    if (error)
      return;
    for (int64_t i = 0; i < rows * columns; ++i)
      codes.push_back(
          codeAt(scheme.storage,
                 packed.data() + i / columns * bytesPerRow(bitWidth(scheme.storage), columns),
                 i % columns));
    loadFloats(scheme.scales, storedScales.data(), static_cast<int64_t>(scales.size()),
               scales.data());
    Storage stored = zeroPointWidth(scheme.storage) == 16 ? scheme.storage
                     : isUnsigned(scheme.storage)         ? Storage::UInt8
                                                          : Storage::Int8;
    if (storesZeroPoints(scheme))
      for (size_t i = 0; i < scales.size(); ++i)
        zeroPoints.push_back(codeAt(stored, storedZeroPoints.data(), static_cast<int64_t>(i)));
  }

  std::vector<float> decoded() const {
    std::vector<float> result(rows * columns);
    dequantize(scheme, rows, columns, packed.data(), storedScales.data(), storedZeroPoints.data(),
               result.data());
    return result;
  }

  /// Which scale belongs to element `i`.
  int64_t scaleOf(int64_t i) const {
    if (scheme.granularity == Granularity::Tensor)
      return 0;
    int64_t row = i / columns, column = i % columns;
    return scheme.group == 0
               ? row
               : row * ((columns + scheme.group - 1) / scheme.group) + column / scheme.group;
  }
};

inline std::vector<float> randomNormal(size_t count, unsigned seed, float deviation = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(generator);
  return values;
}

} // namespace qlinalg

#endif // QLINALG_TEST_NUMERICS_QUANTIZEDMATRIX_H
