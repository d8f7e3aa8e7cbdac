//===- CompareText.cpp - What --compare prints ----------------------------===//

#include "QLinalg/Driver/CompareText.h"

#include "QLinalg/Parameters/Json.h"
#include "QLinalg/Text/Table.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

std::string qlinalg::resultJson(size_t index, const ErrorMeasures &measures) {
  return JsonObject()
      .add("result", static_cast<int64_t>(index))
      .add("max_abs", measures.maxAbsolute)
      .add("relative_l2", measures.relativeL2)
      .add("sqnr_db", measures.sqnr)
      .add("cosine", measures.cosine)
      .text();
}

static void addText(JsonObject &object, llvm::StringRef key, llvm::StringRef text) {
  if (text.empty())
    object.addNull(key);
  else
    object.add(key, std::string_view(text));
}

static std::string siteJson(const SiteComparison &site, const ModelReport &report) {
  const Layer *layer = site.layer ? &report.layers[*site.layer] : nullptr;
  JsonObject object;
  object.add("site", site.name);
  addText(object, "layer", layer ? layer->name : "");
  addText(object, "location", site.location);
  addText(object, "reference_location", site.referenceLocation);
  object.add("scheme", schemeText(site.scheme));
  addText(object, "activations", site.activations ? schemeText(site.activations) : "");
  object.add("weight_sqnr_db", layer && layer->error ? layer->error->sqnr() : std::nan(""));
  for (auto [prefix, error] : {std::pair("", site.error), {"local_", site.localError}})
    object.add(std::string(prefix) + "sqnr_db", error.sqnr)
        .add(std::string(prefix) + "cosine", error.cosine)
        .add(std::string(prefix) + "relative_l2", error.relativeL2);
  return object.add("saturation", site.saturation.value_or(std::nan(""))).text();
}

static std::vector<std::string> sitesJson(const Comparison &comparison) {
  std::vector<std::string> lines;
  for (const SiteComparison &site : comparison.sites)
    lines.push_back(siteJson(site, comparison.report));
  return lines;
}

static std::vector<std::string> resultsJson(const Comparison &comparison) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < comparison.results.size(); ++i)
    lines.push_back(resultJson(i, comparison.results[i]));
  return lines;
}

std::string qlinalg::comparisonLines(const Comparison &comparison) {
  std::string text;
  for (const auto &lines : {sitesJson(comparison), resultsJson(comparison)})
    for (const std::string &line : lines)
      text += line + "\n";
  return text;
}

std::string qlinalg::comparisonJson(const Comparison &comparison, llvm::StringRef reference,
                                    size_t batches) {
  JsonObject object = toJson(comparison.report);
  addText(object, "reference", reference);
  object.add("batches", static_cast<int64_t>(batches));
  object.addJson("sites", jsonLines(sitesJson(comparison)));
  std::vector<std::string> unquantized;
  for (const std::string &name : comparison.unquantized)
    appendJsonString(unquantized.emplace_back(), name);
  object.addJson("unquantized", jsonArray(unquantized));
  object.addJson("results", jsonLines(resultsJson(comparison)));
  return object.text();
}

static std::string fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

static llvm::StringRef placeOf(const SiteComparison &site) {
  return site.referenceLocation.empty() ? site.location : site.referenceLocation;
}

/// "FILE" of "FILE:LINE:COLUMN" where all sites are in one file, else "".
static llvm::StringRef commonFile(const Comparison &comparison) {
  auto fileOf = [](const SiteComparison &site) {
    auto [rest, column] = placeOf(site).rsplit(':');
    auto [file, line] = rest.rsplit(':');
    unsigned number;
    return column.getAsInteger(10, number) || line.getAsInteger(10, number) ? "" : file;
  };
  llvm::StringRef file = fileOf(comparison.sites.front());
  bool isCommon = llvm::all_of(comparison.sites,
                               [&](const SiteComparison &site) { return fileOf(site) == file; });
  return isCommon ? file : "";
}

std::string qlinalg::comparisonTable(const Comparison &comparison, llvm::StringRef reference) {
  llvm::StringRef file = commonFile(comparison);
  Table table;
  for (auto [heading, order] : {std::pair("site", 0),
                                {"SQNR dB", 0},
                                {"local dB", 1},
                                {"cosine", 2},
                                {"saturated", 3},
                                {"weights", 5},
                                {file.empty() ? "where" : "line", 4}})
    table.addColumn(heading, order);
  const SiteComparison *worst = &comparison.sites.front();
  for (const SiteComparison &site : comparison.sites) {
    // NaN is worst.
    if (!(site.localError.sqnr >= worst->localError.sqnr))
      worst = &site;
    // The file stands above the table; its folder would take the place of numbers.
    llvm::StringRef place = placeOf(site);
    place = file.empty() ? llvm::sys::path::filename(place) : place.drop_front(file.size() + 1);
    table.addRow({shortName(site.name), formatDecibels(site.error.sqnr),
                  formatDecibels(site.localError.sqnr), fixed(site.error.cosine, 6),
                  site.saturation ? fixed(100 * *site.saturation, 2) + " %" : "",
                  formatScheme(site.scheme), place.str()});
  }
  for (size_t i = 0; i < comparison.results.size(); ++i)
    table.addRow({"result " + std::to_string(i), formatDecibels(comparison.results[i].sqnr), "",
                  fixed(comparison.results[i].cosine, 6), "", "", ""});
  std::string text = reference.empty() ? "beside the same weights with activations in floats"
                                       : "beside " + printable(std::string_view(reference));
  if (!file.empty())
    text += ", lines of " + printable(std::string_view(file));
  text += "\n" + table.text(80);
  text += llvm::formatv("least SQNR: {0}, {1} dB\n", shortName(comparison.sites.front().name),
                        formatDecibels(comparison.sites.front().error.sqnr));
  text += llvm::formatv("least by itself (local): {0}, {1} dB\n", shortName(worst->name),
                        formatDecibels(worst->localError.sqnr));
  if (!comparison.unquantized.empty())
    text += llvm::formatv("not quantized: {0} of the reference's sites\n",
                          comparison.unquantized.size());
  return text;
}
