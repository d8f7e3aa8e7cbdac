//===- Call.cpp - Compiled functions over DLPack tensors ------------------===//

#include "QLinalg/Runtime/Call.h"
#include "QLinalg/Runtime/Calibration.h"
#include "QLinalg/Runtime/Invoke.h"
#include "QLinalg/Runtime/Load.h"
#include "QLinalg/Runtime/TypeNames.h"

#include <algorithm>

using namespace qlinalg;

namespace {
struct Row {
  ElementType type;
  uint8_t code;
  uint8_t bits;
};
} // namespace

/// Codes that DLPack 1.1 has and older headers lack.
static constexpr uint8_t kBool = 6, kFloat8E4M3FN = 10, kFloat8E5M2 = 12, kFloat8E8M0FNU = 14;

static constexpr Row table[] = {
    {ElementType::F64, kDLFloat, 64},
    {ElementType::F32, kDLFloat, 32},
    {ElementType::F16, kDLFloat, 16},
    {ElementType::BF16, kDLBfloat, 16},
    {ElementType::F8E4M3FN, kFloat8E4M3FN, 8},
    {ElementType::F8E5M2, kFloat8E5M2, 8},
    {ElementType::F8E8M0FNU, kFloat8E8M0FNU, 8},
    {ElementType::I64, kDLInt, 64},
    {ElementType::I32, kDLInt, 32},
    {ElementType::I16, kDLInt, 16},
    {ElementType::I8, kDLInt, 8},
    {ElementType::U64, kDLUInt, 64},
    {ElementType::U32, kDLUInt, 32},
    {ElementType::U16, kDLUInt, 16},
    {ElementType::U8, kDLUInt, 8},
    {ElementType::Bool, kBool, 8},
};

static thread_local std::string lastError;

static int32_t report(CallError error) {
  lastError = std::move(error.message);
  return static_cast<int32_t>(error.status);
}

static bool isDense(const DLTensor &tensor) {
  if (!tensor.strides)
    return true;
  std::span<const int64_t> shape(tensor.shape, tensor.ndim);
  if (std::ranges::find(shape, 0) != shape.end())
    return true;
  int64_t stride = 1;
  for (int i = tensor.ndim - 1; i >= 0; --i) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != stride)
      return false;
    stride *= tensor.shape[i];
  }
  return true;
}

static std::string expectedOf(int64_t argument) {
  return "argument " + std::to_string(argument) + ": expected ";
}

/// What must hold before a tensor can be looked at as an array.
static std::optional<CallError> readTensor(const TypeDescriptor &type, int64_t index,
                                           const DLTensor *tensor, ArrayView &array) {
  if (!tensor)
    return CallError{Status::Count, expectedOf(index) + describe(type) + ", got a null pointer"};
  if (tensor->ndim < 0 || (tensor->ndim > 0 && !tensor->shape))
    return CallError{Status::Shape,
                     expectedOf(index) + describe(type) + ", got a tensor of no shape"};
  if (tensor->device.device_type != kDLCPU && tensor->device.device_type != kDLCUDAHost)
    return CallError{Status::Device,
                     expectedOf(index) +
                         "a tensor in the memory of the processor (1), got device type " +
                         std::to_string(int(tensor->device.device_type))};
  const DLDataType &dtype = tensor->dtype;
  const Row *row = std::ranges::find_if(table, [&](const Row &row) {
    return row.code == dtype.code && row.bits == dtype.bits && dtype.lanes == 1;
  });
  if (row == std::end(table))
    return CallError{Status::ElementType, expectedOf(index) + describe(type) + ", got type code " +
                                              std::to_string(dtype.code) + " with " +
                                              std::to_string(dtype.bits) + " bits and " +
                                              std::to_string(dtype.lanes) + " lanes"};
  array = {static_cast<const char *>(tensor->data) + tensor->byte_offset, row->type,
           std::span<const int64_t>(tensor->shape, tensor->ndim)};
  return std::nullopt;
}

/// What is left to check once the shape is known to fit.
static std::optional<CallError> checkMemory(int64_t index, const DLTensor &tensor,
                                            const ArrayView &array) {
  std::optional<int64_t> bytes = byteCount(array.element, array.shape);
  if (!bytes)
    return CallError{Status::Shape, expectedOf(index) + "a tensor that fits into memory, got " +
                                        describe(array.element, array.shape)};
  if (*bytes && !tensor.data)
    return CallError{Status::Count, expectedOf(index) + "data, got a null pointer"};
  if (!isDense(tensor)) {
    std::string strides;
    for (int i = 0; i < tensor.ndim; ++i)
      strides += (i ? ", " : "") + std::to_string(tensor.strides[i]);
    return CallError{Status::Strides, expectedOf(index) + "a dense row-major tensor of " +
                                          describe(array.element, array.shape) + ", got strides [" +
                                          strides + "]"};
  }
  return std::nullopt;
}

namespace {
/// A result and the DLPack tensor that gives it away.
struct ManagedResult {
  explicit ManagedResult(OwnedArray result);

  static void *operator new(size_t bytes) { return qlinalg_rt_acquire(64, bytes); }
  static void operator delete(void *memory) { qlinalg_rt_release(memory); }

  DLManagedTensor tensor{};
  OwnedArray array;
};
} // namespace

ManagedResult::ManagedResult(OwnedArray result) : array(std::move(result)) {
  const Row *row = std::ranges::find(table, array.element, &Row::type);
  tensor.dl_tensor.data = array.data;
  tensor.dl_tensor.device = {kDLCPU, 0};
  tensor.dl_tensor.ndim = static_cast<int>(array.shape.size());
  tensor.dl_tensor.dtype = {row->code, row->bits, 1};
  tensor.dl_tensor.shape = array.shape.data();
  tensor.manager_ctx = this;
  tensor.deleter = [](DLManagedTensor *self) {
    delete static_cast<ManagedResult *>(self->manager_ctx);
  };
}

static std::optional<CallError> call(const FunctionSignature &signature,
                                     std::span<const DLTensor *const> inputs,
                                     std::span<DLManagedTensor *> outputs) {
  if (static_cast<int64_t>(outputs.size()) != signature.numResults)
    return CallError{Status::Count, "expected room for " + std::to_string(signature.numResults) +
                                        " results of '" + signature.name + "', got " +
                                        std::to_string(outputs.size())};
  BlockVector<ArrayView> arrays(inputs.size());
  // A wrong number is reported by checkInputs.
  if (static_cast<int64_t>(inputs.size()) == signature.numInputs)
    for (size_t i = 0; i < inputs.size(); ++i)
      if (auto error = readTensor(signature.inputs[i], i, inputs[i], arrays[i]))
        return error;
  if (auto error = checkInputs(signature, arrays))
    return error;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (auto error = checkMemory(i, *inputs[i], arrays[i]))
      return error;
  if (auto loaded = ensureLoaded(*signature.module); !loaded)
    return CallError{Status::Parameters, loaded.error()};
  BlockVector<OwnedArray> results(signature.numResults);
  if (auto error = invoke(signature, arrays, results))
    return error;
  for (size_t i = 0; i < results.size(); ++i)
    outputs[i] = &(new ManagedResult(std::move(results[i])))->tensor;
  return std::nullopt;
}

int32_t qlinalg_rt_call(const FunctionSignature *signature, const DLTensor *const *inputs,
                        int32_t numInputs, DLManagedTensor **outputs, int32_t numOutputs) {
  if (numInputs < 0 || (numInputs > 0 && !inputs) || numOutputs < 0 || (numOutputs > 0 && !outputs))
    return report({Status::Count, "expected arrays of inputs and outputs, got a null pointer"});
  std::fill_n(outputs, numOutputs, nullptr);
  auto error = call(*signature, {inputs, static_cast<size_t>(numInputs)},
                    {outputs, static_cast<size_t>(numOutputs)});
  return error ? report(std::move(*error)) : 0;
}

int32_t qlinalg_rt_load(ModuleDescriptor *module, const char *path) {
  if (!path)
    return report({Status::Count, "expected a path, got a null pointer"});
  auto loaded = loadParameters(*module, {path});
  return loaded ? 0 : report({Status::Parameters, loaded.error()});
}

int32_t qlinalg_rt_write_statistics(ModuleDescriptor *module, const char *path) {
  if (!path)
    return report({Status::Count, "expected a path, got a null pointer"});
  auto written = writeCollectedStatistics(*module, path);
  return written ? 0 : report({Status::Statistics, written.error()});
}

int32_t qlinalg_rt_no_variant(void) {
  return report({Status::Device, "expected a processor that this library was compiled for, got one "
                                 "that lacks instructions of each"});
}

const char *qlinalg_rt_error(void) { return lastError.c_str(); }
