//===- StaticActivations.cpp - Activations with constants -----------------===//

#include "StaticActivations.h"

#include "Sites.h"
#include "WeightFingerprint.h"
#include "WeightSource.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

LogicalResult StaticActivations::open(StringRef statisticsPath, StringRef parameters) {
  path = statisticsPath.str();
  if (!path.empty()) {
    Result<SiteTable> read = SiteTable::read(path);
    if (!read)
      return emitError(module.getLoc()) << read.error();
    statistics = std::move(*read);
  }
  return files.open(parameters, "");
}

/// Fewer rows than these say little of a range: what `quant-stats check` asks for.
static constexpr int64_t leastRows = 100;

static void warn(Location loc, StringRef site, const SiteStatistics &seen) {
  const Distribution &values = seen.distribution;
  if (values.nans + values.infinities > 0)
    emitWarning(loc) << "site '" << site << "': " << values.nans << " NaN and " << values.infinities
                     << " infinities of " << values.count << " values were left out";
  if (seen.channels.rows < leastRows)
    emitWarning(loc) << "site '" << site << "': expected statistics of " << leastRows
                     << " rows or more, got " << seen.channels.rows;
}

/// Whether the values that were seen met this weight, as far as is known of it.
LogicalResult StaticActivations::checkWeight(const WeightContraction &contraction,
                                             const SiteTable::Entry &site) {
  Location loc = linalg::LinalgOp(contraction.op)->getLoc();
  uint64_t ours = fingerprintOf(contraction), theirs = site.weight;
  uint32_t shapes[] = {uint32_t(ours >> 32), uint32_t(theirs >> 32)};
  uint32_t values[] = {uint32_t(ours), uint32_t(theirs)};
  if (shapes[1] && shapes[0] != shapes[1])
    return emitError(loc) << "expected values that met a weight of this shape at site '"
                          << site.name << "', got those of another in " << path
                          << ": statistics of another model?";
  if (values[0] && values[1] && values[0] != values[1])
    emitWarning(loc) << "site '" << site.name
                     << "': expected values that met this weight, got those of a weight of other "
                        "numbers in "
                     << path << ": statistics of another model?";
  return success();
}

FailureOr<const SiteStatistics *> StaticActivations::find(const WeightContraction &contraction,
                                                          const std::string &site,
                                                          const Settings &settings) {
  Location loc = linalg::LinalgOp(contraction.op)->getLoc();
  int64_t channels = contraction.getColumns();
  if (!statistics)
    return emitError(loc) << "expected statistics=FILE with " << settings.whatNeedsStatistics()
                          << ", for site '" << site << "', got none";
  const SiteTable::Entry *found = statistics->find(site);
  if (!found)
    return emitMissingSite(loc, *statistics, path, site);
  const SiteStatistics &seen = found->statistics;
  if (seen.channels.channels() != channels)
    return emitError(loc) << "expected " << channels << " channels at site '" << site << "', got "
                          << seen.channels.channels() << " in " << path
                          << ": statistics of another model?";
  if (seen.distribution.finite() == 0)
    return emitError(loc) << "expected finite values at site '" << site << "', got none of "
                          << seen.distribution.count << " in " << path;
  if (failed(checkWeight(contraction, *found)))
    return failure();
  warn(loc, site, seen);
  return &seen;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// What the contraction reads now: it may have been rewritten since it was matched.
static Value getActivation(const WeightContraction &contraction) {
  Value value =
      linalg::LinalgOp(contraction.op).getDpsInputOperand(contraction.weightIsLhs ? 1 : 0)->get();
  while (auto observe = value.getDefiningOp<ObserveOp>())
    value = observe.getInput();
  return value;
}

/// In which order the weight's K runs over dimensions of the activation.
static SmallVector<int64_t> orderOfK(const WeightContraction &contraction) {
  SmallVector<std::tuple<int64_t, int64_t, int64_t>> pieces;
  for (const auto &[loop, dim] : contraction.reduced) {
    AffineExpr expr = getAffineDimExpr(loop, contraction.activationMap.getContext());
    int64_t position = *contraction.activationMap.getResultPosition(expr);
    for (const Atom &atom : dim)
      pieces.emplace_back(-atom.stride, position, atom.size);
  }
  llvm::sort(pieces);
  SmallVector<int64_t> order;
  for (auto [stride, position, size] : pieces)
    order.append({position, size});
  return order;
}

/// What contractions of one activation that share codes have in common.
static std::string describe(const WeightContraction &contraction, const Settings &settings) {
  std::string text;
  llvm::raw_string_ostream out(text);
  llvm::interleaveComma(orderOfK(contraction), out);
  out << " " << name(settings.activationStorage) << " "
      << name(settings.activationRange.value_or(RangeMethod())) << " "
      << name(settings.activationGranularity.value_or(Granularity::Tensor)) << " "
      << int(settings.activations) << " " << settings.smoothing.kind << " "
      << settings.smoothing.alpha << " " << settings.maxError.value_or(0) << " "
      << (settings.fallback ? int(*settings.fallback) : -1) << " " << name(settings.rounding) << " "
      << name(settings.division);
  // What the weight's rounding errors are decides about smoothing too.
  if (settings.isAwq())
    out << " awq";
  if (settings.needsStatistics() &&
      (settings.isAwq() || settings.activations != Activations::Static || settings.smoothing.kind ||
       settings.maxError)) {
    Scheme weights = settings.schemeFor(*settings.weights);
    out << " " << name(weights.storage) << " " << name(weights.granularity) << " " << weights.group
        << " " << weights.symmetric << " " << name(weights.scales);
  }
  if (settings.activationSymmetric)
    out << " " << *settings.activationSymmetric;
  return text;
}

LogicalResult StaticActivations::add(const WeightContraction &contraction, StringRef site,
                                     const Settings &settings) {
  int64_t channels = contraction.getColumns();
  std::string name = (site + inputSuffix).str();
  FailureOr<const SiteStatistics *> seen = find(contraction, name, settings);
  if (failed(seen))
    return failure();
  const void *activation = getActivation(contraction).getAsOpaquePointer();
  auto [place, isNew] =
      places.try_emplace({activation, describe(contraction, settings)}, groups.size());
  if (isNew)
    groups.push_back({settings, {}, {}, {}, ChannelMoments(channels), *seen, {}, {}, std::nullopt});
  Group &group = groups[place->second];
  group.contractions.push_back(contraction);
  group.sites.push_back(name);
  group.seen.merge((*seen)->distribution);
  group.channels.rows += (*seen)->channels.rows;
  for (int64_t k = 0; k < channels; ++k) {
    group.channels.magnitudes[k] =
        std::max(group.channels.magnitudes[k], (*seen)->channels.magnitudes[k]);
    group.channels.squares[k] += (*seen)->channels.squares[k];
  }
  return success();
}

//===----------------------------------------------------------------------===//
// What errors of each element of K cost
//===----------------------------------------------------------------------===//

FailureOr<const std::vector<double> *>
StaticActivations::getColumnSquares(const WeightContraction &contraction, StringRef site) {
  WeightView view = getRowsOf(contraction);
  std::vector<int64_t> order;
  for (const ViewDim &dim : view.dims) {
    for (const Atom &atom : dim)
      order.insert(order.end(), {atom.size, atom.stride});
    order.push_back(-1);
  }
  auto [place, isNew] = columnSquares.try_emplace({view.root.getAsOpaquePointer(), order});
  if (!isNew)
    return &place->second;
  FailureOr<WeightSource> source = openWeight(contraction.op->getLoc(), view.root, site, files);
  if (failed(source))
    return failure();
  place->second = sumColumnSquares(module.getContext(), WeightRows(view), source->floats);
  // The pages of a parameter are not needed until its codes are chosen.
  if (!source->constant)
    files.release(getWeightName(view.root), 0,
                  view.getRootType().getNumElements() * byteWidth(source->floats.type));
  return &place->second;
}

FailureOr<std::vector<double>> StaticActivations::sumImportance(const Group &group) {
  std::vector<double> importance(group.channels.channels());
  for (auto [contraction, site] : llvm::zip(group.contractions, group.sites)) {
    FailureOr<const std::vector<double> *> squares = getColumnSquares(contraction, site);
    if (failed(squares))
      return failure();
    for (auto [sum, square] : llvm::zip(importance, **squares))
      sum += square;
  }
  return importance;
}

/// The mean over rows of the sum of squares of what the matmuls give, channels being
/// taken for uncorrelated.
static double expectedOutput(const ChannelMoments &channels, ArrayRef<double> importance) {
  double sum = 0;
  for (auto [square, weight] : llvm::zip(channels.squares, importance))
    sum += square * weight;
  return channels.rows ? sum / channels.rows : 0;
}

/// "1.2e-05": a share of the output's mean square.
static std::string formatShare(double error, double output) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.3g", output > 0 ? error / output : 0);
  return text;
}

static std::string format(double number) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.6g", number);
  return text;
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

static Scheme schemeOf(const Settings &settings, bool symmetric) {
  Scheme scheme;
  scheme.storage = settings.activationStorage;
  scheme.granularity = settings.activationGranularity.value_or(Granularity::Tensor);
  scheme.symmetric = symmetric;
  return scheme;
}

LogicalResult StaticActivations::chooseTensor(Group &group) {
  FailureOr<std::vector<double>> importance = sumImportance(group);
  if (failed(importance))
    return failure();
  ChannelImportance counts{*importance, group.channels.magnitudes};
  RangeMethod method = group.settings.activationRange.value_or(RangeMethod());
  group.range.reset();
  for (bool symmetric : {true, false}) {
    if (group.settings.activationSymmetric.value_or(symmetric) != symmetric)
      continue;
    ChosenRange candidate;
    Scheme scheme = schemeOf(group.settings, symmetric);
    if (std::optional<RangeError> wrong =
            chooseRange(scheme, method, group.seen, candidate, &counts))
      return emitError(group.contractions.front().op->getLoc())
             << "site '" << group.sites.front() << "': " << StringRef(message(*wrong));
    if (group.range && group.range->error.total() <= candidate.error.total())
      continue;
    group.range = candidate;
    group.smoothing.activation = scheme;
  }
  return success();
}

LogicalResult StaticActivations::useTensor(Group &group) {
  FailureOr<std::vector<double>> importance = sumImportance(group);
  if (failed(importance))
    return failure();
  const ChosenRange &chosen = *group.range;
  const Scheme &scheme = group.smoothing.activation;
  bool isAuto = group.settings.activationRange.value_or(RangeMethod()).kind == RangeKind::Auto;
  MLIRContext *context = module.getContext();
  Builder builder(context);
  ActivationCoding coding;
  coding.scheme = SchemeAttr::get(context, scheme);
  coding.scales =
      DenseElementsAttr::get(RankedTensorType::get({}, builder.getF32Type()), chosen.scale);
  if (coding.scheme.hasZeroPoints())
    coding.zeroPoints = DenseElementsAttr::get(RankedTensorType::get({}, builder.getI8Type()),
                                               APInt(8, chosen.zeroPoint & 0xff));
  double error = chosen.error.total() * group.channels.channels();
  std::string share = formatShare(error, expectedOutput(group.channels, *importance));
  for (auto [contraction, site] : llvm::zip(group.contractions, group.sites)) {
    codings[contraction.op] = coding;
    emitRemark(contraction.op->getLoc())
        << "site '" << site << "': range " << format(chosen.range.least) << " to "
        << format(chosen.range.greatest) << " by " << name(chosen.method)
        << (isAuto ? " (auto)" : "") << ", " << StringRef(name(scheme.storage))
        << (scheme.symmetric ? " symmetric" : " affine") << ", scale " << format(chosen.scale)
        << ", zero point " << chosen.zeroPoint << ", expected error " << share
        << " of the output from the activation alone";
  }
  return success();
}

LogicalResult StaticActivations::chooseChannels(Group &group) {
  FailureOr<std::vector<double>> importance = sumImportance(group);
  if (failed(importance))
    return failure();
  int64_t channels = group.channels.channels();
  Scheme scheme = schemeOf(group.settings, /*symmetric=*/true);
  // Each channel's magnitude is a row, whose scale is that of its range.
  std::vector<float> scales(channels);
  std::vector<std::byte> codes(channels);
  QuantizedView view{codes.data(), reinterpret_cast<std::byte *>(scales.data()), nullptr};
  std::optional<QuantizeError> wrong =
      quantize(scheme, Method::Nearest, {group.channels.magnitudes.data(), channels, 1}, view);
  if (wrong)
    return emitError(group.contractions.front().op.getLoc())
           << "site '" << group.sites.front() << "': channel " << wrong->row << ": "
           << wrong->message();

  group.smoothing.scales = scales;
  group.smoothing.activation = schemeOf(group.settings, /*symmetric=*/true);
  group.smoothing.activation.granularity = Granularity::Tensor;
  // Values of a channel are rounded to steps of its scale.
  double error = 0;
  for (auto [scale, weight] : llvm::zip(scales, *importance))
    error += double(scale) * scale / 12 * weight;
  std::string share = formatShare(error, expectedOutput(group.channels, *importance));
  MLIRContext *context = module.getContext();
  ActivationCoding coding;
  coding.scheme = SchemeAttr::get(context, scheme);
  auto type = RankedTensorType::get({channels}, Float32Type::get(context));
  coding.scales = createResource(type, group.sites.front() + ".scales", [&](std::byte *data) {
    std::copy_n(reinterpret_cast<const std::byte *>(scales.data()), channels * sizeof(float), data);
  });
  auto [least, greatest] = std::minmax_element(scales.begin(), scales.end());
  for (auto [contraction, site] : llvm::zip(group.contractions, group.sites)) {
    codings[contraction.op] = coding;
    emitRemark(contraction.op->getLoc())
        << "site '" << site << "': " << channels << " channels by minmax, "
        << StringRef(name(scheme.storage)) << " symmetric, scales " << format(*least) << " to "
        << format(*greatest) << ", expected error " << share
        << " of the output from the activation alone";
  }
  return success();
}

LogicalResult StaticActivations::choose() {
  for (Group &group : groups) {
    const Settings &settings = group.settings;
    if (settings.isAwq()) {
      if (failed(chooseAwq(group)))
        return failure();
      multiplyAwq(group);
    } else if (settings.smoothing.kind != Smoothing::None ||
               settings.activations != Activations::Static) {
      if (failed(chooseSmoothed(group)))
        return failure();
    } else {
      bool alongK = settings.activationGranularity == Granularity::Channel;
      if (failed(alongK ? chooseChannels(group) : chooseTensor(group)) ||
          (!alongK && failed(useTensor(group))))
        return failure();
    }
    if (settings.maxError) {
      if (failed(loadWeights(group)))
        return failure();
      for (size_t member = 0; member < group.contractions.size(); ++member)
        applyFallback(group, member);
    }
    // Weights of one activation at a time.
    group.weights = LoadedWeights();
  }
  return success();
}

} // namespace qlinalg
