//===- Downcast.cpp - bf16 and f16 storage --------------------------------===//

#include "Downcast.h"

#include "QLinalg/Numerics/Float.h"
#include "Range.h"

#include <cmath>

using namespace qlinalg;

FloatType qlinalg::downcastType(Storage storage) {
  return storage == Storage::F16 ? FloatType::F16 : FloatType::BF16;
}

std::optional<QuantizeError> qlinalg::downcast(Storage storage, MatrixView matrix,
                                               std::byte *codes) {
  FloatType type = downcastType(storage);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    const float *values = matrix.data + row * matrix.columns;
    float magnitude = 0;
    findMagnitudes(values, matrix.columns, matrix.columns, &magnitude);
    if (!std::isfinite(roundTo(type, magnitude)))
      for (int64_t column = 0; column < matrix.columns; ++column)
        if (float value = values[column]; !std::isfinite(roundTo(type, value)))
          return QuantizeError{std::isfinite(value) ? QuantizeError::Kind::ValueOverflow
                                                    : QuantizeError::Kind::NotFinite,
                               row, column, value, type};
    storeFloats(type, values, matrix.columns, codes + row * matrix.columns * byteWidth(type));
  }
  return std::nullopt;
}
