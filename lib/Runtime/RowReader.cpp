//===- RowReader.cpp - Rows of a memref as f32 ----------------------------===//

#include "RowReader.h"

#include "QLinalg/Numerics/Float.h"

#include <algorithm>
#include <cstring>

using namespace qlinalg;

RowReader::RowReader(ElementType element, int64_t rank, int64_t rowDims, void *descriptor)
    : element(element), elementBytes(byteWidth(element)), rank(rank), rowDims(rowDims) {
  const auto *words = static_cast<const int64_t *>(descriptor);
  data = reinterpret_cast<const std::byte *>(words[1]) + words[2] * elementBytes;
  sizes = words + 3;
  strides = sizes + rank;
  int64_t expected = 1;
  bool isDense = true;
  // Where a dimension is one step, its stride says nothing.
  auto extend = [&](int64_t dim, int64_t &count) {
    isDense &= sizes[dim] == 1 || strides[dim] == expected;
    expected *= sizes[dim];
    count *= sizes[dim];
  };
  for (int64_t dim = rank; dim-- > rank - rowDims;)
    extend(dim, rowWidth);
  rowsAreDense = isDense;
  for (int64_t dim = rank - rowDims; dim-- > 0;)
    extend(dim, rowCount);
  allIsDense = isDense;
}

const std::byte *RowReader::addressOf(int64_t row) const {
  int64_t offset = 0;
  for (int64_t dim = rank - rowDims; dim-- > 0; row /= sizes[dim])
    offset += row % sizes[dim] * strides[dim];
  return data + offset * elementBytes;
}

const float *RowReader::inPlace(int64_t row) const {
  return allIsDense && element == ElementType::F32
             ? reinterpret_cast<const float *>(data) + row * rowWidth
             : nullptr;
}

/// The elements of `rank` dimensions from `source` on, one after the other; gives the end.
template <int64_t bytes>
static std::byte *gather(const std::byte *source, const int64_t *sizes, const int64_t *strides,
                         int64_t rank, std::byte *destination) {
  if (rank == 0) {
    std::memcpy(destination, source, bytes);
    return destination + bytes;
  }
  for (int64_t i = 0; i < *sizes; ++i)
    destination =
        gather<bytes>(source + i * *strides * bytes, sizes + 1, strides + 1, rank - 1, destination);
  return destination;
}

void RowReader::load(int64_t row, int64_t count, std::vector<std::byte> &raw, float *values) const {
  bool isFloat = element == ElementType::F32;
  const std::byte *source = data + row * rowWidth * elementBytes;
  if (!allIsDense) {
    if (!isFloat)
      raw.resize(count * rowWidth * elementBytes);
    auto *to = isFloat ? reinterpret_cast<std::byte *>(values) : raw.data();
    source = to;
    auto gatherRow = elementBytes == 2 ? gather<2> : elementBytes == 4 ? gather<4> : gather<8>;
    int64_t outerDims = rank - rowDims;
    for (int64_t i = 0; i < count; ++i, to += rowWidth * elementBytes)
      if (rowsAreDense)
        std::memcpy(to, addressOf(row + i), rowWidth * elementBytes);
      else
        gatherRow(addressOf(row + i), sizes + outerDims, strides + outerDims, rowDims, to);
  }
  if (!isFloat)
    loadFloats(element == ElementType::F16    ? FloatType::F16
               : element == ElementType::BF16 ? FloatType::BF16
                                              : FloatType::F64,
               source, count * rowWidth, values);
}
