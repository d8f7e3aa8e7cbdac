//===- Settings.h - What the keys of --qlinalg-ptq mean ---------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_SETTINGS_H
#define QLINALG_TRANSFORMS_SETTINGS_H

#include "QLinalg/Numerics/Scheme.h"

#include "mlir/Support/LLVM.h"

#include <string>

namespace qlinalg {

/// How activations are quantized: not at all, or at run time, per token or per token and group.
enum class Activations { None, Dynamic, DynamicGroup };

/// The settings of one layer, by the keys of `--qlinalg-ptq` and of recipes.
struct Settings {
  std::optional<Storage> weights = Storage::Int8;
  std::optional<Storage> embeddings;
  std::optional<Granularity> granularity;
  std::optional<int64_t> group;
  std::optional<bool> symmetric;
  FloatType scales = FloatType::F32;
  Rounding rounding = Rounding::Even;
  Division division = Division::Divide;
  Activations activations = Activations::None;

  /// Sets `key` to `value`; an empty value leaves it. Gives what is wrong, if anything: an unknown
  /// key or value.
  [[nodiscard]] std::optional<std::string> set(llvm::StringRef key, llvm::StringRef value);

  /// The scheme of weights stored as `storage`, defaults filled in.
  Scheme schemeFor(Storage storage) const;

  /// What contradicts what, if anything.
  [[nodiscard]] std::optional<std::string> check() const;

  /// The scheme of activations that meet weights of `weights`; activations must not be `None`.
  Scheme activationScheme(const Scheme &weights) const;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_SETTINGS_H
