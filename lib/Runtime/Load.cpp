//===- Load.cpp - Parameters of a compiled module -------------------------===//

#include "QLinalg/Runtime/Load.h"
#include "QLinalg/Runtime/Invoke.h"
#include "QLinalg/Runtime/TypeNames.h"

#include "ModuleState.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

using namespace qlinalg;

/// Code assumes this of every parameter.
static constexpr uintptr_t alignment = 64;

static std::mutex loading;

/// The types of MLIR have no sign: i8 codes stand as I8 or U8 in the file, as the scheme says.
static bool sameStorage(ElementType a, ElementType b) {
  static constexpr std::pair<ElementType, ElementType> pairs[] = {
      {ElementType::I8, ElementType::U8},
      {ElementType::I16, ElementType::U16},
      {ElementType::I32, ElementType::U32},
      {ElementType::I64, ElementType::U64}};
  return a == b || std::ranges::any_of(pairs, [&](const auto &pair) {
           return (a == pair.first && b == pair.second) || (a == pair.second && b == pair.first);
         });
}

Result<const TensorEntry *> qlinalg::findParameter(const Archive &archive, std::string_view name,
                                                   ElementType element,
                                                   std::span<const int64_t> shape) {
  std::string expected =
      "expected parameter \"" + std::string(name) + "\" of " + describe(element, shape);
  const TensorEntry *entry = archive.find(name);
  if (!entry) {
    std::string files;
    for (const Archive::File &file : archive.files())
      files += (files.empty() ? "" : ", ") + file.path;
    return Failure{expected + ", got none of that name in " + files};
  }
  if (!sameStorage(entry->type, element) || !std::ranges::equal(entry->shape, shape))
    return Failure{expected + ", got " + describe(entry->type, entry->shape) + " in " +
                   archive.files()[entry->file].path};
  return entry;
}

static void *placeParameter(const TensorEntry &entry, ModuleState &loaded) {
  auto *data = const_cast<std::byte *>(entry.bytes.data());
  if (reinterpret_cast<uintptr_t>(data) % alignment == 0)
    return data;
  AllocationScope scope(loaded.memory);
  void *copy = qlinalg_rt_allocate(entry.bytes.size());
  std::memcpy(copy, data, entry.bytes.size());
  loaded.archive->release(entry.bytes);
  return copy;
}

static void runInitialize(void **arguments) { reinterpret_cast<void (*)(void)>(arguments[0])(); }

/// Runs the module's own initialization and marks it as ready. The lock is held.
static Result<void> finish(ModuleDescriptor &module, std::unique_ptr<ModuleState> loaded) {
  if (module.initialize) {
    AllocationScope scope(loaded->memory);
    void *function = reinterpret_cast<void *>(module.initialize);
    if (const char *failure = protectedCall(runInitialize, &function))
      return Failure{failure};
  }
  __atomic_store_n(&module.state, loaded.release(), __ATOMIC_RELEASE);
  return {};
}

static Result<void> setSlots(ModuleDescriptor &module, ModuleState &loaded) {
  std::span<const ParameterEntry> entries(module.parameters, module.numParameters);
  // All are checked before anything is copied.
  std::vector<const TensorEntry *> tensors;
  for (const ParameterEntry &entry : entries) {
    std::optional<ElementType> element = parseSafetensorsName(entry.dtype);
    if (!element)
      return Failure{"expected parameter \"" + std::string(entry.name) +
                     "\" of a known element type, got " + entry.dtype};
    auto tensor = findParameter(*loaded.archive, entry.name, *element,
                                {entry.shape, static_cast<size_t>(entry.rank)});
    if (!tensor)
      return tensor.failure();
    tensors.push_back(*tensor);
  }
  for (size_t i = 0; i < tensors.size(); ++i)
    *entries[i].slot = placeParameter(*tensors[i], loaded);
  return {};
}

Result<void> qlinalg::loadParameters(ModuleDescriptor &module,
                                     const std::vector<std::string> &paths) {
  std::lock_guard lock(loading);
  if (module.state)
    return Failure{"expected parameters to be loaded once, before the first call"};
  auto archive = Archive::open(paths);
  if (!archive)
    return archive.failure();
  auto loaded = std::make_unique<ModuleState>(module);
  loaded->archive.emplace(std::move(*archive));
  if (auto set = setSlots(module, *loaded); !set)
    return set;
  return finish(module, std::move(loaded));
}

Result<void> qlinalg::ensureLoaded(ModuleDescriptor &module) {
  if (readState(module))
    return {};
  std::lock_guard lock(loading);
  if (module.state)
    return {};
  if (module.numParameters)
    return Failure{"expected parameters, such as \"" + std::string(module.parameters[0].name) +
                   "\", to be loaded before the first call"};
  return finish(module, std::make_unique<ModuleState>(module));
}

void qlinalg::unloadParameters(ModuleDescriptor &module) {
  std::lock_guard lock(loading);
  delete static_cast<ModuleState *>(module.state);
  module.state = nullptr;
}
