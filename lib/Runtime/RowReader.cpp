//===- RowReader.cpp - Rows of a memref as f32 ----------------------------===//

#include "RowReader.h"

#include "QLinalg/Numerics/Float.h"

#include <algorithm>
#include <cstring>

using namespace qlinalg;

RowReader::RowReader(ElementType element, int64_t rank, int64_t rowDims, void *descriptor)
    : element(element), elementBytes(byteWidth(element)) {
  const auto *words = static_cast<const int64_t *>(descriptor);
  data = reinterpret_cast<const std::byte *>(words[1]) + words[2] * elementBytes;
  const int64_t *sizes = words + 3, *strides = sizes + rank;
  for (int64_t dim = 0; dim < rank; ++dim) {
    bool isInner = dim >= rank - rowDims;
    (isInner ? rowWidth : rowCount) *= sizes[dim];
    // Where a dimension is one step, its stride says nothing.
    if (sizes[dim] != 1)
      (isInner ? inner : outer).push_back({sizes[dim], strides[dim]});
  }
  int64_t expected = 1;
  auto follows = [&](const std::vector<Dim> &dims) {
    bool dense = true;
    for (size_t i = dims.size(); i-- > 0; expected *= dims[i].size)
      dense &= dims[i].stride == expected;
    return dense;
  };
  rowsAreDense = follows(inner);
  bool outerFollows = follows(outer);
  allIsDense = rowsAreDense && outerFollows;
}

const std::byte *RowReader::addressOf(int64_t row) const {
  int64_t offset = 0;
  for (size_t i = outer.size(); i-- > 0; row /= outer[i].size)
    offset += row % outer[i].size * outer[i].stride;
  return data + offset * elementBytes;
}

const float *RowReader::inPlace(int64_t row) const {
  return allIsDense && element == ElementType::F32
             ? reinterpret_cast<const float *>(data) + row * rowWidth
             : nullptr;
}

/// The elements of `dims` from `source` on, one after the other; gives the end.
template <int64_t bytes, typename Dim>
static std::byte *gather(const std::byte *source, const Dim *dim, const Dim *end,
                         std::byte *destination) {
  if (dim == end) {
    std::memcpy(destination, source, bytes);
    return destination + bytes;
  }
  for (int64_t i = 0; i < dim->size; ++i)
    destination = gather<bytes>(source + i * dim->stride * bytes, dim + 1, end, destination);
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
    auto gatherRow = elementBytes == 2   ? gather<2, Dim>
                     : elementBytes == 4 ? gather<4, Dim>
                                         : gather<8, Dim>;
    for (int64_t i = 0; i < count; ++i, to += rowWidth * elementBytes)
      if (rowsAreDense)
        std::memcpy(to, addressOf(row + i), rowWidth * elementBytes);
      else
        gatherRow(addressOf(row + i), inner.data(), inner.data() + inner.size(), to);
  }
  if (!isFloat)
    loadFloats(element == ElementType::F16    ? FloatType::F16
               : element == ElementType::BF16 ? FloatType::BF16
                                              : FloatType::F64,
               source, count * rowWidth, values);
}
