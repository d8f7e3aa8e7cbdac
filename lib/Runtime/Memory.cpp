//===- Memory.cpp - Aligned memory and packing at load time ---------------===//

#include "Memory.h"

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/SumCodes.h"
#include "QLinalg/Runtime/Abi.h"

#include <cstdlib>
#include <sys/mman.h>

thread_local qlinalg::OwnedMemory *qlinalg::AllocationScope::current = nullptr;

/// Bytes of a large page. Weights are streamed once a call: with small pages the translation of
/// addresses takes part of the time.
static constexpr size_t largePage = size_t(2) << 20;

void *qlinalg_rt_allocate(int64_t bytes) {
  // aligned_alloc wants a multiple of the alignment.
  size_t alignment = static_cast<size_t>(bytes) >= largePage ? largePage : 64;
  size_t rounded = (static_cast<size_t>(bytes) + alignment - 1) / alignment * alignment;
  void *memory = std::aligned_alloc(alignment, rounded ? rounded : alignment);
  if (!memory)
    qlinalg_rt_assert_fail("out of memory");
#ifdef MADV_HUGEPAGE
  // A wish: without it the memory is the same.
  if (alignment == largePage)
    madvise(memory, rounded, MADV_HUGEPAGE);
#endif
  if (qlinalg::OwnedMemory *owner = qlinalg::AllocationScope::owner())
    owner->emplace_back(memory, std::free);
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
