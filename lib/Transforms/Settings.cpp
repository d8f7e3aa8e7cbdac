//===- Settings.cpp - What the keys of --qlinalg-ptq mean -----------------===//

#include "Settings.h"

#include "ResultRule.h"
#include "WeightMethod.h"

#include "QLinalg/Numerics/Trellis.h"

#include <cmath>

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;

namespace qlinalg {

/// By enumerator.
static constexpr StringLiteral activationsNames[] = {"none", "dynamic", "dynamic-group", "static"};
static constexpr StringLiteral fallbackNames[] = {"dynamic", "weights", "float"};

std::string name(Activations activations) { return activationsNames[int(activations)].str(); }
std::string name(Fallback fallback) { return fallbackNames[int(fallback)].str(); }

template <typename Enum>
static std::optional<Enum> parseName(ArrayRef<StringLiteral> names, StringRef value) {
  const StringLiteral *found = llvm::find(names, value);
  if (found == names.end())
    return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

/// "expected int8 or int4 for weights, got 'int3'"
static std::string unexpected(StringRef key, StringRef expected, StringRef value) {
  return (Twine("expected ") + expected + " for " + key + ", got '" + value + "'").str();
}

/// Sets `field` by `parse`, which knows the names.
template <typename Field, typename T>
static std::optional<std::string> setName(Field &field, std::optional<T> parsed, StringRef key,
                                          StringRef expected, StringRef value) {
  if (!parsed)
    return unexpected(key, expected, value);
  field = *parsed;
  return std::nullopt;
}

static std::optional<std::string> setStorage(std::optional<Storage> &field, StringRef key,
                                             StringRef value) {
  if (value == "none") {
    field.reset();
    return std::nullopt;
  }
  return setName(
      field, parseStorage(value), key,
      "int8, int7, int6, int5, int4, int3, int2, uint8, uint7, uint6, uint5, uint4, uint3, uint2, "
      "int16, uint16, nf4, fp4, f8E4M3FN, bf16, f16 or none",
      value);
}

/// `trellis4`: codes of a trellis are numbers of int16 when the program runs.
static std::optional<std::string> setWeights(Settings &settings, StringRef value) {
  settings.trellis = 0;
  int64_t bits;
  StringRef width = value;
  if (!width.consume_front("trellis"))
    return setStorage(settings.weights, "weights", value);
  if (width.getAsInteger(10, bits) || !isTrellisWidth(bits))
    return unexpected("weights", "trellis2 to trellis8", value);
  settings.weights = Storage::Int16;
  settings.trellis = bits;
  return std::nullopt;
}

static std::optional<std::string> setGranularity(std::optional<Granularity> &field,
                                                 StringRef value) {
  std::optional<Granularity> parsed = parseGranularity(value);
  if (parsed == Granularity::Token || parsed == Granularity::TokenGroup)
    parsed.reset();
  return setName(field, parsed, "granularity", "channel, group or tensor", value);
}

static std::optional<std::string> setGroup(std::optional<int64_t> &field, StringRef key,
                                           StringRef value) {
  int64_t group;
  if (value.getAsInteger(10, group) || group < 1)
    return unexpected(key, "a number of elements of 1 or more", value);
  field = group;
  return std::nullopt;
}

static std::optional<std::string> setBool(std::optional<bool> &field, StringRef key,
                                          StringRef value) {
  if (value != "true" && value != "false")
    return unexpected(key, "true or false", value);
  field = value == "true";
  return std::nullopt;
}

static std::optional<std::string> setActivations(Activations &field, StringRef value) {
  return setName(field, parseName<Activations>(activationsNames, value), "activations",
                 "none, dynamic, dynamic-group or static", value);
}

static std::optional<std::string> setActivationStorage(Storage &field, StringRef value) {
  std::optional<Storage> parsed = parseStorage(value);
  if (parsed != Storage::Int8 && parsed != Storage::UInt8)
    parsed.reset();
  return setName(field, parsed, "activation-storage", "int8 or uint8", value);
}

static std::optional<std::string> setActivationGranularity(std::optional<Granularity> &field,
                                                           StringRef value) {
  std::optional<Granularity> parsed = parseGranularity(value);
  if (parsed != Granularity::Tensor && parsed != Granularity::Channel)
    parsed.reset();
  return setName(field, parsed, "activation-granularity", "tensor or channel", value);
}

static std::optional<std::string> setMethod(std::string &field, StringRef value) {
  if (!parseWeightMethod(value))
    return unexpected("method", weightMethodNames, value);
  field = value.str();
  return std::nullopt;
}

static std::optional<std::string> setRequantize(std::string &field, StringRef value) {
  if (!ResultRule::parse(value))
    return unexpected("requantize", ResultRule::names, value);
  field = value.str();
  return std::nullopt;
}

static std::optional<std::string> setSmoothing(Smoothing &field, StringRef value) {
  double alpha = 0;
  if (value == "none")
    field = {};
  else if (value == "auto")
    field = {Smoothing::Auto, 0};
  else if (!value.getAsDouble(alpha) && alpha >= 0 && alpha <= 1)
    field = {Smoothing::Alpha, alpha};
  else
    return unexpected("smooth", "none, auto or a number from 0 to 1", value);
  return std::nullopt;
}

static std::optional<std::string> setMaxError(std::optional<double> &field, StringRef value) {
  double error = 0;
  if (value.getAsDouble(error) || !(error > 0) || !std::isfinite(error))
    return unexpected("max-error", "a share of the output above 0", value);
  field = error;
  return std::nullopt;
}

static std::optional<std::string> setFallback(std::optional<Fallback> &field, StringRef value) {
  return setName(field, parseName<Fallback>(fallbackNames, value), "fallback",
                 "dynamic, weights or float", value);
}

static std::optional<FloatType> parseScaleType(StringRef value) {
  std::optional<FloatType> parsed = parseFloatType(value);
  return parsed == FloatType::F64 ? std::nullopt : parsed;
}

std::optional<std::string> Settings::setScales(StringRef value) {
  std::optional<Storage> codes = parseStorage(value);
  if (codes && isInteger(*codes) && bitWidth(*codes) <= 8) {
    scaleStorage = codes;
    scales = FloatType::F32;
    return std::nullopt;
  }
  scaleStorage.reset();
  return setName(scales, parseScaleType(value), "scales",
                 "f32, f16, bf16 or an integer of at most 8 bits", value);
}

std::optional<std::string> Settings::set(StringRef key, StringRef value) {
  if (value.empty())
    return std::nullopt;
  if (key == "weights")
    return setWeights(*this, value);
  if (key == "embeddings")
    return setStorage(embeddings, key, value);
  if (key == "granularity")
    return setGranularity(granularity, value);
  if (key == "group")
    return setGroup(group, key, value);
  if (key == "symmetric")
    return setBool(symmetric, key, value);
  if (key == "scales")
    return setScales(value);
  if (key == "scale-group")
    return setGroup(scaleGroup, key, value);
  if (key == "scale-scales")
    return setName(scaleScales, parseScaleType(value), key, "f32, f16 or bf16", value);
  if (key == "rounding")
    return setName(rounding, parseRounding(value), key, "even or away", value);
  if (key == "division")
    return setName(division, parseDivision(value), key, "divide or reciprocal", value);
  if (key == "activations")
    return setActivations(activations, value);
  if (key == "activation-storage")
    return setActivationStorage(activationStorage, value);
  if (key == "activation-symmetric")
    return setBool(activationSymmetric, key, value);
  if (key == "activation-granularity")
    return setActivationGranularity(activationGranularity, value);
  if (key == "activation-range")
    return setName(activationRange, parseRangeMethod(value), key,
                   "auto, minmax, average, percentile:P, deviations:K, entropy or mse", value);
  if (key == "method")
    return setMethod(method, value);
  if (key == "requantize")
    return setRequantize(requantize, value);
  if (key == "smooth")
    return setSmoothing(smoothing, value);
  if (key == "max-error")
    return setMaxError(maxError, value);
  if (key == "fallback")
    return setFallback(fallback, value);
  return ("expected one of the keys weights, embeddings, granularity, group, symmetric, scales, "
          "scale-group, scale-scales, rounding, division, method, activations, activation-storage, "
          "activation-symmetric, activation-granularity, activation-range, requantize, smooth, "
          "max-error and fallback, got '" +
          Twine(key) + "'")
      .str();
}

std::optional<std::string> Settings::check() const {
  if (group && granularity && *granularity != Granularity::Group)
    return "expected granularity=group with group=" + std::to_string(*group) +
           ", got granularity=" + std::string(name(*granularity));
  for (std::optional<Storage> storage : {weights, embeddings})
    if (storage && symmetric == false && !isInteger(*storage) && !isDowncast(*storage))
      return "expected an integer storage with symmetric=false, got " + std::string(name(*storage));
  if (method == "awq" && activations != Activations::None)
    return "expected activations=none with method=awq, and smooth with others";
  if (fallback && !maxError)
    return "expected max-error with fallback=" + name(*fallback) + ", got none";
  if (std::optional<std::string> wrong = checkScales())
    return wrong;
  if (trellis && (symmetric == false || granularity == Granularity::Tensor))
    return std::string("expected ") +
           (symmetric == false ? "symmetric=true" : "granularity=channel or group") +
           " with weights=trellis" + std::to_string(trellis);
  if (activations != Activations::Static || activationGranularity != Granularity::Channel)
    return checkSmoothing();
  // A zero point for each of K would be a bias, not a factor of the weight; histograms are of the
  // whole tensor.
  if (activationSymmetric == false)
    return "expected activation-symmetric=true with activation-granularity=channel, got false";
  // Each channel by itself is alpha 1.
  if (smoothing.kind != Smoothing::None)
    return "expected activation-granularity=tensor with smooth, got channel";
  if (activationRange && activationRange->kind != RangeKind::Auto &&
      activationRange->kind != RangeKind::MinMax)
    return "expected activation-range=minmax with activation-granularity=channel, got " +
           name(*activationRange);
  return std::nullopt;
}

std::optional<std::string> Settings::checkScales() const {
  if (!scaleStorage && (scaleGroup || scaleScales))
    return "expected an integer for scales with " +
           std::string(scaleGroup ? "scale-group" : "scale-scales") + ", got " +
           std::string(name(scales));
  if (!scaleStorage || !weights || isDowncast(*weights))
    return std::nullopt;
  Granularity own = schemeFor(*weights).granularity;
  if (own != Granularity::Group)
    return "expected granularity=group with scales=" + std::string(name(*scaleStorage)) +
           ", got granularity=" + std::string(name(own));
  return std::nullopt;
}

std::optional<std::string> Settings::checkSmoothing() const {
  if (smoothing.kind == Smoothing::None)
    return std::nullopt;
  // What was seen of x says of x / s how far each channel reaches, and no more.
  if (activationRange && activationRange->kind != RangeKind::Auto &&
      activationRange->kind != RangeKind::MinMax)
    return "expected activation-range=minmax with smooth, got " + name(*activationRange);
  if (weights && isDowncast(*weights))
    return "expected weights with scales with smooth, got " + std::string(name(*weights));
  return std::nullopt;
}

std::optional<std::string> Settings::checkStaticOnly() const {
  if (activations == Activations::Static)
    return std::nullopt;
  std::string got = "activations=" + name(activations);
  if (activations == Activations::None && smoothing.kind != Smoothing::None)
    return "expected activations=static or dynamic with smooth, got none";
  if (activations == Activations::None && maxError)
    return "expected activations=static or dynamic with max-error, got none";
  if (fallback == Fallback::Dynamic)
    return "expected activations=static with fallback=dynamic, got " + got;
  if (activationRange)
    return "expected activations=static with activation-range=" + name(*activationRange) +
           ", got " + got;
  if (activationGranularity)
    return "expected activations=static with activation-granularity=" +
           std::string(name(*activationGranularity)) + ", got " + got;
  return std::nullopt;
}

Scheme Settings::schemeFor(Storage storage) const {
  Scheme scheme;
  scheme.storage = storage;
  scheme.symmetric = true;
  if (isDowncast(storage)) {
    scheme.granularity = Granularity::Tensor;
    return scheme;
  }
  Granularity standard = bitWidth(storage) >= 8 ? Granularity::Channel : Granularity::Group;
  scheme.granularity = group ? Granularity::Group : granularity.value_or(standard);
  if (scheme.granularity == Granularity::Group)
    scheme.group = group.value_or(storage == Storage::NF4 ? 64 : 32);
  if (isInteger(storage))
    scheme.symmetric = symmetric.value_or(!isUnsigned(storage));
  scheme.scales = scales;
  scheme.rounding = rounding;
  scheme.division = division;
  return scheme;
}

std::string Settings::whatNeedsStatistics() const {
  if (activations == Activations::Static)
    return "activations=static";
  if (isAwq())
    return "method=awq";
  return smoothing.kind == Smoothing::None ? "max-error" : "smooth";
}

std::optional<Scheme> Settings::scaleSchemeFor(Storage storage) const {
  if (!scaleStorage || schemeFor(storage).granularity != Granularity::Group)
    return std::nullopt;
  bool isWide = bitWidth(*scaleStorage) == 8;
  Scheme scheme;
  scheme.storage = *scaleStorage;
  scheme.granularity = Granularity::Group;
  scheme.group = scaleGroup.value_or(isWide ? 256 : 8);
  // Scales that a range gives are never negative.
  scheme.positive = isUnsigned(*scaleStorage);
  scheme.scales = scaleScales.value_or(isWide ? FloatType::F32 : FloatType::F16);
  return scheme;
}

Scheme Settings::dynamicScheme(const Scheme &weights) const {
  Scheme scheme;
  scheme.storage = activationStorage;
  scheme.symmetric = activationSymmetric.value_or(!isUnsigned(activationStorage));
  scheme.granularity = Granularity::Token;
  if (activations == Activations::DynamicGroup) {
    scheme.granularity = Granularity::TokenGroup;
    // The weight's group; where it has none, the default of `group`.
    scheme.group = weights.group ? weights.group : 32;
  }
  return scheme;
}

} // namespace qlinalg
