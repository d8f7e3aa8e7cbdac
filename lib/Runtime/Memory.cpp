//===- Memory.cpp - Aligned memory and packing at load time ---------------===//

#include "Memory.h"

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/SumCodes.h"
#include "QLinalg/Numerics/Trellis.h"
#include "QLinalg/Runtime/Abi.h"

#include <algorithm>
#include <cstdlib>
#include <sys/mman.h>

thread_local qlinalg::OwnedMemory *qlinalg::AllocationScope::current = nullptr;

/// Bytes of a large page. Weights are streamed once a call: with small pages the translation of
/// addresses takes part of the time.
static constexpr size_t largePage = size_t(2) << 20;
static constexpr size_t cacheLine = 64;

static size_t roundUp(size_t bytes, size_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

/// `bytes`, a multiple of the cache line; on large pages where it is a multiple of theirs.
static void *acquire(size_t bytes) {
  size_t alignment = bytes % largePage == 0 ? largePage : cacheLine;
  void *memory = std::aligned_alloc(alignment, bytes);
#ifdef MADV_HUGEPAGE
  // A wish: without it the memory is the same.
  if (memory && alignment == largePage)
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

void *qlinalg::OwnedMemory::allocate(size_t bytes) {
  bytes = roundUp(std::max<size_t>(bytes, 1), cacheLine);
  if (bytes > left) {
    // Chunks grow with what is there, so that a small module takes no large page.
    size_t chunk = std::max(bytes, std::min(total, largePage));
    if (total + chunk >= largePage)
      chunk = roundUp(chunk, largePage);
    auto *start = static_cast<std::byte *>(acquire(chunk));
    if (!start)
      return nullptr;
    chunks.emplace_back(start, std::free);
    total += chunk;
    // The longer rest serves what comes.
    if (chunk - bytes <= left)
      return start;
    next = start;
    left = chunk;
  }
  void *memory = next;
  next += bytes;
  left -= bytes;
  return memory;
}

void *qlinalg_rt_allocate(int64_t bytes) {
  auto size = static_cast<size_t>(bytes);
  qlinalg::OwnedMemory *owner = qlinalg::AllocationScope::owner();
  void *memory =
      owner ? owner->allocate(size) : acquire(roundUp(std::max<size_t>(size, 1), cacheLine));
  if (!memory)
    qlinalg_rt_assert_fail("out of memory");
  return memory;
}

void qlinalg_rt_pack_panels(const void *source, void *panels, int64_t elementBytes, int64_t rows,
                            int64_t columns, int64_t panelRows) {
  qlinalg::packPanels(elementBytes, rows, columns, panelRows,
                      static_cast<const std::byte *>(source), static_cast<std::byte *>(panels));
}

void qlinalg_rt_pack_blocks(const void *source, void *blocks, int64_t bits, int64_t rows,
                            int64_t columns, int64_t panelRows, int64_t step, int64_t block,
                            int64_t excess) {
  qlinalg::packBlocks(static_cast<int>(bits), rows, columns, {panelRows, step, block, excess != 0},
                      static_cast<const std::byte *>(source), static_cast<std::byte *>(blocks));
}

void qlinalg_rt_pack_trellis(const void *source, void *panels, int64_t bits, int64_t rows,
                             int64_t columns) {
  qlinalg::packTrellis(static_cast<int>(bits), rows, columns,
                       static_cast<const std::byte *>(source), static_cast<std::byte *>(panels));
}

void qlinalg_rt_sum_codes(const void *codes, const void *zeroPoints, void *sums, int64_t storage,
                          int64_t granularity, int64_t group, int64_t rows, int64_t columns) {
  qlinalg::Scheme scheme;
  scheme.storage = static_cast<qlinalg::Storage>(storage);
  scheme.granularity = static_cast<qlinalg::Granularity>(granularity);
  scheme.group = group;
  scheme.symmetric = !zeroPoints;
  qlinalg::sumCodes(scheme, rows, columns, static_cast<const std::byte *>(codes),
                    static_cast<const std::byte *>(zeroPoints), static_cast<int32_t *>(sums));
}
