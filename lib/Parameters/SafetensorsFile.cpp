//===- SafetensorsFile.cpp - The contents of one safetensors file ---------===//

#include "SafetensorsFile.h"
#include "QLinalg/Parameters/Json.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

namespace qlinalg {

namespace {
/// One member of the header, as it is read.
struct Description {
  std::string name;
  std::optional<ElementType> type;
  std::optional<std::vector<int64_t>> shape;
  std::optional<std::vector<int64_t>> offsets;

  int64_t begin() const { return (*offsets)[0]; }
  int64_t end() const { return (*offsets)[1]; }
};
} // namespace

static bool readMetadata(JsonReader &json, Archive::Metadata &metadata) {
  return json.object([&](std::string key) {
    std::string value;
    if (!json.string(value))
      return json.within("__metadata__");
    auto [place, isNew] = metadata.emplace(std::move(key), std::move(value));
    return isNew || json.fail("expected each key of __metadata__ once, got " +
                              quoteForMessage(place->first) + " twice");
  });
}

static bool readIntegers(JsonReader &json, std::vector<int64_t> &values, size_t most) {
  return json.array([&] {
    if (values.size() == most)
      return json.fail("expected at most " + std::to_string(most) + " numbers, got more");
    return json.integer(values.emplace_back());
  });
}

static bool readType(JsonReader &json, std::optional<ElementType> &type) {
  std::string name;
  if (!json.string(name))
    return false;
  type = parseSafetensorsName(name);
  return type || json.fail("expected a dtype of safetensors whose elements are whole bytes, got " +
                           quoteForMessage(name));
}

static bool readMembers(JsonReader &json, Description &tensor) {
  return json.object([&](const std::string &key) {
    bool isTwice = (key == "dtype" && tensor.type) || (key == "shape" && tensor.shape) ||
                   (key == "data_offsets" && tensor.offsets);
    if (isTwice)
      return json.fail("expected " + key + " once, got it twice");
    if (key == "dtype")
      return readType(json, tensor.type);
    if (key == "shape")
      return readIntegers(json, tensor.shape.emplace(), maxRank);
    if (key == "data_offsets")
      return readIntegers(json, tensor.offsets.emplace(), 2);
    // The format's own reader ignores other keys as well.
    return json.skip();
  });
}

/// What can be said of one tensor by itself; empty when it is well.
static std::string checkTensor(const Description &tensor, int64_t dataSize) {
  if (!tensor.type || !tensor.shape || !tensor.offsets)
    return std::string("expected dtype, shape and data_offsets, got no ") + (!tensor.type ? "dtype"
                                                                             : !tensor.shape
                                                                                 ? "shape"
                                                                                 : "data_offsets");
  std::string shape = formatShape(*tensor.shape);
  if (std::ranges::any_of(*tensor.shape, [](int64_t size) { return size < 0; }))
    return "expected a shape without negative sizes, got " + shape;
  std::optional<int64_t> size = byteCount(*tensor.type, *tensor.shape);
  if (!size)
    return "expected a shape of less than 2^63 bytes, got " + shape;
  if (tensor.offsets->size() != 2)
    return "expected two data_offsets, got " + formatShape(*tensor.offsets);
  std::string offsets = formatShape(*tensor.offsets);
  if (tensor.begin() < 0 || tensor.begin() > tensor.end())
    return "expected data_offsets that do not descend from 0 on, got " + offsets;
  if (tensor.end() > dataSize)
    return "expected data_offsets within " + std::to_string(dataSize) + " bytes of data, got " +
           offsets;
  if (tensor.end() - tensor.begin() != *size)
    return "expected " + std::to_string(*size) + " bytes for shape " + shape + " of " +
           std::string(safetensorsName(*tensor.type)) + ", got data_offsets " + offsets;
  return {};
}

/// The ranges must follow one another from the first byte to the last.
static std::string checkCoverage(const std::vector<Description> &tensors, int64_t dataSize) {
  int64_t covered = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Description &tensor = tensors[i];
    if (tensor.begin() < covered)
      return "expected tensors that do not overlap, got " + quoteForMessage(tensor.name) +
             " at byte " + std::to_string(tensor.begin()) + " of the data and " +
             quoteForMessage(tensors[i - 1].name) + " up to byte " + std::to_string(covered);
    if (tensor.begin() > covered)
      return "expected data without holes, got none for bytes " + std::to_string(covered) + " to " +
             std::to_string(tensor.begin()) + " before tensor " + quoteForMessage(tensor.name);
    covered = tensor.end();
  }
  if (covered != dataSize)
    return "expected " + std::to_string(covered) + " bytes of data, got " +
           std::to_string(dataSize) + ": " + std::to_string(dataSize - covered) +
           " trailing bytes belong to no tensor";
  return {};
}

/// The name of a tensor that is described twice.
static std::optional<std::string> findTwin(const std::vector<Description> &tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const Description &tensor : tensors)
    names.push_back(tensor.name);
  std::ranges::sort(names);
  auto twin = std::ranges::adjacent_find(names);
  return twin == names.end() ? std::nullopt : std::optional<std::string>(*twin);
}

static bool readHeader(JsonReader &json, int64_t dataSize, std::vector<Description> &tensors,
                       Archive::Metadata &metadata) {
  bool hasMetadata = false;
  auto member = [&](std::string key) {
    if (key == "__metadata__") {
      if (std::exchange(hasMetadata, true))
        return json.fail("expected __metadata__ once, got it twice");
      return readMetadata(json, metadata);
    }
    Description &tensor = tensors.emplace_back();
    tensor.name = std::move(key);
    if (!readMembers(json, tensor))
      return json.within("tensor " + quoteForMessage(tensor.name));
    std::string problem = checkTensor(tensor, dataSize);
    return problem.empty() || json.fail("tensor " + quoteForMessage(tensor.name) + ": " + problem);
  };
  return json.object(member) && json.end();
}

Result<SafetensorsContents> parseSafetensors(std::span<const std::byte> bytes) {
  constexpr size_t prefix = 8;
  if (bytes.size() < prefix)
    return Failure{"expected at least 8 bytes, got " + std::to_string(bytes.size())};
  uint64_t headerSize;
  std::memcpy(&headerSize, bytes.data(), prefix);
  size_t most = std::min(bytes.size() - prefix, maxHeaderSize);
  if (headerSize > most)
    return Failure{"expected a header of at most " + std::to_string(most) + " bytes" +
                   (most < maxHeaderSize ? ", the rest of the file" : "") + ", got a length of " +
                   std::to_string(headerSize)};
  std::string_view header(reinterpret_cast<const char *>(bytes.data()) + prefix, headerSize);
  std::span<const std::byte> data = bytes.subspan(prefix + headerSize);
  int64_t dataSize = static_cast<int64_t>(data.size());
  if (!header.starts_with('{'))
    return Failure{"expected a header that begins with '{', got " +
                   (header.empty() ? "none" : quoteForMessage(header.substr(0, 1)))};
  if (!isUtf8(header))
    return Failure{"expected a header in UTF-8, got other bytes"};

  SafetensorsContents contents;
  std::vector<Description> tensors;
  JsonReader json(header);
  if (!readHeader(json, dataSize, tensors, contents.metadata))
    return Failure{"in the header: " + json.error()};
  if (std::optional<std::string> twin = findTwin(tensors))
    return Failure{"expected each tensor once, got " + quoteForMessage(*twin) + " twice"};
  // Empty tensors come before the one that begins at the same place.
  std::ranges::sort(tensors, {}, [](const Description &tensor) {
    return std::tuple(tensor.begin(), tensor.end(), std::string_view(tensor.name));
  });
  if (std::string problem = checkCoverage(tensors, dataSize); !problem.empty())
    return Failure{problem};
  for (Description &tensor : tensors)
    contents.tensors.push_back({std::move(tensor.name), *tensor.type, *std::move(tensor.shape),
                                data.subspan(static_cast<size_t>(tensor.begin()),
                                             static_cast<size_t>(tensor.end() - tensor.begin())),
                                0});
  return contents;
}

} // namespace qlinalg
