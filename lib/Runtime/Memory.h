//===- Memory.h - Who owns what is allocated at load time -------*- C++ -*-===//

#ifndef QLINALG_RUNTIME_MEMORY_H
#define QLINALG_RUNTIME_MEMORY_H

#include <cstddef>
#include <memory>
#include <vector>

namespace qlinalg {

/// Memory that lives until its owner goes, cut from large pages. What is packed together lies
/// together, so that scales of some kilobytes stand on large pages as codes do.
class OwnedMemory {
public:
  /// `bytes` that start at a multiple of 64; null where there is no memory.
  void *allocate(size_t bytes);

private:
  std::vector<std::unique_ptr<void, void (*)(void *)>> chunks;
  std::byte *next = nullptr;
  size_t left = 0;
  /// Bytes of all chunks.
  size_t total = 0;
};

/// While it lives, what this thread allocates by `qlinalg_rt_allocate` belongs to `owner`.
class AllocationScope {
public:
  explicit AllocationScope(OwnedMemory &owner) { current = &owner; }
  ~AllocationScope() { current = nullptr; }
  AllocationScope(const AllocationScope &) = delete;
  AllocationScope &operator=(const AllocationScope &) = delete;

  /// The owner on this thread, null outside of any scope.
  static OwnedMemory *owner() { return current; }

private:
  static thread_local OwnedMemory *current;
};

} // namespace qlinalg

#endif // QLINALG_RUNTIME_MEMORY_H
