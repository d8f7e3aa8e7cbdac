//===- ModuleObject.h - A module for Python ---------------------*- C++ -*-===//

#ifndef QLINALG_PYTHON_NATIVE_MODULEOBJECT_H
#define QLINALG_PYTHON_NATIVE_MODULEOBJECT_H

#include "Errors.h"
#include "Stoppable.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace qlinalg::python {

/// A context, and who works in it: one job at a time.
class ContextState {
public:
  ContextState();
  mlir::MLIRContext context;

  /// Runs `work` stoppably, alone in the context. `keep` holds what it uses.
  template <typename T, typename Work> static T run(std::shared_ptr<ContextState> state, Work work);

private:
  std::mutex mutex;
  /// Of the work in progress; passes are skipped once it is stopped.
  std::atomic<Job *> current = nullptr;
};

/// A module. Passes change a copy, which takes its place when all succeeded.
struct ModuleObject {
  std::shared_ptr<ContextState> state;
  std::shared_ptr<mlir::OwningOpRef<mlir::ModuleOp>> module;

  mlir::ModuleOp get() const { return module->get(); }
};

template <typename T, typename Work>
T ContextState::run(std::shared_ptr<ContextState> state, Work work) {
  return computeStoppable<T>([state = std::move(state), work = std::move(work)](Job &job) mutable {
    std::lock_guard lock(state->mutex);
    state->current = &job;
    struct Reset {
      ContextState &state;
      ~Reset() { state.current = nullptr; }
    } reset{*state};
    T value = work(job);
    // What was skipped is not done; nobody waits for it.
    if (job.isStopped())
      throw Failed{Fault::Input, "interrupted"};
    return value;
  });
}

} // namespace qlinalg::python

#endif // QLINALG_PYTHON_NATIVE_MODULEOBJECT_H
