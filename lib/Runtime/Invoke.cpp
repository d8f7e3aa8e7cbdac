//===- Invoke.cpp - Call a compiled function with arrays ------------------===//
//
// An argument is a memref descriptor {allocated, aligned, offset, sizes…,
// strides…}, all 64-bit; the results are one structure of descriptors and
// scalars, each at its natural alignment.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Runtime/Invoke.h"

#include "ModuleState.h"

#include <cstring>
#include <new>

using namespace qlinalg;

static int64_t elementBytes(const TypeDescriptor &type) {
  return byteWidth(static_cast<ElementType>(type.element));
}

namespace {
/// The arguments of one call and what must live as long.
class Frame {
public:
  explicit Frame(const FunctionSignature &signature);
  /// False if there is no memory for a copy.
  [[nodiscard]] bool addInput(const TypeDescriptor &type, const ArrayView &array);
  void **arguments() { return pointers.data(); }
  const char *results() const { return reinterpret_cast<const char *>(resultWords.data()); }

private:
  BlockVector<int64_t> resultWords;
  BlockVector<BlockVector<int64_t>> descriptors;
  BlockVector<OwnedBlock> copies;
  BlockVector<void *> pointers;
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

Frame::Frame(const FunctionSignature &signature) {
  int64_t bytes = 0;
  for (int64_t i = 0; i < signature.numResults; ++i)
    placeResult(signature.results[i], bytes);
  resultWords.resize((bytes + 7) / 8);
  if (signature.numResults)
    pointers.push_back(resultWords.data());
}

/// A block with the same bytes; null if there is no memory.
static OwnedBlock copyBytes(const void *data, int64_t bytes) {
  OwnedBlock copy(tryAcquire(64, bytes));
  if (copy && bytes)
    std::memcpy(copy.get(), data, bytes);
  return copy;
}

bool Frame::addInput(const TypeDescriptor &type, const ArrayView &array) {
  void *data = const_cast<void *>(array.data);
  if (reinterpret_cast<uintptr_t>(data) % elementBytes(type) != 0) {
    copies.push_back(copyBytes(data, *byteCount(array.element, array.shape)));
    data = copies.back().get();
    if (!data)
      return false;
  }
  if (type.isScalar) {
    pointers.push_back(data);
    return true;
  }
  auto address = reinterpret_cast<int64_t>(data);
  BlockVector<int64_t> descriptor = {address, address, 0};
  descriptor.insert(descriptor.end(), array.shape.begin(), array.shape.end());
  descriptor.resize(descriptorWords(type), 1);
  for (int64_t i = type.rank - 2; i >= 0; --i)
    descriptor[3 + type.rank + i] = descriptor[3 + type.rank + i + 1] * array.shape[i + 1];
  descriptors.push_back(std::move(descriptor));
  pointers.push_back(descriptors.back().data());
  return true;
}

/// Its `data` is null if there is no memory.
static OwnedArray copyOf(const void *data, ElementType element, BlockVector<int64_t> shape) {
  OwnedBlock copy = copyBytes(data, *byteCount(element, shape));
  void *place = copy.get();
  return {std::move(copy), place, element, std::move(shape)};
}

/// The result at `place`. Where a function returns one buffer twice, as itself or under another
/// shape, an earlier result owns it.
static OwnedArray takeResult(const TypeDescriptor &type, const char *place,
                             std::span<const OwnedArray> earlier) {
  auto element = static_cast<ElementType>(type.element);
  if (type.isScalar)
    return copyOf(place, element, {});
  const auto *words = reinterpret_cast<const int64_t *>(place);
  auto *allocation = reinterpret_cast<void *>(words[0]);
  char *data = reinterpret_cast<char *>(words[1]) + words[2] * elementBytes(type);
  BlockVector<int64_t> shape(words + 3, words + 3 + type.rank);
  for (const OwnedArray &other : earlier)
    if (other.allocation.get() == allocation)
      return copyOf(data, element, std::move(shape));
  return {OwnedBlock(allocation), data, element, std::move(shape)};
}

static CallError outOfMemory() { return {Status::Assertion, "out of memory"}; }

/// The call itself, with a batch for what its sites see.
static std::optional<CallError> callObserved(const FunctionSignature &signature, void **arguments) {
  ModuleState *state = readState(*signature.module);
  try {
    ObservedCall call(state && state->observers ? &*state->observers : nullptr);
    if (const char *failure = protectedCall(signature.call, arguments))
      return CallError{Status::Assertion, failure};
    call.finish();
  } catch (const std::bad_alloc &) {
    return outOfMemory();
  }
  return std::nullopt;
}

std::optional<CallError> qlinalg::invoke(const FunctionSignature &signature,
                                         std::span<const ArrayView> inputs,
                                         std::span<OwnedArray> results) {
  Frame frame(signature);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!frame.addInput(signature.inputs[i], inputs[i]))
      return outOfMemory();
  if (auto error = callObserved(signature, frame.arguments()))
    return error;
  int64_t end = 0;
  bool isComplete = true;
  for (int64_t i = 0; i < signature.numResults; ++i) {
    const TypeDescriptor &type = signature.results[i];
    results[i] = takeResult(type, frame.results() + placeResult(type, end), results.first(i));
    isComplete &= results[i].data != nullptr;
  }
  return isComplete ? std::nullopt : std::optional(outOfMemory());
}
