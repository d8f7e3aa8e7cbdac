//===- ReportText.cpp - A report as a table and as JSON -------------------===//

#include "QLinalg/Transforms/ModelReport.h"

#include "QLinalg/Parameters/AtomicFile.h"
#include "QLinalg/Parameters/Json.h"
#include "QLinalg/Text/Table.h"

#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

std::string formatLocation(Location location) {
  if (auto place = location->findInstanceOf<FileLineColLoc>())
    return (place.getFilename().getValue() + ":" + Twine(place.getLine()) + ":" +
            Twine(place.getColumn()))
        .str();
  if (auto named = location->findInstanceOf<NameLoc>())
    return named.getName().str();
  return "";
}

std::string formatScheme(SchemeAttr attr) {
  if (!attr)
    return "float";
  const Scheme &scheme = attr.getValue();
  std::string text(name(scheme.storage));
  if (attr.isDowncast())
    return text;
  if (scheme.granularity == Granularity::Group || scheme.granularity == Granularity::TokenGroup)
    text += " g" + std::to_string(scheme.group);
  else
    text += " " + std::string(name(scheme.granularity));
  if (!scheme.symmetric)
    text += " affine";
  if (scheme.scales != FloatType::F32)
    text += " " + std::string(name(scheme.scales));
  return text;
}

std::string formatSchemes(const Layer &layer) {
  std::string text = formatScheme(layer.scheme);
  return layer.scalesScheme ? text + ", scales " + formatScheme(layer.scalesScheme) : text;
}

std::string schemeText(SchemeAttr scheme) {
  if (!scheme)
    return "float";
  std::string text;
  llvm::raw_string_ostream os(text);
  os << scheme;
  // #qlinalg.scheme<…>
  return StringRef(text).split('<').second.drop_back().str();
}

/// `trellis4`, and what the scheme says of scales.
static std::string formatCodes(const Layer &layer) {
  std::string text = formatSchemes(layer);
  return layer.trellis ? "trellis" + std::to_string(layer.trellis) + text.substr(text.find(' '))
                       : text;
}

static std::string storageText(const Layer &layer) {
  if (layer.trellis)
    return "trellis" + std::to_string(layer.trellis);
  if (layer.scheme)
    return std::string(name(layer.scheme.getStorage()));
  auto global = dyn_cast<ml_program::GlobalOp>(layer.data);
  std::string text;
  llvm::raw_string_ostream(text) << getElementTypeOrSelf(
      global ? global.getType() : layer.data->getResult(0).getType());
  return text;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

namespace {
/// Over the layers that are codes, and over everything. What one layer does not know the sum does
/// not know either.
struct Totals {
  int64_t quantized = 0, elements = 0, after = 0, allAfter = 0;
  std::optional<int64_t> before = 0, allBefore = 0;
  std::optional<WeightError> error = WeightError();
  const Layer *largest = nullptr, *worst = nullptr;

  explicit Totals(const ModelReport &report);
  double share(const Layer &layer) const { return double(layer.bytesAfter) / allAfter; }
  double bitsPerWeight() const { return 8.0 * after / elements; }
};
} // namespace

/// The weight that a layer is of: a second scheme of `NAME` is `NAME#2`.
static StringRef weightOf(const Layer &layer, const llvm::StringSet<> &names) {
  auto [weight, use] = StringRef(layer.name).rsplit('#');
  return llvm::all_of(use, llvm::isDigit) && names.contains(weight) ? weight : layer.name;
}

Totals::Totals(const ModelReport &report) {
  allAfter = report.otherBytes;
  allBefore = report.otherBytes;
  llvm::StringSet<> names, counted;
  for (const Layer &layer : report.layers)
    names.insert(layer.name);
  auto add = [](std::optional<int64_t> &sum, std::optional<int64_t> bytes) {
    sum = sum && bytes ? std::optional(*sum + *bytes) : std::nullopt;
  };
  for (const Layer &layer : report.layers) {
    allAfter += layer.bytesAfter;
    // Floats that two schemes were made of, or that are still there too, were one weight.
    std::string weight = weightOf(layer, names).str();
    if (counted.insert(weight + " " + std::to_string(layer.bytesBefore.value_or(-1))).second)
      add(allBefore, layer.bytesBefore);
    if (!largest || layer.bytesAfter > largest->bytesAfter)
      largest = &layer;
    if (!layer.scheme)
      continue;
    ++quantized;
    elements += layer.elements();
    after += layer.bytesAfter;
    add(before, layer.bytesBefore);
    if (!layer.error)
      error.reset();
    else if (error)
      *error += *layer.error;
    if (layer.error && (!worst || layer.error->sqnr() < worst->error->sqnr()))
      worst = &layer;
  }
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void addBytes(JsonObject &object, StringRef key, std::optional<int64_t> bytes) {
  if (bytes)
    object.add(key, *bytes);
  else
    object.addNull(key);
}

static void addSqnr(JsonObject &object, const std::optional<WeightError> &error) {
  object.add("weight_sqnr_db", error ? error->sqnr() : std::nan(""));
}

static std::string toJson(const Layer &layer, const Totals &totals) {
  JsonObject object;
  object.add("name", layer.name)
      .add("scheme", schemeText(layer.scheme))
      .add("storage", storageText(layer));
  if (layer.scalesScheme)
    object.add("scales_scheme", schemeText(layer.scalesScheme));
  if (layer.activations)
    object.add("activations", schemeText(layer.activations));
  else
    object.addNull("activations");
  object.addJson("frozen", layer.isFrozen ? "true" : "false");
  std::vector<std::string> sites;
  for (Operation *use : layer.uses)
    if (auto matmul = dyn_cast<MatmulOp>(use); matmul && matmul.getSite())
      appendJsonString(sites.emplace_back(), std::string_view(*matmul.getSite()));
  object.add("uses", static_cast<int64_t>(layer.uses.size())).addJson("sites", jsonArray(sites));
  object.add("location", formatLocation(layer.uses.front()->getLoc()));
  object.add("weights", layer.elements());
  addBytes(object, "bytes_before", layer.bytesBefore);
  object.add("bytes_after", layer.bytesAfter).add("bits_per_weight", layer.bitsPerWeight());
  addSqnr(object, layer.error);
  return object.add("share", totals.share(layer)).text();
}

JsonObject toJson(const ModelReport &report) {
  Totals totals(report);
  std::vector<std::string> layers;
  for (const Layer &layer : report.layers)
    layers.push_back(toJson(layer, totals));
  JsonObject quantized;
  quantized.add("layers", totals.quantized).add("weights", totals.elements);
  addBytes(quantized, "bytes_before", totals.before);
  quantized.add("bytes_after", totals.after).add("bits_per_weight", totals.bitsPerWeight());
  addSqnr(quantized, totals.quantized ? totals.error : std::nullopt);
  JsonObject parameters;
  addBytes(parameters, "bytes_before", totals.allBefore);
  parameters.add("bytes_after", totals.allAfter);
  JsonObject object;
  object.add("format", "qlinalg.report").add("version", int64_t(1));
  object.addJson("layers", jsonLines(layers));
  object.addJson("quantized", quantized.text()).addJson("parameters", parameters.text());
  for (auto [key, layer] : {std::pair("largest", totals.largest), {"worst", totals.worst}})
    if (layer)
      object.add(key, layer->name);
    else
      object.addNull(key);
  return object;
}

LogicalResult writeReport(Location location, const std::string &path, const std::string &json) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return emitError(location) << file.error();
  for (const std::string &text : {json, std::string("\n")})
    if (Result<void> written = file->append(std::string_view(text)); !written)
      return emitError(location) << written.error();
  if (Result<void> committed = file->commit(); !committed)
    return emitError(location) << committed.error();
  return success();
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

std::string shortName(StringRef name) {
  name.consume_back(".weight");
  return printable(std::string_view(name));
}

static std::string bytesText(std::optional<int64_t> bytes) {
  return bytes ? std::to_string(*bytes) : "?";
}

static std::string bitsText(double bits) {
  return std::isfinite(bits) ? llvm::formatv("{0:F2}", bits).str() : "";
}

std::string formatDecibels(double value) {
  if (std::isnan(value))
    return "?";
  if (std::isinf(value))
    return value > 0 ? "exact" : "-inf";
  return llvm::formatv("{0:F2}", value).str();
}

static std::string sqnrText(const std::optional<WeightError> &error) {
  return error ? formatDecibels(error->sqnr()) : "?";
}

std::string toTable(const ModelReport &report) {
  Totals totals(report);
  Table table;
  for (auto [heading, order] : {std::pair("weight", 0),
                                {"scheme", 1},
                                {"uses", 5},
                                {"before", 3},
                                {"after", 2},
                                {"bits", 4},
                                {"SQNR dB", 1}})
    table.addColumn(heading, order);
  for (const Layer &layer : report.layers)
    table.addRow({shortName(layer.name), formatCodes(layer),
                  layer.uses.size() > 1 ? std::to_string(layer.uses.size()) : "",
                  bytesText(layer.bytesBefore), bytesText(layer.bytesAfter),
                  bitsText(layer.bitsPerWeight()), layer.scheme ? sqnrText(layer.error) : ""});
  if (totals.quantized)
    table.addRow({"all that are codes", std::to_string(totals.quantized) + " weights", "",
                  bytesText(totals.before), bytesText(totals.after),
                  bitsText(totals.bitsPerWeight()), sqnrText(totals.error)});
  if (report.otherBytes)
    table.addRow({"other parameters", "", "", bytesText(report.otherBytes),
                  bytesText(report.otherBytes), "", ""});
  table.addRow(
      {"all parameters", "", "", bytesText(totals.allBefore), bytesText(totals.allAfter), "", ""});
  std::string text = table.text(80);
  if (totals.largest)
    text += llvm::formatv("most bytes: {0}, {1:F1} % of all\n", shortName(totals.largest->name),
                          100 * totals.share(*totals.largest));
  if (totals.worst)
    text += llvm::formatv("least SQNR: {0}, {1} dB\n", shortName(totals.worst->name),
                          sqnrText(totals.worst->error));
  return text;
}

} // namespace qlinalg
