//===- Stoppable.h - Long work that Ctrl-C ends -----------------*- C++ -*-===//
//
// Work runs on a thread of its own, without the GIL, while the caller's thread looks for signals
// every few milliseconds. On a signal that raises (Ctrl-C) the caller goes on at once with that
// exception; the work is told to stop, does so at its next pass or weight, and what it wrote to is
// dropped. So it must own all that it uses, touch no Python object, and change nothing that others
// see before its last step.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PYTHON_NATIVE_STOPPABLE_H
#define QLINALG_PYTHON_NATIVE_STOPPABLE_H

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

namespace qlinalg::python {

class Job {
public:
  bool isStopped() const { return stopped.load(std::memory_order_relaxed); }
  void stop() { stopped = true; }

private:
  std::atomic<bool> stopped = false;
};

/// Runs `work` and waits for its end; exceptions of `work` are the caller's. Called with the GIL.
void runStoppable(std::function<void(Job &)> work);

/// The same with a value.
template <typename T> T computeStoppable(std::function<T(Job &)> work) {
  auto value = std::make_shared<std::optional<T>>();
  runStoppable([value, work = std::move(work)](Job &job) { value->emplace(work(job)); });
  return std::move(**value);
}

/// How many jobs still run whose callers have gone on.
int abandonedJobs();

} // namespace qlinalg::python

#endif // QLINALG_PYTHON_NATIVE_STOPPABLE_H
