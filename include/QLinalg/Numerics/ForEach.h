//===- ForEach.h - How work is spread over threads --------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_FOREACH_H
#define QLINALG_NUMERICS_FOREACH_H

#include <cstdint>
#include <functional>

namespace qlinalg {

/// Calls `work(i)` for each i < count, in any order, on as many threads as the caller likes.
/// Functions that take one give the same results whatever it does; an empty one is this thread.
using ForEach = std::function<void(int64_t count, const std::function<void(int64_t)> &work)>;

inline void forEach(const ForEach &executor, int64_t count,
                    const std::function<void(int64_t)> &work) {
  if (executor)
    return executor(count, work);
  for (int64_t i = 0; i < count; ++i)
    work(i);
}

} // namespace qlinalg

#endif // QLINALG_NUMERICS_FOREACH_H
