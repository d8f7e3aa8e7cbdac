//===- WidthChoice.cpp - Bits of each layer, within a target --------------===//

#include "WidthChoice.h"

#include "SmoothSearch.h"

#include "QLinalg/Numerics/Gptq.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/WeightError.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;

namespace qlinalg {

std::optional<std::string> WidthTarget::set(StringRef bitsText, StringRef bytesText) {
  if (!bitsText.empty() && !bytesText.empty())
    return "expected one of bits and target-size, got both";
  double number = 0;
  if (!bitsText.empty()) {
    if (bitsText.getAsDouble(number) || !(number > 0) || !std::isfinite(number))
      return "expected a number above 0 for bits, got '" + bitsText.str() + "'";
    bits = number;
  }
  int64_t size = 0;
  if (!bytesText.empty()) {
    if (bytesText.getAsInteger(10, size) || size <= 0)
      return "expected a number of bytes above 0 for target-size, got '" + bytesText.str() + "'";
    bytes = size;
  }
  return std::nullopt;
}

/// A group of 0 is a channel.
static constexpr std::pair<Storage, int64_t> widths[] = {
    {Storage::Int2, 64},  {Storage::Int2, 32}, {Storage::Int3, 64}, {Storage::Int3, 32},
    {Storage::Int4, 128}, {Storage::Int4, 64}, {Storage::Int4, 32}, {Storage::Int5, 64},
    {Storage::Int5, 32},  {Storage::Int6, 64}, {Storage::Int8, 0},  {Storage::Int8, 32}};

static SmallVector<Scheme> getSchemes() {
  SmallVector<Scheme> schemes;
  for (auto [storage, group] : widths) {
    Scheme &scheme = schemes.emplace_back();
    scheme.storage = storage;
    scheme.granularity = group ? Granularity::Group : Granularity::Channel;
    scheme.group = group;
    scheme.scales = FloatType::F16;
  }
  return schemes;
}

/// "int4 g32".
static std::string describe(const Scheme &scheme) {
  std::string text(name(scheme.storage));
  return text + (scheme.group ? " g" + std::to_string(scheme.group) : " channel");
}

static int64_t codeBytes(const Scheme &scheme, int64_t rows, int64_t columns) {
  return rows * bytesPerRow(bitWidth(scheme.storage), columns);
}

static int64_t scaleBytes(const Scheme &scheme, int64_t rows, int64_t columns) {
  return scaleCount(scheme, rows, columns) * byteWidth(scheme.scales);
}

LogicalResult WidthChoice::open(StringRef statistics, StringRef heldOut, StringRef parameters) {
  return failure(failed(moments.open(module, statistics, heldOut)) ||
                 failed(files.open(parameters, "")));
}

void WidthChoice::add(const WeightContraction &contraction, StringRef layer, StringRef site,
                      Settings &settings) {
  Layer &entry = layers[contraction.weight.root];
  if (entry.settings.empty()) {
    entry.contraction = contraction;
    entry.name = layer.str();
  }
  entry.sites.push_back(site.str());
  entry.settings.push_back(&settings);
}

/// What the codes of one scheme cost, as a share.
static double measureScheme(const Scheme &scheme, const WeightInput &input, MatrixView matrix,
                            const ForEach &threads, std::optional<QuantizeError> &error) {
  std::vector<std::byte> codes(codeBytes(scheme, matrix.rows, matrix.columns));
  std::vector<std::byte> scales(scaleBytes(scheme, matrix.rows, matrix.columns));
  QuantizedView view{codes.data(), scales.data(), nullptr};
  if (!input.model) {
    error = quantize(scheme, Method::MSE, matrix, view);
    WeightError cost = error ? WeightError() : measureWeight(scheme, matrix, view);
    return cost.error == 0 ? 0 : cost.error / cost.energy;
  }
  // Of many levels those of the range are nearly the best, and found at once.
  if (bitWidth(scheme.storage) > 4) {
    error = quantize(scheme, Method::Nearest, matrix, view);
    if (!error)
      gptq(scheme, input.model->getFactor(), matrix, view, threads);
  } else {
    error = chooseCodes(scheme, CodeMethod::Gptq, &*input.model, matrix, view, threads);
  }
  return error ? 0 : outputError(scheme, *input.judged, matrix, view, threads).share();
}

LogicalResult WidthChoice::measure(Layer &layer) {
  Location loc = linalg::LinalgOp(layer.contraction.op)->getLoc();
  LoadedWeights loaded;
  if (failed(loaded.add(layer.contraction, layer.sites.front(), files)))
    return failure();
  MatrixView matrix = loaded.get().front();
  layer.elements = matrix.rows * matrix.columns;
  WeightInput input;
  if (moments.isOpen()) {
    SmallVector<StringRef> sites(layer.sites.begin(), layer.sites.end());
    FailureOr<WeightInput> found = moments.find({loc, layer.name, matrix.columns, sites, {}, 2},
                                                MomentsNeeded::Products, true);
    if (failed(found))
      return failure();
    input = std::move(*found);
  }
  for (const Scheme &scheme : getSchemes()) {
    std::optional<QuantizeError> wrong;
    double share = measureScheme(scheme, input, matrix, threadsOf(module.getContext()), wrong);
    if (wrong)
      return emitError(loc) << "layer '" << layer.name << "': " << wrong->message() << " at index ["
                            << wrong->row << ", " << wrong->column << "] of its rows of K";
    layer.ways.push_back({codeBytes(scheme, matrix.rows, matrix.columns) +
                              scaleBytes(scheme, matrix.rows, matrix.columns),
                          share});
  }
  return success();
}

void WidthChoice::apply(Layer &layer, size_t way) const {
  Scheme scheme = getSchemes()[way];
  for (Settings *settings : layer.settings) {
    settings->weights = scheme.storage;
    settings->granularity = scheme.granularity;
    settings->group = scheme.group ? std::optional(scheme.group) : std::nullopt;
    settings->symmetric = true;
    settings->scales = scheme.scales;
    if (settings->method.empty())
      settings->method = moments.isOpen() ? "rounding" : "mse";
  }
  emitRemark(linalg::LinalgOp(layer.contraction.op)->getLoc())
      << llvm::formatv("layer '{0}': {1}, {2:f3} bits a weight, error of the {3} {4:e2}",
                       layer.name, describe(scheme),
                       8.0 * static_cast<double>(layer.ways[way].bytes) /
                           static_cast<double>(layer.elements),
                       moments.isOpen() ? "output" : "weight", layer.ways[way].error)
             .str();
}

LogicalResult WidthChoice::choose(const WidthTarget &target) {
  std::vector<std::vector<StorageWay>> ways;
  int64_t elements = 0;
  for (auto &[root, layer] : layers) {
    if (failed(measure(layer)))
      return failure();
    elements += layer.elements;
    ways.push_back(layer.ways);
  }
  if (layers.empty())
    return success();
  double perByte = 8.0 / static_cast<double>(elements);
  int64_t bytes = target.bytes.value_or(static_cast<int64_t>(target.bits.value_or(0) / perByte));
  std::optional<std::vector<size_t>> chosen = allocateBits(ways, bytes);
  int64_t smallest = smallestBytes(ways);
  if (!chosen && target.bits)
    return emitError(module.getLoc())
           << llvm::formatv("expected bits of at least {0:f3} for these {1} weights, got {2:f3}",
                            static_cast<double>(smallest) * perByte, elements, *target.bits)
                  .str();
  if (!chosen)
    return emitError(module.getLoc())
           << "expected target-size of at least " << smallest << " bytes for these " << elements
           << " weights, got " << bytes;
  double error = 0;
  int64_t taken = 0;
  for (auto [i, entry] : llvm::enumerate(layers)) {
    const StorageWay &way = ways[i][(*chosen)[i]];
    taken += way.bytes;
    error += way.error;
    apply(entry.second, (*chosen)[i]);
  }
  emitRemark(module.getLoc())
      << llvm::formatv("{0} layers: {1} bytes, {2:f3} bits a weight, sum of their errors {3:e2}",
                       layers.size(), taken, static_cast<double>(taken) * perByte, error)
             .str();
  return success();
}

} // namespace qlinalg
