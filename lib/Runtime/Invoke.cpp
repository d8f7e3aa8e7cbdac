//===- Invoke.cpp - Call a compiled function with arrays ------------------===//
//
// An argument is a memref descriptor {allocated, aligned, offset, sizes…,
// strides…}, all 64-bit; the results are one structure of descriptors and
// scalars, each at its natural alignment.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Runtime/Invoke.h"

#include <cstdlib>
#include <cstring>

using namespace qlinalg;

static int64_t elementBytes(const TypeDescriptor &type) {
  return byteWidth(static_cast<ElementType>(type.element));
}

namespace {
/// The arguments of one call and what must live as long.
class Frame {
public:
  Frame(const FunctionSignature &signature, std::span<const ArrayView> inputs);
  void **arguments() { return pointers.data(); }
  const char *results() const { return reinterpret_cast<const char *>(resultWords.data()); }

private:
  void addInput(const TypeDescriptor &type, const ArrayView &array);

  std::vector<int64_t> resultWords;
  std::vector<std::vector<int64_t>> descriptors;
  std::vector<std::vector<std::byte>> copies;
  std::vector<void *> pointers;
};
} // namespace

static int64_t descriptorWords(const TypeDescriptor &type) { return 3 + 2 * type.rank; }

/// Place of a result after those before it, which end at `end`; moves `end`.
static int64_t placeResult(const TypeDescriptor &type, int64_t &end) {
  int64_t size = type.isScalar ? elementBytes(type) : descriptorWords(type) * 8;
  int64_t alignment = type.isScalar ? size : 8;
  int64_t begin = (end + alignment - 1) / alignment * alignment;
  end = begin + size;
  return begin;
}

Frame::Frame(const FunctionSignature &signature, std::span<const ArrayView> inputs) {
  int64_t bytes = 0;
  for (int64_t i = 0; i < signature.numResults; ++i)
    placeResult(signature.results[i], bytes);
  resultWords.resize((bytes + 7) / 8);
  if (signature.numResults)
    pointers.push_back(resultWords.data());
  for (size_t i = 0; i < inputs.size(); ++i)
    addInput(signature.inputs[i], inputs[i]);
}

void Frame::addInput(const TypeDescriptor &type, const ArrayView &array) {
  void *data = const_cast<void *>(array.data);
  if (reinterpret_cast<uintptr_t>(data) % elementBytes(type) != 0) {
    const auto *bytes = static_cast<const std::byte *>(array.data);
    copies.emplace_back(bytes, bytes + *byteCount(array.element, array.shape));
    data = copies.back().data();
  }
  if (type.isScalar) {
    pointers.push_back(data);
    return;
  }
  auto address = reinterpret_cast<int64_t>(data);
  std::vector<int64_t> descriptor = {address, address, 0};
  descriptor.insert(descriptor.end(), array.shape.begin(), array.shape.end());
  descriptor.resize(descriptorWords(type), 1);
  for (int64_t i = type.rank - 2; i >= 0; --i)
    descriptor[3 + type.rank + i] = descriptor[3 + type.rank + i + 1] * array.shape[i + 1];
  descriptors.push_back(std::move(descriptor));
  pointers.push_back(descriptors.back().data());
}

static OwnedArray copyOf(const void *data, ElementType element, std::vector<int64_t> shape) {
  int64_t bytes = *byteCount(element, shape);
  void *copy = qlinalg_rt_allocate(bytes);
  if (bytes)
    std::memcpy(copy, data, bytes);
  return {{copy, std::free}, copy, element, std::move(shape)};
}

/// The result at `place`. Where a function returns one buffer twice, as itself or under another
/// shape, an earlier result owns it.
static OwnedArray takeResult(const TypeDescriptor &type, const char *place,
                             std::span<const OwnedArray> earlier) {
  auto element = static_cast<ElementType>(type.element);
  if (type.isScalar)
    return copyOf(place, element, {});
  std::vector<int64_t> words(descriptorWords(type));
  std::memcpy(words.data(), place, words.size() * 8);
  auto *allocation = reinterpret_cast<void *>(words[0]);
  char *data = reinterpret_cast<char *>(words[1]) + words[2] * elementBytes(type);
  std::vector<int64_t> shape(words.begin() + 3, words.begin() + 3 + type.rank);
  for (const OwnedArray &other : earlier)
    if (other.allocation.get() == allocation)
      return copyOf(data, element, std::move(shape));
  return {{allocation, std::free}, data, element, std::move(shape)};
}

std::optional<CallError> qlinalg::invoke(const FunctionSignature &signature,
                                         std::span<const ArrayView> inputs,
                                         std::vector<OwnedArray> &results) {
  results.clear();
  Frame frame(signature, inputs);
  if (const char *failure = protectedCall(signature.call, frame.arguments()))
    return CallError{Status::Assertion, failure};
  int64_t end = 0;
  for (int64_t i = 0; i < signature.numResults; ++i) {
    const TypeDescriptor &type = signature.results[i];
    results.push_back(takeResult(type, frame.results() + placeResult(type, end), results));
  }
  return std::nullopt;
}
