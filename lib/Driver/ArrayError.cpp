//===- ArrayError.cpp - How far arrays of any type are apart --------------===//

#include "QLinalg/Driver/ArrayError.h"

#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Runtime/TypeNames.h"

#include <algorithm>
#include <cstring>

using namespace qlinalg;

template <typename T> static void widen(const std::byte *data, std::vector<double> &values) {
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, data + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
}

/// 5 exponent bits and 2 of mantissa: the upper byte of an f16.
static float fromF8E5M2(std::byte bits) { return fromF16(std::to_integer<uint16_t>(bits) << 8); }

static llvm::Expected<std::vector<double>> toDoubles(ElementType type, const std::byte *data,
                                                     int64_t count) {
  std::vector<double> values(count);
  std::vector<float> floats(count);
  switch (type) {
  case ElementType::F64:
    widen<double>(data, values);
    return values;
  case ElementType::F32:
    widen<float>(data, values);
    return values;
  case ElementType::F16:
  case ElementType::BF16:
    loadFloats(type == ElementType::F16 ? FloatType::F16 : FloatType::BF16, data, count,
               floats.data());
    values.assign(floats.begin(), floats.end());
    return values;
  case ElementType::F8E4M3FN:
    std::transform(data, data + count, values.begin(),
                   [](std::byte bits) { return fromF8E4M3FN(std::to_integer<uint8_t>(bits)); });
    return values;
  case ElementType::F8E5M2:
    std::transform(data, data + count, values.begin(), fromF8E5M2);
    return values;
  case ElementType::I64:
    widen<int64_t>(data, values);
    return values;
  case ElementType::I32:
    widen<int32_t>(data, values);
    return values;
  case ElementType::I16:
    widen<int16_t>(data, values);
    return values;
  case ElementType::I8:
    widen<int8_t>(data, values);
    return values;
  case ElementType::U64:
    widen<uint64_t>(data, values);
    return values;
  case ElementType::U32:
    widen<uint32_t>(data, values);
    return values;
  case ElementType::U16:
    widen<uint16_t>(data, values);
    return values;
  case ElementType::U8:
  case ElementType::Bool:
    widen<uint8_t>(data, values);
    return values;
  default:
    return makeError("expected an array of numbers to compare with, got " +
                     std::string(name(type)));
  }
}

llvm::Error qlinalg::addArrays(ErrorSums &sums, const ArrayView &reference,
                               const ArrayView &actual) {
  std::vector<double> values[2];
  for (auto [array, target] : {std::pair(&reference, &values[0]), {&actual, &values[1]}}) {
    auto doubles = toDoubles(array->element, static_cast<const std::byte *>(array->data),
                             *elementCount(array->shape));
    if (!doubles)
      return doubles.takeError();
    *target = std::move(*doubles);
  }
  sums.add(std::span<const double>(values[0]), std::span<const double>(values[1]));
  return llvm::Error::success();
}

ArrayView qlinalg::viewOf(const OwnedArray &array) {
  return {array.data, array.element, array.shape};
}
