//===- CheckInputs.cpp - Do arrays fit a function -------------------------===//

#include "QLinalg/Runtime/Invoke.h"
#include "QLinalg/Runtime/TypeNames.h"

#include <map>

using namespace qlinalg;

std::string qlinalg::describe(const TypeDescriptor &type) {
  std::string element(name(static_cast<ElementType>(type.element)));
  if (type.isScalar)
    return element;
  std::string text = "tensor<";
  for (int64_t i = 0; i < type.rank; ++i)
    text += (type.shape[i] < 0 ? "?" : std::to_string(type.shape[i])) + "x";
  return text + element + ">";
}

static bool fits(const TypeDescriptor &type, const ArrayView &array) {
  if (!accepts(static_cast<ElementType>(type.element), array.element) ||
      static_cast<int64_t>(array.shape.size()) != type.rank)
    return false;
  for (int64_t i = 0; i < type.rank; ++i)
    if (array.shape[i] < 0 || (type.shape[i] >= 0 && type.shape[i] != array.shape[i]))
      return false;
  return true;
}

static std::string place(int64_t argument, int64_t dimension) {
  return "dimension " + std::to_string(dimension) + " of argument " + std::to_string(argument);
}

std::optional<CallError> qlinalg::checkInputs(const FunctionSignature &signature,
                                              std::span<const ArrayView> inputs) {
  if (static_cast<int64_t>(inputs.size()) != signature.numInputs)
    return CallError{Status::Count, "expected " + std::to_string(signature.numInputs) +
                                        " arguments of '" + signature.name + "', got " +
                                        std::to_string(inputs.size())};
  // Where each size that is known at run time only occurred first.
  using Place = std::pair<int64_t, int64_t>;
  std::map<int64_t, Place, std::less<>, BlockAllocator<std::pair<const int64_t, Place>>> first;
  for (int64_t a = 0; a < signature.numInputs; ++a) {
    const TypeDescriptor &type = signature.inputs[a];
    const ArrayView &array = inputs[a];
    if (!fits(type, array)) {
      bool sameElement = accepts(static_cast<ElementType>(type.element), array.element);
      return CallError{sameElement ? Status::Shape : Status::ElementType,
                       "argument " + std::to_string(a) + ": expected " + describe(type) + ", got " +
                           describe(array.element, array.shape)};
    }
    for (int64_t i = 0; i < type.rank; ++i) {
      if (type.shape[i] >= 0)
        continue;
      auto [known, isNew] = first.try_emplace(type.shape[i], a, i);
      auto [b, j] = known->second;
      if (!isNew && inputs[b].shape[j] != array.shape[i])
        return CallError{Status::Shape, "expected " + place(a, i) + " to be that of " +
                                            place(b, j) + ", " +
                                            std::to_string(inputs[b].shape[j]) + ", got " +
                                            std::to_string(array.shape[i])};
    }
  }
  return std::nullopt;
}
