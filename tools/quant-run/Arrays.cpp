//===- Arrays.cpp - Arrays between .npy files and a program ---------------===//

#include "Arrays.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/OutputFiles.h"
#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Runtime/TypeNames.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <algorithm>
#include <cstring>

using namespace qlinalg;

llvm::Expected<std::vector<NpyArray>> qlinalg::readArrays(llvm::ArrayRef<std::string> paths) {
  std::vector<NpyArray> arrays;
  for (const std::string &path : paths) {
    auto array = readNpy(path);
    if (!array)
      return makeError(array.error());
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

void qlinalg::adoptRawBits(NpyArray &array, ElementType expected) {
  bool isBF16 = array.type == ElementType::U16 && expected == ElementType::BF16;
  bool isF8 = array.type == ElementType::U8 &&
              (expected == ElementType::F8E4M3FN || expected == ElementType::F8E5M2 ||
               expected == ElementType::F8E8M0FNU);
  if (isBF16 || isF8)
    array.type = expected;
}

std::vector<ArrayView> qlinalg::asInputs(std::vector<NpyArray> &arrays,
                                         const Signature &signature) {
  std::vector<ArrayView> views;
  for (auto [i, array] : llvm::enumerate(arrays)) {
    if (i < signature.inputs.size())
      adoptRawBits(array, signature.inputs[i].element);
    views.push_back({array.data.data(), array.type, array.shape});
  }
  return views;
}

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

llvm::Expected<ErrorMeasures> qlinalg::compare(size_t index, const OwnedArray &result,
                                               NpyArray &expected) {
  adoptRawBits(expected, result.element);
  if (!std::ranges::equal(expected.shape, result.shape))
    return makeError("result " + llvm::Twine(index) + ": expected " +
                     describe(expected.type, expected.shape) + ", got " +
                     describe(result.element, result.shape));
  auto count = *elementCount(result.shape);
  auto actual = toDoubles(result.element, static_cast<const std::byte *>(result.data), count);
  if (!actual)
    return actual.takeError();
  auto reference = toDoubles(expected.type, expected.data.data(), count);
  if (!reference)
    return reference.takeError();
  return measureError(std::span<const double>(*reference), std::span<const double>(*actual));
}

llvm::Error qlinalg::writeArrays(llvm::ArrayRef<OwnedArray> results,
                                 llvm::ArrayRef<std::string> paths) {
  std::vector<std::string> temporaries;
  llvm::scope_exit removeTemporaries([&] {
    for (const std::string &temporary : temporaries)
      llvm::sys::fs::remove(temporary);
  });
  for (auto [result, path] : llvm::zip(results, paths)) {
    if (llvm::Error error = checkWritable(path))
      return error;
    std::span<const std::byte> bytes(static_cast<const std::byte *>(result.data),
                                     *byteCount(result.element, result.shape));
    temporaries.push_back(temporaryName(path));
    if (auto written = writeNpy(temporaries.back(), result.element, result.shape, bytes);
        !written) {
      // The user knows nothing of the temporary name.
      std::string message = written.error();
      if (size_t at = message.find(temporaries.back()); at != std::string::npos)
        message.replace(at, temporaries.back().size(), path);
      return makeError(message);
    }
  }
  for (auto [temporary, path] : llvm::zip(temporaries, paths))
    if (std::error_code error = llvm::sys::fs::rename(temporary, path))
      return makeError("cannot write '" + path + "': " + error.message());
  return llvm::Error::success();
}
