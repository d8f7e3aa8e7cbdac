//===- SmoothActivations.cpp - Scales moved, errors too large -------------===//

#include "StaticActivations.h"

#include "QLinalg/Constants.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;

namespace qlinalg {

LogicalResult StaticActivations::loadWeights(Group &group) {
  if (!group.weights.get().empty())
    return success();
  for (auto [contraction, site] : llvm::zip(group.contractions, group.sites))
    if (failed(group.weights.add(contraction, site, files)))
      return failure();
  return success();
}

SmoothingProblem StaticActivations::getProblem(const Group &group,
                                               std::span<const MatrixView> weights) const {
  const Settings &settings = group.settings;
  return {group.channels,
          {group.seen.least, group.seen.greatest},
          weights,
          settings.schemeFor(*settings.weights),
          group.smoothing.activation};
}

/// "3.1e-05".
static std::string format(double number, const char *form = "%.3g") {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(form, number);
  return text;
}

/// A constant vector of f32.
static TypedAttr createVector(MLIRContext *context, ArrayRef<float> values, const Twine &name) {
  auto type = RankedTensorType::get({int64_t(values.size())}, Float32Type::get(context));
  return createResource(type, name.str(), [&](std::byte *data) {
    std::copy_n(reinterpret_cast<const std::byte *>(values.data()), values.size() * sizeof(float),
                data);
  });
}

/// Codes for what was chosen: scales of the activation that hold s, or products with 1 / s.
void StaticActivations::moveScales(Group &group) {
  MLIRContext *context = module.getContext();
  const ChosenSmoothing &chosen = group.smoothing;
  Scheme scheme = chosen.activation;
  ActivationCoding coding;
  std::vector<float> factors(chosen.scales);
  StringRef site = group.sites.front();
  if (group.settings.activations == Activations::Static) {
    SmoothingProblem problem = getProblem(group, {});
    auto [scale, zeroPoint] = parametersOf(scheme, smoothedRange(problem, chosen.scales));
    for (float &factor : factors)
      factor *= scale;
    scheme.granularity = Granularity::Channel;
    coding.scheme = SchemeAttr::get(context, scheme);
    coding.scales = createVector(context, factors, site + ".scales");
    if (coding.scheme.hasZeroPoints())
      coding.zeroPoints = DenseElementsAttr::get(
          RankedTensorType::get({int64_t(factors.size())}, IntegerType::get(context, 8)),
          APInt(8, zeroPoint & 0xff));
  } else if (chosen.alpha) {
    coding.scheme = SchemeAttr::get(context, scheme);
    coding.factors = createVector(context, factors, site + ".factors");
    for (float &factor : factors)
      factor = 1 / factor;
    coding.reciprocals = createVector(context, factors, site + ".reciprocals");
  }
  for (const WeightContraction &contraction : group.contractions)
    codings[contraction.op] = coding;
}

/// Whether a range that the histogram suggests costs less than all smoothing. Its `range` is left
/// in the group then.
FailureOr<bool> StaticActivations::isBetterUnsmoothed(Group &group) {
  const Settings &settings = group.settings;
  if (settings.activations != Activations::Static || settings.smoothing.kind != Smoothing::Auto)
    return false;
  Scheme smoothed = group.smoothing.activation;
  if (failed(chooseTensor(group)))
    return failure();
  SmoothingProblem problem = getProblem(group, group.weights.get());
  double error = expectedWeightError(problem, scalesOf(problem, std::nullopt)) +
                 group.range->error.total() * static_cast<double>(group.channels.channels());
  if (error < group.smoothing.error.total()) {
    group.smoothing.alpha.reset();
    return true;
  }
  group.range.reset();
  group.smoothing.activation = smoothed;
  return false;
}

LogicalResult StaticActivations::searchSmoothing(Group &group) {
  if (failed(loadWeights(group)))
    return failure();
  const Settings &settings = group.settings;
  SmoothingProblem problem = getProblem(group, group.weights.get());
  group.smoothing = chooseSmoothing(module.getContext(), problem, settings.smoothing,
                                    getActivationSchemes(settings, problem.weightScheme));
  if (!std::isfinite(group.smoothing.error.total()))
    return emitError(linalg::LinalgOp(group.contractions.front().op)->getLoc())
           << "site '" << group.sites.front()
           << "': expected finite weights and scales, got an expected error of "
           << format(group.smoothing.error.total());
  return success();
}

LogicalResult StaticActivations::chooseSmoothed(Group &group) {
  if (failed(searchSmoothing(group)))
    return failure();
  FailureOr<bool> unsmoothed = isBetterUnsmoothed(group);
  if (failed(unsmoothed))
    return failure();
  if (*unsmoothed)
    return useTensor(group);
  moveScales(group);
  if (group.settings.smoothing.kind != Smoothing::None)
    saySmoothing(group);
  return success();
}

LogicalResult StaticActivations::chooseScales() {
  for (Group &group : groups) {
    if (group.settings.isAwq()) {
      if (failed(chooseAwq(group)))
        return failure();
    } else {
      if (failed(searchSmoothing(group)))
        return failure();
      saySmoothing(group);
    }
    group.weights = LoadedWeights();
  }
  return success();
}

void StaticActivations::saySmoothing(const Group &group) const {
  const Settings &settings = group.settings;
  const Scheme &scheme = group.smoothing.activation;
  auto [least, greatest] =
      std::minmax_element(group.smoothing.scales.begin(), group.smoothing.scales.end());
  for (size_t member = 0; member < group.contractions.size(); ++member) {
    MatmulError error = getError(group, member);
    double output = expectedOutput(group.first->channels, group.weights.get().subspan(member, 1));
    emitRemark(linalg::LinalgOp(group.contractions[member].op)->getLoc())
        << "site '" << group.sites[member] << "': " << describe(group.smoothing.alpha)
        << (settings.smoothing.kind == Smoothing::Auto ? " (auto)" : "") << ", s from "
        << format(*least, "%.6g") << " to " << format(*greatest, "%.6g") << ", "
        << StringRef(name(scheme.storage)) << (scheme.symmetric ? " symmetric" : " affine")
        << ", expected error " << format(error.total() / output) << " of the output, "
        << format(error.weights / output) << " of it the weight's";
  }
}

//===----------------------------------------------------------------------===//
// Errors that are too large
//===----------------------------------------------------------------------===//

MatmulError StaticActivations::getError(const Group &group, size_t member) const {
  SmoothingProblem problem = getProblem(group, group.weights.get().subspan(member, 1));
  std::vector<float> scales = group.smoothing.scales;
  if (!group.range)
    return expectedMatmulError(problem, scales);
  scales = scalesOf(problem, std::nullopt);
  std::vector<double> importance = qlinalg::columnSquares(problem.weights);
  ChannelImportance counts{importance, group.channels.magnitudes};
  ExpectedError error = expectedError(group.smoothing.activation, group.seen, group.range->scale,
                                      group.range->zeroPoint, &counts);
  return {expectedWeightError(problem, scales),
          error.total() * static_cast<double>(group.channels.channels())};
}

MatmulError StaticActivations::getDynamicError(const Group &group, size_t member) const {
  SmoothingProblem problem = getProblem(group, group.weights.get().subspan(member, 1));
  Settings settings = group.settings;
  settings.activations = Activations::Dynamic;
  problem.activationScheme = settings.dynamicScheme(problem.weightScheme);
  return expectedMatmulError(problem, scalesOf(problem, std::nullopt));
}

void StaticActivations::applyFallback(const Group &group, size_t member) {
  const Settings &settings = group.settings;
  const WeightContraction &contraction = group.contractions[member];
  double output = expectedOutput(group.first->channels, group.weights.get().subspan(member, 1));
  MatmulError error = getError(group, member);
  double share = output > 0 ? error.total() / output : 0;
  bool isStatic = settings.activations == Activations::Static;
  Location loc = linalg::LinalgOp(contraction.op)->getLoc();
  StringRef site = group.sites[member];
  if (share <= *settings.maxError) {
    if (settings.smoothing.kind != Smoothing::None)
      return;
    emitRemark(loc) << "site '" << site << "': expected error " << format(share)
                    << " of the output, max-error " << format(*settings.maxError);
    return;
  }
  Fallback fallback = settings.fallback.value_or(isStatic ? Fallback::Dynamic : Fallback::Float);
  fallbacks[contraction.op] = fallback;
  double remaining = 0;
  if (fallback != Fallback::Float && output > 0) {
    MatmulError dynamic = getDynamicError(group, member);
    remaining = (fallback == Fallback::Dynamic ? dynamic.total() : dynamic.weights) / output;
  }
  if (remaining > *settings.maxError)
    emitWarning(loc) << "site '" << site << "': expected error " << format(remaining)
                     << " of the output with fallback=" << name(fallback) << " is above max-error "
                     << format(*settings.maxError) << " too: fallback=float keeps to it";
  InFlightDiagnostic remark = emitRemark(loc)
                              << "site '" << site << "': expected error " << format(share)
                              << " of the output is above max-error " << format(*settings.maxError)
                              << ", taken instead: ";
  if (fallback == Fallback::Dynamic)
    remark << "activations quantized at run time, expected error " << format(remaining);
  else if (fallback == Fallback::Weights)
    remark << "float activations, expected error " << format(remaining);
  else
    remark << "floats";
}

} // namespace qlinalg
