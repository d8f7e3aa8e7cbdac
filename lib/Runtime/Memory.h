//===- Memory.h - Who owns what is allocated at load time -------*- C++ -*-===//

#ifndef QLINALG_RUNTIME_MEMORY_H
#define QLINALG_RUNTIME_MEMORY_H

#include <memory>
#include <vector>

namespace qlinalg {

/// Memory of `qlinalg_rt_allocate`.
using OwnedMemory = std::vector<std::unique_ptr<void, void (*)(void *)>>;

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
