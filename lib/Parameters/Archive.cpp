//===- Archive.cpp - Tensors by name, read from safetensors ---------------===//

#include "QLinalg/Parameters/Archive.h"
#include "QLinalg/Parameters/Json.h"
#include "SafetensorsFile.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace qlinalg {

/// The `weight_map` of an index: tensor names by shard.
using WeightMap = std::map<std::string, std::set<std::string, std::less<>>>;

static bool readWeightMap(JsonReader &json, WeightMap &shards) {
  std::set<std::string, std::less<>> names;
  return json.object([&](std::string name) {
    std::string shard;
    if (!json.string(shard))
      return false;
    // Nothing outside the folder; shards have always stood beside the index.
    if (shard.empty() || shard == "." || shard == ".." ||
        shard.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
      return json.fail("expected the name of a file in the same folder for tensor " +
                       quoteForMessage(name) + ", got " + quoteForMessage(shard));
    if (!names.insert(name).second)
      return json.fail("expected each tensor once, got " + quoteForMessage(name) + " twice");
    shards[shard].insert(std::move(name));
    return true;
  });
}

static Result<WeightMap> parseIndex(std::string_view text) {
  if (text.size() > maxHeaderSize)
    return Failure{"expected an index of at most " + std::to_string(maxHeaderSize) +
                   " bytes, got " + std::to_string(text.size())};
  if (!isUtf8(text))
    return Failure{"expected an index in UTF-8, got other bytes"};
  WeightMap shards;
  bool hasMap = false;
  JsonReader json(text);
  bool isRead = json.object([&](const std::string &key) {
    if (key != "weight_map")
      return json.skip();
    if (std::exchange(hasMap, true))
      return json.fail("expected weight_map once, got it twice");
    return readWeightMap(json, shards);
  }) && json.end();
  if (!isRead)
    return Failure{"in the index: " + json.error()};
  if (!hasMap)
    return Failure{"expected an index with a weight_map, got none"};
  return shards;
}

Result<Archive> Archive::open(const std::vector<std::string> &paths) {
  if (paths.empty())
    return Failure{"expected at least one file of parameters, got none"};
  Archive archive;
  for (const std::string &path : paths) {
    bool isIndex = path.ends_with(".json");
    if (Result<void> done = isIndex ? archive.addIndex(path) : archive.addFile(path); !done)
      return done.failure();
  }
  if (Result<void> done = archive.indexNames(); !done)
    return done.failure();
  return archive;
}

Result<Archive> Archive::fromMemory(std::span<const std::byte> bytes, std::string name) {
  Archive archive;
  if (Result<void> done = archive.addContents(bytes, std::move(name)); !done)
    return done.failure();
  if (Result<void> done = archive.indexNames(); !done)
    return done.failure();
  return archive;
}

Result<void> Archive::addFile(const std::string &path) {
  Result<FileMapping> mapping = FileMapping::open(path);
  if (!mapping)
    return mapping.failure();
  mappings.push_back(*std::move(mapping));
  return addContents(mappings.back().bytes(), path);
}

Result<void> Archive::addIndex(const std::string &path) {
  Result<FileMapping> mapping = FileMapping::open(path);
  if (!mapping)
    return mapping.failure();
  std::span<const std::byte> bytes = mapping->bytes();
  Result<WeightMap> shards =
      parseIndex({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  if (!shards)
    return Failure{path + ": " + shards.error()};
  std::string folder = path.substr(0, path.rfind('/') + 1);
  for (const auto &[shard, names] : *shards) {
    size_t first = entries.size();
    if (Result<void> done = addFile(folder + shard); !done)
      return done;
    std::set<std::string_view> found;
    for (size_t i = first; i < entries.size(); ++i)
      found.insert(entries[i].name);
    for (const std::string &name : names)
      if (!found.contains(name))
        return Failure{path + ": expected tensor " + quoteForMessage(name) + " in " +
                       quoteForMessage(shard) + ", got a file without it"};
  }
  return {};
}

Result<void> Archive::addContents(std::span<const std::byte> bytes, std::string path) {
  Result<SafetensorsContents> contents = parseSafetensors(bytes);
  if (!contents)
    return Failure{path + ": " + contents.error()};
  for (TensorEntry &tensor : contents->tensors) {
    tensor.file = sources.size();
    entries.push_back(std::move(tensor));
  }
  merged.insert(contents->metadata.begin(), contents->metadata.end());
  sources.push_back({std::move(path), std::move(contents->metadata)});
  return {};
}

Result<void> Archive::indexNames() {
  byName.resize(entries.size());
  std::iota(byName.begin(), byName.end(), size_t{0});
  auto nameOf = [this](size_t place) -> std::string_view { return entries[place].name; };
  std::ranges::sort(byName, {}, [&](size_t place) { return std::pair(nameOf(place), place); });
  auto twin = std::ranges::adjacent_find(byName, {}, nameOf);
  if (twin == byName.end())
    return {};
  // Within a file names were found to differ.
  const TensorEntry &first = entries[*twin], &second = entries[*std::next(twin)];
  return Failure{sources[second.file].path + ": expected each tensor in one file, got " +
                 quoteForMessage(first.name) + " in " + sources[first.file].path + " as well"};
}

const TensorEntry *Archive::find(std::string_view name) const {
  auto nameOf = [this](size_t place) -> std::string_view { return entries[place].name; };
  auto place = std::ranges::lower_bound(byName, name, {}, nameOf);
  return place != byName.end() && nameOf(*place) == name ? &entries[*place] : nullptr;
}

void Archive::release(std::span<const std::byte> bytes) const {
  for (const FileMapping &mapping : mappings)
    mapping.release(bytes);
}

} // namespace qlinalg
