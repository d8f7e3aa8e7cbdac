//===- ModuleState.h - What a loaded module holds ---------------*- C++ -*-===//

#ifndef QLINALG_RUNTIME_MODULESTATE_H
#define QLINALG_RUNTIME_MODULESTATE_H

#include "Memory.h"
#include "QLinalg/Parameters/Archive.h"
#include "QLinalg/Runtime/Abi.h"
#include "SiteObservers.h"

#include <optional>

namespace qlinalg {

/// What `ModuleDescriptor::state` points to once the module is ready.
struct ModuleState {
  explicit ModuleState(const ModuleDescriptor &module) {
    if (module.numSites)
      observers.emplace(module);
  }

  std::optional<Archive> archive;
  /// Copies of tensors that were not aligned, and panels that the module packed.
  OwnedMemory memory;
  /// Where the module has sites.
  std::optional<SiteObservers> observers;
};

/// Null before loading.
inline ModuleState *readState(const ModuleDescriptor &module) {
  return static_cast<ModuleState *>(__atomic_load_n(&module.state, __ATOMIC_ACQUIRE));
}

} // namespace qlinalg

#endif // QLINALG_RUNTIME_MODULESTATE_H
