//===- StatisticsReader.cpp - Statistics from a file ----------------------===//

#include "QLinalg/Statistics/StatisticsFile.h"

#include "CheckSite.h"
#include "Checksum.h"
#include "Columns.h"
#include "QLinalg/Parameters/Archive.h"
#include "QLinalg/Parameters/FileMapping.h"
#include "QLinalg/Parameters/Json.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

using namespace qlinalg;

namespace {

/// Reads a column from its beginning to its end. The first error stays, what is read after it is 0.
class ColumnReader {
public:
  explicit ColumnReader(const Archive &archive) : archive(archive) {}

  /// The next `count` elements of a column.
  template <typename T> void read(std::string_view name, T *values, int64_t count) {
    std::span<const std::byte> &rest = restOf(name, elementTypeOf(T{}));
    size_t bytes = static_cast<size_t>(count) * sizeof(T);
    if (rest.size() < bytes)
      fail("expected more elements in column " + std::string(name) + ", got its end");
    if (!problem.empty() || bytes == 0)
      return;
    std::memcpy(values, rest.data(), bytes);
    rest = rest.subspan(bytes);
  }
  /// Makes room for the next `count` elements and reads them.
  template <typename T> void read(std::string_view name, std::vector<T> &values, int64_t count) {
    // Nothing is allocated that the file does not have.
    if (restOf(name, elementTypeOf(T{})).size() / sizeof(T) < static_cast<size_t>(count))
      return fail("expected more elements in column " + std::string(name) + ", got its end");
    values.resize(static_cast<size_t>(count));
    read(name, values.data(), count);
  }

  void fail(std::string message) {
    if (problem.empty())
      problem = std::move(message);
  }

  /// Every column must have been read to its end.
  void finish() {
    for (const TensorEntry &tensor : archive)
      if (!rests.contains(tensor.name) || !rests.find(tensor.name)->second.empty())
        fail("expected columns of this format for these sites, got more in " +
             quoteForMessage(tensor.name));
  }
  const std::string &error() const { return problem; }

private:
  std::span<const std::byte> &restOf(std::string_view name, ElementType type) {
    auto [place, isNew] = rests.try_emplace(std::string(name));
    if (!isNew)
      return place->second;
    const TensorEntry *tensor = archive.find(name);
    if (!tensor || tensor->type != type)
      fail("expected a column " + std::string(name) + " of " + std::string(safetensorsName(type)) +
           ", got " + (tensor ? std::string(safetensorsName(tensor->type)) : "none"));
    else
      place->second = tensor->bytes;
    return place->second;
  }

  const Archive &archive;
  std::map<std::string, std::span<const std::byte>, std::less<>> rests;
  std::string problem;
};

/// Empty when the file's bytes are those that were written.
std::string checkMetadata(const Archive &archive) {
  auto value = [&](std::string_view key) {
    auto found = archive.metadata().find(key);
    return found == archive.metadata().end() ? std::string() : found->second;
  };
  if (value("format") != statisticsFormat)
    return "expected the format " + quoteForMessage(statisticsFormat) + ", got " +
           (value("format").empty() ? "none" : quoteForMessage(value("format"))) +
           ": it is not a statistics file";
  if (value("version") != statisticsVersion)
    return "expected version " + std::string(statisticsVersion) + " of statistics, got " +
           (value("version").empty() ? "none" : quoteForMessage(value("version"))) +
           ": use the program that wrote the file";
  std::vector<const TensorEntry *> tensors;
  for (const TensorEntry &tensor : archive)
    tensors.push_back(&tensor);
  std::ranges::sort(tensors, {}, &TensorEntry::name);
  uint32_t checksum = 0;
  for (const TensorEntry *tensor : tensors)
    checksum = extendChecksum(checksum, tensor->bytes);
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", checksum);
  return value("checksum") == digits
             ? ""
             : "expected data of checksum " + quoteForMessage(value("checksum")) + ", got " +
                   quoteForMessage(digits) + ": the file is damaged";
}

Result<Statistics> readNames(const Archive &archive) {
  auto found = archive.metadata().find("sites");
  if (found == archive.metadata().end())
    return Failure{"expected names of sites, got none"};
  Statistics statistics;
  std::set<std::string> names;
  JsonReader json(found->second);
  bool isRead = json.array([&] {
    std::string name;
    if (!json.string(name))
      return false;
    if (!names.insert(name).second)
      return json.fail("expected each site once, got " + quoteForMessage(name) + " twice");
    statistics.sites.push_back({std::move(name), SiteStatistics()});
    return true;
  }) && json.end();
  if (!isRead)
    return Failure{"in the names of sites: " + json.error()};
  if (statistics.sites.empty())
    return Failure{"expected at least one site, got none"};
  return statistics;
}

void readShape(ColumnReader &columns, SiteShape &shape) {
  visitShape(shape, [&](std::string_view name, auto &field) { columns.read(name, &field, 1); });
  constexpr int64_t mostChannels = int64_t{1} << 31;
  if (shape.channels < 0 || shape.channels > mostChannels || shape.hasProducts > 1)
    columns.fail("expected 0 to 2^31 channels with or without products, got " +
                 std::to_string(shape.channels));
  if (shape.firstBin < 0 || shape.bins < 0 || shape.firstBin > Histogram::binCount ||
      shape.bins > Histogram::binCount - shape.firstBin)
    columns.fail("expected bins of f32, got " + std::to_string(shape.bins) + " from " +
                 std::to_string(shape.firstBin) + " on");
}

void readSite(ColumnReader &columns, SiteStatistics &site) {
  SiteShape shape;
  readShape(columns, shape);
  if (!columns.error().empty())
    return;
  visitDistribution(site.distribution, [&](std::string_view name, auto &field) {
    if constexpr (std::is_same_v<decltype(field), PairSum &>) {
      double pair[2] = {};
      columns.read(name, pair, 2);
      field = {pair[0], pair[1]};
    } else {
      columns.read(name, &field, 1);
    }
  });
  visitRows(site.channels,
            [&](std::string_view name, int64_t &rows) { columns.read(name, &rows, 1); });
  visitChannels(site.channels, [&](std::string_view name, auto &values) {
    bool areProducts = &values == static_cast<void *>(&site.channels.products);
    int64_t products = shape.hasProducts ? ChannelMoments::triangleSize(shape.channels) : 0;
    columns.read(name, values, areProducts ? products : shape.channels);
  });
  std::vector<int64_t> positive, negative;
  columns.read(positiveCounts, positive, shape.bins);
  columns.read(negativeCounts, negative, shape.bins);
  if (columns.error().empty())
    site.distribution.histogram =
        Histogram::fromCounts(static_cast<int32_t>(shape.firstBin), positive, negative);
}

} // namespace

Result<Statistics> qlinalg::readStatistics(const std::string &path) {
  // Whether it can be read at all is another question than what is in it.
  if (Result<FileMapping> mapping = FileMapping::open(path); !mapping)
    return mapping.failure();
  Result<Archive> archive = Archive::open(std::vector{path});
  if (!archive)
    return Failure{archive.error() + ": it is not a statistics file, or not all of one"};
  if (std::string problem = checkMetadata(*archive); !problem.empty())
    return Failure{path + ": " + problem};
  Result<Statistics> statistics = readNames(*archive);
  if (!statistics)
    return Failure{path + ": " + statistics.error()};
  ColumnReader columns(*archive);
  for (Site &site : statistics->sites) {
    readSite(columns, site.statistics);
    // Files from before they were there say nothing of weights.
    if (archive->find(weightFingerprints))
      columns.read(weightFingerprints, &site.weight, 1);
    if (columns.error().empty())
      columns.fail(findContradiction(site.statistics));
    if (!columns.error().empty())
      return Failure{path + ": site " + quoteForMessage(site.name) + ": " + columns.error()};
  }
  columns.finish();
  if (!columns.error().empty())
    return Failure{path + ": " + columns.error()};
  if (auto given = archive->metadata().find("fingerprint");
      given == archive->metadata().end() || given->second != statistics->fingerprint())
    return Failure{path + ": expected the fingerprint of its sites, got another"};
  return statistics;
}
