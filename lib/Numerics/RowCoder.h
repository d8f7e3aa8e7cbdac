//===- RowCoder.h - Packed rows of codes ------------------------*- C++ -*-===//
//
// Codes of whole rows as they are stored, with the memory that holds those
// below 8 bits between packing and coding.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_ROWCODER_H
#define QLINALG_NUMERICS_ROWCODER_H

#include "Coding.h"
#include "Parameters.h"
#include "QLinalg/Numerics/Packing.h"

namespace qlinalg {

/// For any storage that has scales.
class RowCoder {
public:
  RowCoder(const Scheme &scheme, int64_t columns)
      : scheme(scheme), columns(columns), bits(bitWidth(scheme.storage)),
        run(groupsPerRow(scheme, columns) > 1 ? scheme.group : columns),
        unpacked(bits < 8 ? columns : 0) {}

  void encode(const float *row, const Parameters &parameters, std::byte *packed) {
    std::byte *codes = bits < 8 ? unpacked.data() : packed;
    encodeRuns(scheme, row, columns, run, parameters.scales.data(), parameters.zeroPoints.data(),
               codes);
    if (bits < 8)
      packRows(bits, 1, columns, codes, packed);
  }

  void decode(const std::byte *packed, const Parameters &parameters, float *row) {
    if (bits < 8)
      unpackRows(bits, isSigned, 1, columns, packed, unpacked.data());
    const std::byte *codes = bits < 8 ? unpacked.data() : packed;
    decodeRuns(scheme, codes, columns, run, parameters.scales.data(), parameters.zeroPoints.data(),
               row);
  }

  int64_t runLength() const { return run; }

private:
  const Scheme &scheme;
  int64_t columns;
  int bits;
  int64_t run;
  bool isSigned = isInteger(scheme.storage) && !isUnsigned(scheme.storage);
  std::vector<std::byte> unpacked;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_ROWCODER_H
