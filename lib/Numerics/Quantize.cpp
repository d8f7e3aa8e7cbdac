//===- Quantize.cpp - Parameters and codes of a matrix --------------------===//

#include "QLinalg/Numerics/Quantize.h"

#include "Downcast.h"
#include "Methods.h"
#include "QLinalg/Numerics/Packing.h"
#include "RowCoder.h"

using namespace qlinalg;

namespace {

std::optional<RunError> chooseParameters(const Scheme &scheme, Method method, const float *values,
                                         int64_t count, int64_t run, Parameters &parameters) {
  if (std::optional<RunError> error = chooseNearest(scheme, values, count, run, parameters))
    return error;
  if (method == Method::MSE)
    improveMSE(scheme, values, count, run, parameters);
  return std::nullopt;
}

QuantizeError inMatrix(const RunError &error, int64_t firstRow, int64_t columns, FloatType type) {
  return {error.kind, firstRow + error.position / columns, error.position % columns, error.value,
          type};
}

std::optional<QuantizeError> quantizeTensor(const Scheme &scheme, Method method, MatrixView matrix,
                                            QuantizedView result) {
  int64_t count = matrix.rows * matrix.columns;
  Parameters parameters(scheme, 1);
  parameters.scales[0] = 1; // of a matrix without elements
  if (count > 0)
    if (std::optional<RunError> error =
            chooseParameters(scheme, method, matrix.data, count, count, parameters))
      return inMatrix(*error, 0, matrix.columns, scheme.scales);
  parameters.store(scheme, 0, result.scales, result.zeroPoints);
  encode(scheme, matrix, result.scales, result.zeroPoints, result.codes);
  return std::nullopt;
}

/// A row at a time: the second look at its values finds them in the cache.
std::optional<QuantizeError> quantizeRows(const Scheme &scheme, Method method, MatrixView matrix,
                                          QuantizedView result) {
  int64_t rowBytes = bytesPerRow(bitWidth(scheme.storage), matrix.columns);
  int64_t groups = groupsPerRow(scheme, matrix.columns);
  RowCoder coder(scheme, matrix.columns);
  Parameters parameters(scheme, groups);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    const float *values = matrix.data + row * matrix.columns;
    if (std::optional<RunError> error =
            chooseParameters(scheme, method, values, matrix.columns, coder.runLength(), parameters))
      return inMatrix(*error, row, matrix.columns, scheme.scales);
    parameters.store(scheme, row * groups, result.scales, result.zeroPoints);
    coder.encode(values, parameters, result.codes + row * rowBytes);
  }
  return std::nullopt;
}

} // namespace

std::string_view qlinalg::name(Method method) {
  return method == Method::Nearest ? "nearest" : "mse";
}

std::optional<Method> qlinalg::parseMethod(std::string_view name) {
  for (Method method : {Method::Nearest, Method::MSE})
    if (qlinalg::name(method) == name)
      return method;
  return std::nullopt;
}

int64_t qlinalg::scaleCount(const Scheme &scheme, int64_t rows, int64_t columns) {
  if (isDowncast(scheme.storage))
    return 0;
  return scheme.granularity == Granularity::Tensor ? 1 : rows * groupsPerRow(scheme, columns);
}

std::optional<QuantizeError> qlinalg::quantize(const Scheme &scheme, Method method,
                                               MatrixView matrix, QuantizedView result) {
  if (isDowncast(scheme.storage))
    return downcast(scheme.storage, matrix, result.codes);
  return scheme.granularity == Granularity::Tensor ? quantizeTensor(scheme, method, matrix, result)
                                                   : quantizeRows(scheme, method, matrix, result);
}
