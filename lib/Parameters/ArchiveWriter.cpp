//===- ArchiveWriter.cpp - Safetensors, written in one pass ---------------===//

#include "QLinalg/Parameters/ArchiveWriter.h"
#include "QLinalg/Parameters/Json.h"
#include "SafetensorsFile.h"

#include <algorithm>
#include <cstring>

namespace qlinalg {

Result<ArchiveWriter> ArchiveWriter::create(std::string path) {
  Result<AtomicFile> file = AtomicFile::create(std::move(path));
  if (!file)
    return file.failure();
  return ArchiveWriter(*std::move(file));
}

Result<void> ArchiveWriter::fail(std::string message) {
  failed = std::move(message);
  return Failure{*failed};
}

ArchiveWriter::Collection &ArchiveWriter::collectionOf(ElementType type) {
  return collections[std::ranges::find(widths, byteWidth(type)) - widths.begin()];
}

Result<void> ArchiveWriter::setMetadata(std::string key, std::string value) {
  if (failed)
    return Failure{*failed};
  if (!isUtf8(key) || !isUtf8(value))
    return fail(file.path() + ": expected metadata in UTF-8, got other bytes under key " +
                quoteForMessage(key));
  metadata.insert_or_assign(std::move(key), std::move(value));
  return {};
}

Result<void> ArchiveWriter::beginTensor(std::string name, ElementType type,
                                        std::span<const int64_t> shape) {
  if (failed)
    return Failure{*failed};
  std::string where = file.path() + ": tensor " + quoteForMessage(name) + ": ";
  if (inTensor)
    return fail(where + "expected tensor " + quoteForMessage(declarations.back().name) +
                " to end first, got a new one");
  if (!isUtf8(name) || name == "__metadata__")
    return fail(where + "expected a name in UTF-8 other than __metadata__, got this one");
  std::optional<int64_t> size = byteCount(type, shape);
  if (!size || shape.size() > maxRank)
    return fail(where + "expected a shape of less than 2^63 bytes and at most " +
                std::to_string(maxRank) + " dimensions, got " + formatShape(shape));
  if (!names.insert(name).second)
    return fail(where + "expected a new name, got one that was written before");
  Collection &collection = collectionOf(type);
  if (*size > 0 && !collection.file) {
    Result<UnnamedFile> created = UnnamedFile::create(file.path());
    if (!created)
      return fail(created.error());
    collection.file = *std::move(created);
  }
  declarations.push_back(
      {std::move(name), type, {shape.begin(), shape.end()}, collection.size, *size});
  missing = *size;
  inTensor = true;
  return {};
}

Result<void> ArchiveWriter::append(std::span<const std::byte> bytes) {
  if (failed)
    return Failure{*failed};
  int64_t size = static_cast<int64_t>(bytes.size());
  if (!inTensor || size > missing)
    return fail(file.path() + ": expected at most " + std::to_string(inTensor ? missing : 0) +
                " more bytes" +
                (inTensor ? " of tensor " + quoteForMessage(declarations.back().name) : "") +
                ", got " + std::to_string(size));
  if (size == 0)
    return {};
  Collection &collection = collectionOf(declarations.back().type);
  if (Result<void> done = collection.file->append(bytes); !done)
    return fail(done.error());
  collection.size += size;
  missing -= size;
  return {};
}

Result<void> ArchiveWriter::endTensor() {
  if (failed)
    return Failure{*failed};
  if (!inTensor || missing > 0)
    return fail(file.path() + ": expected " +
                (inTensor ? std::to_string(missing) + " more bytes of tensor " +
                                quoteForMessage(declarations.back().name)
                          : "a tensor to be begun") +
                ", got its end");
  inTensor = false;
  return {};
}

Result<void> ArchiveWriter::addTensor(std::string name, ElementType type,
                                      std::span<const int64_t> shape,
                                      std::span<const std::byte> bytes) {
  if (Result<void> done = beginTensor(std::move(name), type, shape); !done)
    return done;
  if (Result<void> done = append(bytes); !done)
    return done;
  return endTensor();
}

/// The header with its length before it, padded so that the data begin at a
/// multiple of 64 bytes.
std::string ArchiveWriter::header() const {
  std::string json = "{";
  auto comma = [&] { json += json.size() > 1 ? "," : ""; };
  if (!metadata.empty()) {
    json += "\"__metadata__\":";
    char separator = '{';
    for (const auto &[key, value] : metadata) {
      json += separator;
      appendJsonString(json, key);
      json += ':';
      appendJsonString(json, value);
      separator = ',';
    }
    json += '}';
  }
  int64_t base = 0;
  for (int64_t width : widths) {
    int64_t next = base;
    for (const Declaration &tensor : declarations) {
      if (byteWidth(tensor.type) != width)
        continue;
      comma();
      appendJsonString(json, tensor.name);
      next = base + tensor.begin + tensor.size;
      json += ":{\"dtype\":\"" + std::string(safetensorsName(tensor.type)) +
              "\",\"shape\":" + formatShape(tensor.shape) + ",\"data_offsets\":[" +
              std::to_string(base + tensor.begin) + "," + std::to_string(next) + "]}";
    }
    base = next;
  }
  json += '}';
  uint64_t size = (8 + json.size() + 63) / 64 * 64 - 8;
  json.resize(size, ' ');
  char prefix[8];
  std::memcpy(prefix, &size, 8);
  return std::string(prefix, 8) + json;
}

Result<void> ArchiveWriter::commit() {
  if (failed)
    return Failure{*failed};
  if (inTensor)
    return fail(file.path() + ": expected tensor " + quoteForMessage(declarations.back().name) +
                " to end before the file, got the end of the file");
  std::string text = header();
  if (text.size() - 8 > maxHeaderSize)
    return fail(file.path() + ": expected a header of at most " + std::to_string(maxHeaderSize) +
                " bytes, got " + std::to_string(text.size() - 8));
  if (Result<void> done = file.append(text); !done)
    return fail(done.error());
  for (Collection &collection : collections) {
    if (!collection.file)
      continue;
    if (Result<void> done = file.appendFrom(*collection.file, collection.size); !done)
      return fail(done.error());
    // Its place on the disk is free again.
    collection.file.reset();
  }
  if (Result<void> done = file.commit(); !done)
    return fail(done.error());
  failed = file.path() + ": expected nothing more after commit, got another call";
  return {};
}

} // namespace qlinalg
