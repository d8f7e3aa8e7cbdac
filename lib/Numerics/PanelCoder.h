//===- PanelCoder.h - Columns of codes by a scheme --------------*- C++ -*-===//
//
// The coder of error feedback for a scheme whose parameters are chosen.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_PANELCODER_H
#define QLINALG_NUMERICS_PANELCODER_H

#include "Parameters.h"
#include "QLinalg/Numerics/ErrorFeedback.h"

#include <vector>

namespace qlinalg {

/// Rows [first, first + rows) of a weight of `columns`, whose parameters `stored` has. Storages of
/// at most 8 bits that have scales.
class PanelCoder : public ColumnCoder {
public:
  PanelCoder(const Scheme &scheme, int64_t first, int64_t rows, int64_t columns,
             QuantizedView stored);

  void code(int64_t column, const float *targets, int64_t count, float *decoded) override;

  /// Writes all codes, packed, to where `stored` has those of these rows.
  void storeCodes() const;
  /// Reads them, and gives what they decode to, [columns][stride].
  void loadCodes(int64_t stride, float *decoded);

  /// Columns that share a scale.
  int64_t runLength() const { return run; }
  /// Of all rows of the panel, for the run of `column`.
  float *scalesOf(int64_t column) { return scales.data() + column / run * rows; }
  const int32_t *zeroPointsOf(int64_t column) const { return zeros.data() + column / run * rows; }
  const std::byte *codesOf(int64_t column) const { return codes.data() + column * rows; }
  void storeScales() const;

private:
  const Scheme &scheme;
  int64_t first, rows, columns, run;
  QuantizedView stored;
  /// [runs][rows]
  std::vector<float> scales;
  std::vector<int32_t> zeros;
  /// [columns][rows]
  std::vector<std::byte> codes;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_PANELCODER_H
