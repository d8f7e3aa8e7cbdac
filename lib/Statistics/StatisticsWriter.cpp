//===- StatisticsWriter.cpp - Statistics to a file ------------------------===//

#include "QLinalg/Statistics/StatisticsFile.h"

#include "Checksum.h"
#include "Columns.h"
#include "FolderLock.h"
#include "QLinalg/Parameters/ArchiveWriter.h"
#include "QLinalg/Parameters/Json.h"

#include <cstdio>
#include <map>
#include <set>
#include <sys/stat.h>

using namespace qlinalg;

namespace {

/// The parts of one column, one a site. They lie in the statistics, or in `entries`.
struct Column {
  ElementType type = ElementType::U8;
  bool inPairs = false;
  std::vector<std::byte> entries;
  std::vector<std::span<const std::byte>> parts;

  int64_t elements() const {
    size_t bytes = entries.size();
    for (std::span<const std::byte> part : parts)
      bytes += part.size();
    return static_cast<int64_t>(bytes) / byteWidth(type);
  }
};

class Columns {
public:
  explicit Columns(const Statistics &statistics) {
    for (const Site &site : statistics.sites)
      add(site);
  }

  Result<void> write(ArchiveWriter &writer) const {
    uint32_t checksum = 0;
    for (const auto &[name, column] : columns) {
      std::vector<int64_t> shape = {column.elements()};
      if (column.inPairs)
        shape = {column.elements() / 2, 2};
      if (Result<void> done = writer.beginTensor(std::string(name), column.type, shape); !done)
        return done;
      auto append = [&](std::span<const std::byte> bytes) {
        checksum = extendChecksum(checksum, bytes);
        return writer.append(bytes);
      };
      if (Result<void> done = append(column.entries); !done)
        return done;
      for (std::span<const std::byte> part : column.parts)
        if (Result<void> done = append(part); !done)
          return done;
      if (Result<void> done = writer.endTensor(); !done)
        return done;
    }
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", checksum);
    return writer.setMetadata("checksum", digits);
  }

private:
  void add(const Site &named) {
    const SiteStatistics &site = named.statistics;
    Distribution distribution = site.distribution;
    distribution.finishBatch();
    const Histogram &histogram = site.distribution.histogram;
    SiteShape shape{site.channels.channels(), site.channels.hasProducts(), histogram.firstBin(),
                    histogram.bins()};
    auto addEntry = [&](std::string_view name, const auto &field) {
      Column &column = columns[name];
      column.type = elementTypeOf(field);
      column.inPairs = sizeof field > static_cast<size_t>(byteWidth(column.type));
      std::span<const std::byte> bytes = std::as_bytes(std::span(&field, 1));
      column.entries.insert(column.entries.end(), bytes.begin(), bytes.end());
    };
    auto addPart = [&](std::string_view name, const auto &values) {
      Column &column = columns[name];
      column.type = elementTypeOf(typename std::decay_t<decltype(values)>::value_type{});
      column.parts.push_back(std::as_bytes(std::span(values)));
    };
    visitShape(shape, addEntry);
    visitDistribution(distribution, addEntry);
    visitRows(site.channels, addEntry);
    addEntry(weightFingerprints, named.weight);
    visitChannels(site.channels, addPart);
    addPart(positiveCounts, histogram.positive());
    addPart(negativeCounts, histogram.negative());
  }

  /// By ascending name, the order of the checksum.
  std::map<std::string_view, Column> columns;
};

Result<std::string> namesAsJson(const Statistics &statistics) {
  std::set<std::string_view> names;
  std::string json = "[";
  for (const Site &site : statistics.sites) {
    if (!isUtf8(site.name))
      return Failure{"expected names of sites in UTF-8, got " + quoteForMessage(site.name)};
    if (!names.insert(site.name).second)
      return Failure{"expected each site once, got " + quoteForMessage(site.name) + " twice"};
    json += json.size() > 1 ? "," : "";
    appendJsonString(json, site.name);
  }
  return json + "]";
}

} // namespace

Result<void> qlinalg::writeStatistics(const std::string &path, const Statistics &statistics) {
  if (statistics.sites.empty())
    return Failure{path + ": expected statistics of at least one site, got none"};
  Result<std::string> names = namesAsJson(statistics);
  if (!names)
    return Failure{path + ": " + names.error()};
  Result<ArchiveWriter> writer = ArchiveWriter::create(path);
  if (!writer)
    return writer.failure();
  for (const auto &[key, value] :
       {std::pair("format", std::string(statisticsFormat)),
        std::pair("version", std::string(statisticsVersion)),
        std::pair("fingerprint", statistics.fingerprint()), std::pair("sites", *names)})
    if (Result<void> done = writer->setMetadata(key, value); !done)
      return done;
  if (Result<void> done = Columns(statistics).write(*writer); !done)
    return done;
  return writer->commit();
}

Result<void> qlinalg::continueStatistics(const std::string &path, const Statistics &statistics) {
  Result<FileDescriptor> lock = lockFolderOf(path);
  if (!lock)
    return lock.failure();
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0)
    return writeStatistics(path, statistics);
  Result<Statistics> before = readStatistics(path);
  if (!before)
    return before.failure();
  if (Result<void> done = before->merge(statistics); !done)
    return Failure{path + ": " + done.error()};
  return writeStatistics(path, *before);
}
