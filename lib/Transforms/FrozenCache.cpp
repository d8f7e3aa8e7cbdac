//===- FrozenCache.cpp - Weights that an earlier run coded ----------------===//

#include "FrozenCache.h"

#include "QLinalg/Parameters/AtomicFile.h"
#include "QLinalg/Parameters/FileMapping.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

#include <cstring>

using namespace llvm;

namespace qlinalg {

std::string FrozenCache::pathOf(uint64_t key) const {
  return folder + "/" + utohexstr(key, /*LowerCase=*/true, 16) + ".weight";
}

/// Codes, scales, zero points, then both sums, then the hash of all that.
static size_t sizeOf(const CachedWeight &weight) {
  return weight.codes.size() + weight.params.scales.size() + weight.params.zeroPoints.size() +
         2 * sizeof(double);
}

bool FrozenCache::load(uint64_t key, CachedWeight &weight) const {
  if (!isOn())
    return false;
  std::string path = pathOf(key);
  if (!sys::fs::is_regular_file(path))
    return false;
  Result<FileMapping> file = FileMapping::open(path);
  size_t size = sizeOf(weight);
  if (!file || file->bytes().size() != size + sizeof(uint64_t))
    return false;
  uint64_t hash;
  std::memcpy(&hash, file->bytes().data() + size, sizeof hash);
  if (hash != hashBytes(file->bytes().first(size)))
    return false;
  const std::byte *next = file->bytes().data();
  auto take = [&](void *to, size_t count) {
    if (count)
      std::memcpy(to, next, count);
    next += count;
  };
  take(weight.codes.data(), weight.codes.size());
  take(weight.params.scales.data(), weight.params.scales.size());
  take(weight.params.zeroPoints.data(), weight.params.zeroPoints.size());
  take(&weight.error.energy, sizeof(double));
  take(&weight.error.error, sizeof(double));
  return true;
}

void FrozenCache::store(uint64_t key, const CachedWeight &weight) const {
  if (!isOn() || sys::fs::create_directory(folder))
    return;
  std::vector<std::byte> bytes;
  auto put = [&](const void *from, size_t count) {
    auto *first = static_cast<const std::byte *>(from);
    bytes.insert(bytes.end(), first, first + count);
  };
  put(weight.codes.data(), weight.codes.size());
  put(weight.params.scales.data(), weight.params.scales.size());
  put(weight.params.zeroPoints.data(), weight.params.zeroPoints.size());
  put(&weight.error.energy, sizeof(double));
  put(&weight.error.error, sizeof(double));
  uint64_t hash = hashBytes(bytes);
  put(&hash, sizeof hash);
  Result<AtomicFile> file = AtomicFile::create(pathOf(key));
  if (!file)
    return;
  if (file->append(bytes))
    (void)file->commit();
}

void FrozenCache::drop() const {
  if (isOn())
    (void)sys::fs::remove_directories(folder);
}

} // namespace qlinalg
