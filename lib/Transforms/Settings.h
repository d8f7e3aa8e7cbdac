//===- Settings.h - What the keys of --qlinalg-ptq mean ---------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_SETTINGS_H
#define QLINALG_TRANSFORMS_SETTINGS_H

#include "QLinalg/Numerics/RangeMethod.h"

#include "mlir/Support/LLVM.h"

#include <string>

namespace qlinalg {

/// How activations are quantized: not at all, at run time per token or per token and group, or with
/// parameters from statistics.
enum class Activations { None, Dynamic, DynamicGroup, Static };

/// What a matmul becomes whose expected error is too large: one with activations quantized at run
/// time, one of weights only, or none.
enum class Fallback { Dynamic, Weights, Float };

/// As keys have them.
std::string name(Activations activations);
std::string name(Fallback fallback);

/// Scales moved from activations into weights: none, by the alpha of least expected error, or by
/// `alpha`.
struct Smoothing {
  enum Kind { None, Auto, Alpha } kind = None;
  double alpha = 0;
};

/// The settings of one layer, by the keys of `--qlinalg-ptq` and of recipes.
struct Settings {
  std::optional<Storage> weights = Storage::Int8;
  /// Bits of the codes of a trellis that weights of int16 become; 0: none.
  int64_t trellis = 0;
  std::optional<Storage> embeddings;
  std::optional<Granularity> granularity;
  std::optional<int64_t> group;
  std::optional<bool> symmetric;
  FloatType scales = FloatType::F32;
  /// Scales of weights in groups that are codes themselves, how many share one of theirs, and its
  /// type; by default 8 of f16 below 8 bits, else 256 of f32.
  std::optional<Storage> scaleStorage;
  std::optional<int64_t> scaleGroup;
  std::optional<FloatType> scaleScales;
  Rounding rounding = Rounding::Even;
  Division division = Division::Divide;
  Activations activations = Activations::None;
  Storage activationStorage = Storage::Int8;
  /// Of static activations without it: what has the least expected error at each site.
  std::optional<bool> activationSymmetric;
  /// Of static activations: `Tensor`, or `Channel`, each of K; and how ranges are chosen.
  std::optional<Granularity> activationGranularity;
  std::optional<RangeMethod> activationRange;
  Smoothing smoothing;
  /// The greatest expected error, as a share of the results' mean square; and what comes then.
  std::optional<double> maxError;
  std::optional<Fallback> fallback;
  /// The name of how the weight's codes are chosen; "": as `--qlinalg-freeze` says.
  std::string method;
  /// How the result becomes codes: none, float, exact or twice; "": as `--qlinalg-requantize` says.
  std::string requantize;

  /// Sets `key` to `value`; an empty value leaves it. Gives what is wrong, if anything: an unknown
  /// key or value.
  [[nodiscard]] std::optional<std::string> set(llvm::StringRef key, llvm::StringRef value);

  /// The value of `scales`: a type of floats, or what scales are as codes.
  [[nodiscard]] std::optional<std::string> setScales(llvm::StringRef value);

  /// The scheme of weights stored as `storage`, defaults filled in.
  Scheme schemeFor(Storage storage) const;

  /// That of the scales of such weights, if they are codes.
  std::optional<Scheme> scaleSchemeFor(Storage storage) const;

  /// What contradicts what, if anything.
  [[nodiscard]] std::optional<std::string> check() const;

  /// The same, of scales that are codes.
  [[nodiscard]] std::optional<std::string> checkScales() const;

  /// The same, of `smooth`.
  [[nodiscard]] std::optional<std::string> checkSmoothing() const;

  /// What is set that only static activations have a use for, if any; they are not static.
  std::optional<std::string> checkStaticOnly() const;

  /// Whether what a calibration saw is needed.
  bool needsStatistics() const {
    return isAwq() || activations == Activations::Static || smoothing.kind != Smoothing::None ||
           maxError;
  }

  /// Weights alone are quantized, by scales that are moved into them.
  bool isAwq() const {
    return method == "awq" && weights && !isDowncast(*weights) && activations == Activations::None;
  }

  /// The first key that needs it, with its value.
  std::string whatNeedsStatistics() const;

  /// The scheme of activations that are quantized at run time and meet weights of `weights`.
  Scheme dynamicScheme(const Scheme &weights) const;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_SETTINGS_H
