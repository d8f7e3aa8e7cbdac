//===- Arrays.cpp - Arrays between Python and the libraries ---------------===//

#include "Arrays.h"
#include "Errors.h"

#include "QLinalg/Runtime/TypeNames.h"

#include <numeric>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

static std::optional<ElementType> elementOf(nb::dlpack::dtype type) {
  using Code = nb::dlpack::dtype_code;
  if (type.lanes != 1)
    return std::nullopt;
  auto bySize =
      [&](std::initializer_list<std::pair<int, ElementType>> sizes) -> std::optional<ElementType> {
    for (auto [bits, element] : sizes)
      if (bits == type.bits)
        return element;
    return std::nullopt;
  };
  switch (static_cast<Code>(type.code)) {
  case Code::Int:
    return bySize({{8, ElementType::I8},
                   {16, ElementType::I16},
                   {32, ElementType::I32},
                   {64, ElementType::I64}});
  case Code::UInt:
    return bySize({{8, ElementType::U8},
                   {16, ElementType::U16},
                   {32, ElementType::U32},
                   {64, ElementType::U64}});
  case Code::Float:
    return bySize({{16, ElementType::F16}, {32, ElementType::F32}, {64, ElementType::F64}});
  case Code::Bfloat:
    return bySize({{16, ElementType::BF16}});
  case Code::Bool:
    return bySize({{8, ElementType::Bool}});
  case Code::Complex:
    return bySize({{64, ElementType::C64}});
  case Code::Float8_E4M3FN:
    return bySize({{8, ElementType::F8E4M3FN}});
  case Code::Float8_E5M2:
    return bySize({{8, ElementType::F8E5M2}});
  default:
    return std::nullopt;
  }
}

/// What NumPy calls the element, or its raw bits.
static nb::dlpack::dtype numpyTypeOf(ElementType type) {
  using Code = nb::dlpack::dtype_code;
  auto make = [&](Code code) {
    return nb::dlpack::dtype{static_cast<uint8_t>(code), static_cast<uint8_t>(8 * byteWidth(type)),
                             1};
  };
  switch (type) {
  case ElementType::Bool:
    return make(Code::Bool);
  case ElementType::I8:
  case ElementType::I16:
  case ElementType::I32:
  case ElementType::I64:
    return make(Code::Int);
  case ElementType::F16:
  case ElementType::F32:
  case ElementType::F64:
    return make(Code::Float);
  case ElementType::C64:
    return make(Code::Complex);
  default:
    return make(Code::UInt);
  }
}

static bool isDense(const AnyArray &array) {
  int64_t expected = 1;
  if (array.size() == 0)
    return true;
  for (size_t i = array.ndim(); i-- > 0;) {
    if (array.shape(i) != 1 && array.stride(i) != expected)
      return false;
    expected *= static_cast<int64_t>(array.shape(i));
  }
  return true;
}

static std::string typeName(nb::handle object) {
  return nb::inst_name(object).c_str();
}

void python::addInput(Inputs &inputs, nb::handle object, const std::string &what) {
  AnyArray array;
  if (!nb::try_cast(object, array))
    throw Failed{Fault::Dtype,
                 what + ": expected an array (DLPack or buffer protocol), got " + typeName(object)};
  if (array.device_type() != nb::device::cpu::value &&
      array.device_type() != nb::device::cuda_host::value)
    throw Failed{Fault::Input,
                 what + ": expected an array in the processor's memory, got one on device " +
                     std::to_string(array.device_type()) + ":" + std::to_string(array.device_id()) +
                     " of DLPack"};
  auto element = elementOf(array.dtype());
  if (!element)
    throw Failed{Fault::Dtype, what + ": expected elements of a known type, got DLPack's code " +
                                   std::to_string(array.dtype().code) + " with " +
                                   std::to_string(array.dtype().bits) + " bits"};
  if (!isDense(array))
    throw Failed{Fault::Input, what + ": expected a dense row-major array, got other strides; "
                                      "numpy.ascontiguousarray makes one"};
  inputs.shapes.emplace_back(array.shape_ptr(), array.shape_ptr() + array.ndim());
  inputs.views.push_back({array.data(), *element, {}});
  inputs.arrays.push_back(std::move(array));
  // The vectors of sizes move, their elements do not.
  inputs.views.back().shape = inputs.shapes.back();
}

void python::adoptRawBits(ArrayView &view, ElementType expected) {
  bool isBF16 = view.element == ElementType::U16 && expected == ElementType::BF16;
  bool isF8 = view.element == ElementType::U8 &&
              (expected == ElementType::F8E4M3FN || expected == ElementType::F8E5M2);
  if (isBF16 || isF8)
    view.element = expected;
}

NumpyArray python::toNumpy(const void *data, ElementType type, std::span<const int64_t> shape,
                           nb::handle owner) {
  std::vector<size_t> sizes(shape.begin(), shape.end());
  return NumpyArray(const_cast<void *>(data), sizes.size(), sizes.data(), owner, nullptr,
                    numpyTypeOf(type), nb::device::cpu::value);
}

NumpyArray python::toNumpy(OwnedArray array) {
  auto *owned = new OwnedArray(std::move(array));
  nb::capsule owner(owned,
                    [](void *pointer) noexcept { delete static_cast<OwnedArray *>(pointer); });
  return toNumpy(owned->data, owned->element, owned->shape, owner);
}

NumpyArray python::newArray(ElementType type, std::span<const int64_t> shape) {
  int64_t bytes = byteCount(type, shape).value_or(-1);
  if (bytes < 0)
    throw Failed{Fault::Input,
                 "expected a shape whose bytes can be counted, got " + formatShape(shape)};
  void *data = ::operator new(std::max<int64_t>(bytes, 1), std::align_val_t(64));
  nb::capsule owner(
      data, [](void *pointer) noexcept { ::operator delete(pointer, std::align_val_t(64)); });
  return toNumpy(data, type, shape, owner);
}

FloatMatrix python::toMatrix(nb::handle object, const std::string &what) {
  Inputs inputs;
  addInput(inputs, object, what);
  const ArrayView &view = inputs.views.front();
  if (view.element != ElementType::F32)
    throw Failed{Fault::Dtype, what + ": expected f32, got " + std::string(name(view.element))};
  if (view.shape.empty())
    throw Failed{Fault::Input, what + ": expected at least one dimension, K, got a number"};
  std::vector<int64_t> shape = inputs.shapes.front();
  int64_t columns = shape.back();
  int64_t rows = std::accumulate(shape.begin(), shape.end() - 1, int64_t(1), std::multiplies<>());
  return {inputs.arrays.front(), static_cast<const float *>(view.data), rows, columns, shape};
}
