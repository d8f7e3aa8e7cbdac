//===- Npy.cpp - One array in a NumPy .npy file ---------------------------===//

#include "QLinalg/Parameters/Npy.h"
#include "NpyHeader.h"
#include "QLinalg/Parameters/AtomicFile.h"
#include "QLinalg/Parameters/FileMapping.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace qlinalg {

static constexpr std::string_view magic = "\x93NUMPY";
/// A shape of `maxRank` sizes and a plain type need far less.
static constexpr size_t maxHeader = 65535;

/// `source` has the first dimension innermost, `target` the last.
static void transpose(const std::vector<int64_t> &shape, int64_t width, const std::byte *source,
                      std::byte *target, int64_t count) {
  size_t rank = shape.size();
  std::vector<int64_t> strides(rank), index(rank, 0);
  int64_t stride = width;
  for (size_t i = 0; i < rank; ++i) {
    strides[i] = stride;
    stride *= shape[i];
  }
  int64_t offset = 0;
  for (int64_t done = 0; done < count; ++done) {
    std::memcpy(target + done * width, source + offset, static_cast<size_t>(width));
    for (size_t i = rank; i-- > 0;) {
      offset += strides[i];
      if (++index[i] < shape[i])
        break;
      offset -= strides[i] * shape[i];
      index[i] = 0;
    }
  }
}

/// Splits off the header; `bytes` becomes the data.
static Result<NpyHeader> readHeader(std::span<const std::byte> &bytes) {
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  if (!text.starts_with(magic))
    return Failure{"expected a file that begins with \\x93NUMPY, got another kind of file"};
  if (text.size() < magic.size() + 2)
    return Failure{"expected a format version, got the end of the file"};
  unsigned major = static_cast<unsigned char>(text[6]), minor = static_cast<unsigned char>(text[7]);
  if (major < 1 || major > 3 || minor != 0)
    return Failure{"expected format version 1.0, 2.0 or 3.0, got " + std::to_string(major) + "." +
                   std::to_string(minor)};
  size_t lengthWidth = major == 1 ? 2 : 4;
  size_t begin = magic.size() + 2 + lengthWidth;
  if (text.size() < begin)
    return Failure{"expected the length of the header, got the end of the file"};
  uint32_t length = 0;
  std::memcpy(&length, text.data() + magic.size() + 2, lengthWidth);
  size_t most = std::min(text.size() - begin, maxHeader);
  if (length > most)
    return Failure{"expected a header of at most " + std::to_string(most) + " bytes" +
                   (most < maxHeader ? ", the rest of the file" : "") + ", got a length of " +
                   std::to_string(length)};
  bytes = bytes.subspan(begin + length);
  return parseNpyHeader(text.substr(begin, length));
}

Result<NpyArray> parseNpy(std::span<const std::byte> bytes, const std::string &name) {
  Result<NpyHeader> header = readHeader(bytes);
  if (!header)
    return Failure{name + ": " + header.error()};
  int64_t width = byteWidth(header->type);
  int64_t size = *byteCount(header->type, header->shape);
  if (static_cast<uint64_t>(size) != bytes.size())
    return Failure{name + ": expected " + std::to_string(size) + " bytes of data for shape " +
                   formatShape(header->shape) + ", got " + std::to_string(bytes.size())};
  NpyArray array{header->type, std::move(header->shape), {}};
  if (!header->isFortranOrder || array.shape.size() < 2) {
    array.data.assign(bytes.begin(), bytes.end());
    return array;
  }
  array.data.resize(bytes.size());
  transpose(array.shape, width, bytes.data(), array.data.data(), size / width);
  return array;
}

Result<NpyArray> readNpy(const std::string &path) {
  Result<FileMapping> mapping = FileMapping::open(path);
  if (!mapping)
    return mapping.failure();
  return parseNpy(mapping->bytes(), path);
}

/// Magic, version 1.0, length, dictionary; padded so that the data begin at a
/// multiple of 64 bytes, as NumPy does.
static std::string makeHeader(ElementType type, std::span<const int64_t> shape) {
  std::string dictionary =
      "{'descr': '" + std::string(npyName(type)) + "', 'fortran_order': False, 'shape': (";
  for (int64_t size : shape)
    dictionary += std::to_string(size) + (shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1)
    dictionary.resize(dictionary.size() - 2);
  dictionary += "), }";
  constexpr size_t prefix = 10;
  uint16_t length = static_cast<uint16_t>((prefix + dictionary.size() + 1 + 63) / 64 * 64 - prefix);
  dictionary.resize(length - size_t{1}, ' ');
  char lengthBytes[2];
  std::memcpy(lengthBytes, &length, 2);
  return std::string(magic) + '\x01' + '\x00' + std::string(lengthBytes, 2) + dictionary + '\n';
}

Result<void> writeNpy(const std::string &path, ElementType type, std::span<const int64_t> shape,
                      std::span<const std::byte> bytes) {
  std::optional<int64_t> size = byteCount(type, shape);
  if (!size || shape.size() > maxRank || static_cast<uint64_t>(*size) != bytes.size())
    return Failure{path + ": expected " + (size ? std::to_string(*size) : "fewer than 2^63") +
                   " bytes in at most " + std::to_string(maxRank) + " dimensions for shape " +
                   formatShape(shape) + ", got " + std::to_string(bytes.size())};
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return file.failure();
  if (Result<void> done = file->append(makeHeader(type, shape)); !done)
    return done;
  if (Result<void> done = file->append(bytes); !done)
    return done;
  return file->commit();
}

} // namespace qlinalg
