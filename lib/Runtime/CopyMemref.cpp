//===- CopyMemref.cpp - memref.copy between any two layouts ---------------===//
//
// Upstream lowers a memref.copy of strided memrefs to a call of `memrefCopy`
// with two unranked memrefs {rank, address of the descriptor}.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Runtime/Abi.h"

#include <cstring>

namespace {
struct UnrankedMemref {
  int64_t rank;
  char **descriptor;
};

/// A descriptor taken apart: {allocated, aligned, offset, sizes…, strides…}.
struct Memref {
  Memref(const UnrankedMemref &memref, int64_t elementBytes) : rank(memref.rank) {
    const auto *numbers = reinterpret_cast<const int64_t *>(memref.descriptor + 2);
    data = memref.descriptor[1] + numbers[0] * elementBytes;
    sizes = numbers + 1;
    strides = sizes + rank;
  }
  int64_t rank;
  char *data;
  const int64_t *sizes;
  const int64_t *strides;
};
} // namespace

static void copyFrom(const Memref &from, const Memref &to, int64_t dimension, const char *source,
                     char *destination, int64_t elementBytes) {
  if (dimension == from.rank) {
    std::memcpy(destination, source, elementBytes);
    return;
  }
  int64_t size = from.sizes[dimension];
  bool isRun =
      dimension == from.rank - 1 && from.strides[dimension] == 1 && to.strides[dimension] == 1;
  if (isRun) {
    std::memcpy(destination, source, size * elementBytes);
    return;
  }
  for (int64_t i = 0; i < size; ++i)
    copyFrom(from, to, dimension + 1, source + i * from.strides[dimension] * elementBytes,
             destination + i * to.strides[dimension] * elementBytes, elementBytes);
}

void memrefCopy(int64_t elementBytes, void *source, void *destination) {
  Memref from(*static_cast<UnrankedMemref *>(source), elementBytes);
  Memref to(*static_cast<UnrankedMemref *>(destination), elementBytes);
  copyFrom(from, to, 0, from.data, to.data, elementBytes);
}
