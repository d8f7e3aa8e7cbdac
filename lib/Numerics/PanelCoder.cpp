//===- PanelCoder.cpp - Columns of codes by a scheme ----------------------===//

#include "PanelCoder.h"

#include "Coding.h"
#include "NearestLevels.h"
#include "QLinalg/Numerics/Packing.h"

using namespace qlinalg;

PanelCoder::PanelCoder(const Scheme &scheme, int64_t first, int64_t rows, int64_t columns,
                       QuantizedView stored)
    : scheme(scheme), first(first), rows(rows), columns(columns), stored(stored),
      codes(rows * columns) {
  int64_t groups = groupsPerRow(scheme, columns);
  run = groups > 1 ? scheme.group : std::max<int64_t>(1, columns);
  scales.resize(groups * rows);
  zeros.resize(groups * rows);
  bool isShared = scheme.granularity == Granularity::Tensor;
  Parameters parameters(scheme, groups);
  for (int64_t row = 0; row < rows; ++row) {
    parameters.load(scheme, isShared ? 0 : (first + row) * groups, stored.scales,
                    stored.zeroPoints);
    for (int64_t group = 0; group < groups; ++group) {
      scales[group * rows + row] = parameters.scales[group];
      zeros[group * rows + row] = parameters.zeroPoints[group];
    }
  }
}

void PanelCoder::code(int64_t column, const float *targets, int64_t count, float *decoded) {
  nearestCodes(scheme, targets, count, scalesOf(column), zeroPointsOf(column),
               codes.data() + column * rows, decoded);
}

void PanelCoder::storeCodes() const {
  int bits = bitWidth(scheme.storage);
  int64_t rowBytes = bytesPerRow(bits, columns);
  std::vector<std::byte> row(columns);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t column = 0; column < columns; ++column)
      row[column] = codes[column * rows + i];
    packRows(bits, 1, columns, row.data(), stored.codes + (first + i) * rowBytes);
  }
}

void PanelCoder::storeScales() const {
  int64_t groups = groupsPerRow(scheme, columns);
  Parameters parameters(scheme, groups);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t group = 0; group < groups; ++group) {
      parameters.scales[group] = scales[group * rows + row];
      parameters.zeroPoints[group] = zeros[group * rows + row];
    }
    parameters.store(scheme, (first + row) * groups, stored.scales, stored.zeroPoints);
  }
}

void PanelCoder::loadCodes(int64_t stride, float *decoded) {
  int bits = bitWidth(scheme.storage);
  int64_t rowBytes = bytesPerRow(bits, columns);
  bool isSigned = isInteger(scheme.storage) && !isUnsigned(scheme.storage);
  std::vector<std::byte> row(columns);
  for (int64_t i = 0; i < rows; ++i) {
    unpackRows(bits, isSigned, 1, columns, stored.codes + (first + i) * rowBytes, row.data());
    for (int64_t column = 0; column < columns; ++column)
      codes[column * rows + i] = row[column];
  }
  for (int64_t column = 0; column < columns; ++column)
    decodeRuns(scheme, codesOf(column), rows, 1, scalesOf(column), zeroPointsOf(column),
               decoded + column * stride);
}
