//===- Blocks.cpp - Memory that calls take and give back ------------------===//

#include "QLinalg/Runtime/Blocks.h"

#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <pthread.h>

using namespace qlinalg;

namespace {
struct Cache;
} // namespace

/// Stands before the memory that is handed out, which begins at a multiple of 64 as it does.
struct alignas(64) qlinalg::Block {
  /// What the source gave.
  void *start;
  const BlockSource *source;
  /// The thread that took it.
  Cache *home;
  /// Neighbours among the free blocks of `home` (`next` only), or in `holder`.
  Block *next, *previous;
  /// The call in progress that holds it, if that is known.
  HeldBlocks *holder;
  unsigned sizeClass;
};

//===----------------------------------------------------------------------===//
// Sizes: 1 to 4 times 64 bytes, then four to each doubling
//===----------------------------------------------------------------------===//

static constexpr int64_t unit = 64, mostBytes = int64_t(1) << 46;

static constexpr unsigned sizeClassOf(int64_t bytes) {
  uint64_t last = bytes ? (bytes - 1) / unit : 0;
  if (last < 4)
    return last;
  unsigned shift = std::bit_width(last) - 3;
  return 4 * shift + (last >> shift);
}

static constexpr int64_t bytesOf(unsigned sizeClass) {
  if (sizeClass < 4)
    return (sizeClass + 1) * unit;
  unsigned shift = sizeClass / 4 - 1;
  return int64_t(sizeClass % 4 + 5) * unit << shift;
}

static constexpr unsigned sizeClasses = sizeClassOf(mostBytes) + 1;

static_assert(bytesOf(sizeClassOf(256)) == 256 && bytesOf(sizeClassOf(257)) == 320 &&
              bytesOf(sizeClassOf(513)) == 640 && bytesOf(sizeClassOf(mostBytes)) == mostBytes);

//===----------------------------------------------------------------------===//
// What a thread keeps
//===----------------------------------------------------------------------===//

namespace {
struct FreeList {
  Block *first;
  int32_t count;
  /// The fewest that there were since the last look: so many were not needed.
  int32_t spare;
};

/// The free blocks of one thread; of the next one when that has ended. Never destroyed, as blocks
/// may come back late. The lock is there for those that another thread releases.
struct Cache {
  std::mutex mutex;
  FreeList lists[sizeClasses] = {};
  /// Calls of its thread since the last look.
  int calls = 0;
  bool hasThread = true;
  Cache *next = nullptr;

  Block *take(unsigned sizeClass, int64_t alignment);
  void keep(Block *block);
  /// Frees all blocks, or those that were not needed since the last time.
  void freeBlocks(bool all);
};

/// All caches.
struct Registry {
  std::mutex mutex;
  Cache *first = nullptr;
  pthread_key_t threadEnd = 0;
};
} // namespace

#if __has_feature(address_sanitizer)
/// The sanitizer shall see what is used after it was released.
static constexpr bool keepsBlocks = false;
#else
static constexpr bool keepsBlocks = true;
#endif
static constexpr int callsBetweenLooks = 16;

static constinit Registry registry;
static constinit thread_local Cache *current = nullptr;
static constinit thread_local HeldBlocks *innermost = nullptr;

Block *Cache::take(unsigned sizeClass, int64_t alignment) {
  std::lock_guard lock(mutex);
  FreeList &list = lists[sizeClass];
  Block *block = list.first;
  // Alignments over 64 are rare: only the first is looked at.
  if (!block || reinterpret_cast<uintptr_t>(block + 1) % alignment != 0)
    return nullptr;
  list.first = block->next;
  if (--list.count < list.spare)
    list.spare = list.count;
  return block;
}

void Cache::keep(Block *block) {
  std::lock_guard lock(mutex);
  FreeList &list = lists[block->sizeClass];
  block->next = list.first;
  list.first = block;
  ++list.count;
}

void Cache::freeBlocks(bool all) {
  std::lock_guard lock(mutex);
  for (FreeList &list : lists) {
    for (int32_t left = all ? list.count : list.spare; left > 0; --left, --list.count) {
      Block *block = list.first;
      list.first = block->next;
      block->source->release(block->start);
    }
    list.spare = list.count;
  }
}

void qlinalg::freeKeptBlocks() {
  std::lock_guard lock(registry.mutex);
  for (Cache *cache = registry.first; cache; cache = cache->next)
    cache->freeBlocks(/*all=*/true);
}

static void endThread(void *cache) {
  static_cast<Cache *>(cache)->freeBlocks(/*all=*/true);
  std::lock_guard lock(registry.mutex);
  static_cast<Cache *>(cache)->hasThread = false;
  current = nullptr;
}

namespace {
/// A library may be closed while its threads live: then nothing may call back into it. Their
/// caches stay, 3 KB each, since at the end of the process they may still run.
struct Unload {
  Unload() { pthread_key_create(&registry.threadEnd, endThread); }
  ~Unload() {
    freeKeptBlocks();
    pthread_key_delete(registry.threadEnd);
  }
};
} // namespace

/// The cache of this thread; null if there is no memory for one.
static Cache *cacheOfThread() {
  if (current)
    return current;
  static Unload unload;
  std::lock_guard lock(registry.mutex);
  Cache *cache = registry.first;
  while (cache && cache->hasThread)
    cache = cache->next;
  if (!cache) {
    cache = new (std::nothrow) Cache;
    if (!cache)
      return nullptr;
    cache->next = registry.first;
    registry.first = cache;
  }
  cache->hasThread = true;
  pthread_setspecific(registry.threadEnd, cache);
  return current = cache;
}

//===----------------------------------------------------------------------===//
// Taking and giving back
//===----------------------------------------------------------------------===//

static constexpr BlockSource library = {std::aligned_alloc, std::free};
static constinit std::atomic<const BlockSource *> source = &library;

void qlinalg::setBlockSource(const BlockSource *chosen) {
  freeKeptBlocks();
  source = chosen ? chosen : &library;
}

static Block *blockFromSource(unsigned sizeClass, int64_t alignment) {
  const BlockSource *from = source;
  void *start = from->acquire(alignment, (bytesOf(sizeClass) + alignment + alignment - 1) /
                                             alignment * alignment);
  if (!start)
    return nullptr;
  auto *block = reinterpret_cast<Block *>(static_cast<char *>(start) + alignment) - 1;
  block->start = start;
  block->source = from;
  block->sizeClass = sizeClass;
  return block;
}

void *qlinalg::tryAcquire(int64_t alignment, int64_t bytes) {
  Cache *home = cacheOfThread();
  if (!home || bytes < 0 || bytes > mostBytes || alignment > mostBytes)
    return nullptr;
  alignment = alignment < unit ? unit : alignment;
  unsigned sizeClass = sizeClassOf(bytes);
  Block *block = home->take(sizeClass, alignment);
  if (!block)
    block = blockFromSource(sizeClass, alignment);
  if (!block) {
    freeKeptBlocks();
    block = blockFromSource(sizeClass, alignment);
  }
  if (!block)
    return nullptr;
  block->home = home;
  block->holder = innermost;
  block->previous = nullptr;
  if (innermost) {
    block->next = innermost->first;
    if (block->next)
      block->next->previous = block;
    innermost->first = block;
  }
  return block + 1;
}

void *qlinalg_rt_acquire(int64_t alignment, int64_t bytes) {
  void *memory = tryAcquire(alignment, bytes);
  if (!memory)
    qlinalg_rt_assert_fail("out of memory");
  return memory;
}

void qlinalg_rt_release(void *memory) {
  if (!memory)
    return;
  Block *block = static_cast<Block *>(memory) - 1;
  if (block->holder) {
    (block->previous ? block->previous->next : block->holder->first) = block->next;
    if (block->next)
      block->next->previous = block->previous;
  }
  if (keepsBlocks)
    block->home->keep(block);
  else
    block->source->release(block->start);
}

void qlinalg::beginCall(HeldBlocks &held) {
  held = {nullptr, innermost};
  innermost = &held;
}

void qlinalg::endCall(HeldBlocks &held, bool failed) {
  innermost = held.outer;
  if (failed)
    while (held.first)
      qlinalg_rt_release(held.first + 1);
  for (Block *block = held.first; block; block = block->next)
    block->holder = nullptr;
  if (innermost || !current || ++current->calls < callsBetweenLooks)
    return;
  current->calls = 0;
  current->freeBlocks(/*all=*/false);
}
