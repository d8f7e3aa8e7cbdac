//===- Codes.cpp - Codes of a matrix for given parameters, and back -------===//

#include "Downcast.h"
#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Numerics/Quantize.h"
#include "RowCoder.h"

using namespace qlinalg;

void qlinalg::encode(const Scheme &scheme, MatrixView matrix, const std::byte *scales,
                     const std::byte *zeroPoints, std::byte *codes) {
  if (isDowncast(scheme.storage))
    return storeFloats(downcastType(scheme.storage), matrix.data, matrix.rows * matrix.columns,
                       codes);
  int64_t rowBytes = bytesPerRow(bitWidth(scheme.storage), matrix.columns);
  int64_t groups = groupsPerRow(scheme, matrix.columns);
  RowCoder coder(scheme, matrix.columns);
  Parameters parameters(scheme, groups);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    bool shared = scheme.granularity == Granularity::Tensor;
    if (!shared || row == 0)
      parameters.load(scheme, row * groups, scales, zeroPoints);
    coder.encode(matrix.data + row * matrix.columns, parameters, codes + row * rowBytes);
  }
}

void qlinalg::dequantize(const Scheme &scheme, int64_t rows, int64_t columns,
                         const std::byte *codes, const std::byte *scales,
                         const std::byte *zeroPoints, float *result) {
  if (isDowncast(scheme.storage))
    return loadFloats(downcastType(scheme.storage), codes, rows * columns, result);
  int64_t rowBytes = bytesPerRow(bitWidth(scheme.storage), columns);
  int64_t groups = groupsPerRow(scheme, columns);
  RowCoder coder(scheme, columns);
  Parameters parameters(scheme, groups);
  for (int64_t row = 0; row < rows; ++row) {
    bool shared = scheme.granularity == Granularity::Tensor;
    if (!shared || row == 0)
      parameters.load(scheme, row * groups, scales, zeroPoints);
    coder.decode(codes + row * rowBytes, parameters, result + row * columns);
  }
}
