//===- Stoppable.cpp - Long work that Ctrl-C ends -------------------------===//

#include "Stoppable.h"

#include <nanobind/nanobind.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

static std::atomic<int> abandoned = 0;

namespace {
/// What the two threads share.
struct Shared {
  Job job;
  std::mutex mutex;
  std::condition_variable ended;
  bool isDone = false, isAbandoned = false;
  std::exception_ptr failure;
};
} // namespace

void python::runStoppable(std::function<void(Job &)> work) {
  auto shared = std::make_shared<Shared>();
  std::thread([shared, work = std::move(work)]() mutable {
    std::exception_ptr failure;
    try {
      work(shared->job);
    } catch (...) {
      failure = std::current_exception();
    }
    work = nullptr;
    std::lock_guard lock(shared->mutex);
    shared->failure = failure;
    shared->isDone = true;
    abandoned -= shared->isAbandoned;
    shared->ended.notify_all();
  }).detach();

  auto waitFor = [&](std::chrono::milliseconds time) {
    nb::gil_scoped_release release;
    std::unique_lock lock(shared->mutex);
    return shared->ended.wait_for(lock, time, [&] { return shared->isDone; });
  };
  while (!waitFor(std::chrono::milliseconds(50))) {
    if (PyErr_CheckSignals() == 0)
      continue;
    shared->job.stop();
    std::lock_guard lock(shared->mutex);
    shared->isAbandoned = !shared->isDone;
    abandoned += shared->isAbandoned;
    throw nb::python_error();
  }
  if (shared->failure)
    std::rethrow_exception(shared->failure);
}

int python::abandonedJobs() { return abandoned; }
