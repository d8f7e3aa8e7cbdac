//===- Blocks.h - Memory that calls take and give back ----------*- C++ -*-===//
//
// A compiled program takes the same memory in each call. What it gives back stays with the thread
// that took it, so that after the first call none asks the system. Kept are, of each size, as many
// blocks as the calls since the last look held at once: the thread looks every 16 calls and frees
// the rest. All is freed when the thread ends, and by `freeKeptBlocks`.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_RUNTIME_BLOCKS_H
#define QLINALG_RUNTIME_BLOCKS_H

#include "QLinalg/Runtime/Abi.h"

#include <memory>
#include <vector>

namespace qlinalg {

struct Block;

/// `qlinalg_rt_acquire`, but null if there is no memory.
[[nodiscard]] void *tryAcquire(int64_t alignment, int64_t bytes);

/// What one call in progress holds on its thread. Plain data: a jump runs no destructor.
struct HeldBlocks {
  Block *first;
  HeldBlocks *outer;
};

/// Begins a call on this thread.
void beginCall(HeldBlocks &held);
/// Ends the innermost call. What it still holds are its results, or, if it failed, lost: then it is
/// released here.
void endCall(HeldBlocks &held, bool failed);

/// Where blocks come from. `acquire` gives memory aligned to 256 bytes at least, and to
/// `alignment`, or null.
struct BlockSource {
  void *(*acquire)(size_t alignment, size_t bytes);
  void (*release)(void *memory);
};

/// From now on: the C library's memory where `source` is null. Blocks that are held go back to
/// where they came from.
void setBlockSource(const BlockSource *source);

/// Frees what all threads keep.
void freeKeptBlocks();

struct ReleaseBlock {
  void operator()(void *memory) const { qlinalg_rt_release(memory); }
};
using OwnedBlock = std::unique_ptr<void, ReleaseBlock>;

/// Blocks for containers of what each call needs.
template <typename T> struct BlockAllocator {
  using value_type = T;
  BlockAllocator() = default;
  template <typename U> BlockAllocator(const BlockAllocator<U> &) {}
  T *allocate(size_t count) {
    return static_cast<T *>(qlinalg_rt_acquire(64, static_cast<int64_t>(count * sizeof(T))));
  }
  void deallocate(T *memory, size_t) { qlinalg_rt_release(memory); }
  template <typename U> bool operator==(const BlockAllocator<U> &) const { return true; }
};
template <typename T> using BlockVector = std::vector<T, BlockAllocator<T>>;

} // namespace qlinalg

#endif // QLINALG_RUNTIME_BLOCKS_H
