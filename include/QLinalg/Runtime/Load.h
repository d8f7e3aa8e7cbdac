//===- Load.h - Parameters of a compiled module -----------------*- C++ -*-===//

#ifndef QLINALG_RUNTIME_LOAD_H
#define QLINALG_RUNTIME_LOAD_H

#include "QLinalg/Parameters/Archive.h"
#include "QLinalg/Runtime/Abi.h"

#include <string>
#include <vector>

namespace qlinalg {

/// The tensor `name` of the archive if it has this type; else the reason:
/// `expected parameter "x" of f32[4x3], got f32[3x4]`.
Result<const TensorEntry *> findParameter(const Archive &archive, std::string_view name,
                                          ElementType element, std::span<const int64_t> shape);

/// Opens the files and sets the slots of the module, once: loading a second
/// time is an error. The files stay mapped as long as the process; a tensor that
/// does not lie at a multiple of 64 bytes in memory is copied. Safe on several threads.
Result<void> loadParameters(ModuleDescriptor &module, const std::vector<std::string> &paths);

/// Runs the module's initialization if it has no parameters that must be
/// loaded before; an error if they are not loaded. Cheap after the first time.
Result<void> ensureLoaded(ModuleDescriptor &module);

/// Frees what `loadParameters` took. The module must not be called any more.
void unloadParameters(ModuleDescriptor &module);

} // namespace qlinalg

#endif // QLINALG_RUNTIME_LOAD_H
