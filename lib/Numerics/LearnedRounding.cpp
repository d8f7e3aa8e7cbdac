//===- LearnedRounding.cpp - Codes chosen again, one by one ---------------===//
//
// Panels of rows, blocks of columns: the gradient E H of a block is computed from all errors, then
// kept up to date inside the block while its scales and codes change.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/LearnedRounding.h"

#include "ChooseRuns.h"
#include "Coding.h"
#include "PanelCoder.h"
#include "RowTiles.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

namespace {

constexpr int64_t longestFitted = 128;
constexpr int64_t blockColumns = 8 * columnTile;

class PanelDescent {
public:
  PanelDescent(const Scheme &scheme, const MeanMoments &moments, MatrixView panel,
               PanelCoder &coder)
      : scheme(scheme), moments(moments), panel(panel), coder(coder), columns(panel.columns),
        stride(rowStride(panel.rows)), decoded(columns * stride), errors(columns * stride) {
    coder.loadCodes(stride, decoded.data());
    for (int64_t k = 0; k < columns; ++k)
      takeErrors(k);
  }

  void run(const RoundingOptions &options) {
    bool fits = options.fitsScales && scheme.granularity != Granularity::Tensor &&
                coder.runLength() <= longestFitted;
    int64_t block = fits ? coder.runLength() : blockColumns;
    block = std::max<int64_t>(1, block);
    for (int pass = 0; pass < options.passes; ++pass)
      for (int64_t begin = 0; begin < columns; begin += block) {
        int64_t end = std::min(begin + block, columns);
        findGradient(begin, end);
        if (fits && pass + 1 < options.passes)
          fitScales(begin, end);
        for (int64_t k = begin; k < end; ++k)
          improveColumn(k, begin, end);
      }
    coder.storeCodes();
    if (fits)
      coder.storeScales();
  }

private:
  void takeErrors(int64_t k) {
    for (int64_t r = 0; r < panel.rows; ++r)
      errors[k * stride + r] = decoded[k * stride + r] - panel.data[r * columns + k];
  }

  /// -E H of the columns [begin, end).
  void findGradient(int64_t begin, int64_t end) {
    descent.assign((end - begin) * stride, 0);
    subtractProducts(
        errors.data(), columns, stride, [&](int64_t i) { return moments.row(i); }, begin, end,
        packed, descent.data());
  }

  /// The code nearest to where the cost is least.
  void improveColumn(int64_t k, int64_t begin, int64_t end) {
    float *own = decoded.data() + k * stride;
    const float *downhill = descent.data() + (k - begin) * stride;
    float curvature = moments.row(k)[k];
    before.assign(own, own + panel.rows);
    for (int64_t r = 0; r < panel.rows; ++r)
      own[r] += downhill[r] / curvature;
    coder.code(k, own, panel.rows, own);
    for (int64_t r = 0; r < panel.rows; ++r)
      before[r] = own[r] - before[r];
    takeErrors(k);
    for (int64_t i = begin; i < end; ++i)
      subtractMultiple(before.data(), moments.row(k)[i], panel.rows,
                       descent.data() + (i - begin) * stride);
  }

  /// Of the run [begin, end), whose levels l stay: the cost of scale + d is
  /// d^2 l H l^T - 2 d l (-E H)^T more.
  void fitScales(int64_t begin, int64_t end) {
    int64_t count = end - begin;
    levels.assign(count * stride, 0);
    unit.assign(panel.rows, 1.0f);
    for (int64_t k = begin; k < end; ++k)
      decodeRuns(scheme, coder.codesOf(k), panel.rows, 1, unit.data(), coder.zeroPointsOf(k),
                 levels.data() + (k - begin) * stride);
    told.assign(count * stride, 0);
    subtractProducts(
        levels.data(), count, stride, [&](int64_t i) { return moments.row(begin + i); }, begin, end,
        packed, told.data());
    float *scales = coder.scalesOf(begin);
    for (int64_t r = 0; r < panel.rows; ++r) {
      double curvature = 0, slope = 0;
      for (int64_t k = 0; k < count; ++k) {
        double level = levels[k * stride + r];
        curvature -= level * told[k * stride + r];
        slope += level * descent[k * stride + r];
      }
      if (!(curvature > 0))
        continue;
      float fitted = storedScale(scheme, scales[r] + slope / curvature);
      double step = static_cast<double>(fitted) - scales[r];
      if (fitted == 0 || !(curvature * step * step < 2 * step * slope))
        continue;
      scales[r] = fitted;
      for (int64_t k = 0; k < count; ++k) {
        int64_t place = (begin + k) * stride + r;
        decoded[place] = levels[k * stride + r] * fitted;
        errors[place] = decoded[place] - panel.data[r * columns + begin + k];
        descent[k * stride + r] += static_cast<float>(step) * told[k * stride + r];
      }
    }
  }

  const Scheme &scheme;
  const MeanMoments &moments;
  MatrixView panel;
  PanelCoder &coder;
  int64_t columns, stride;
  /// [columns][stride]; of a block: [its columns][stride].
  std::vector<float> decoded, errors, descent, levels, told;
  std::vector<float> packed, before, unit;
};

} // namespace

void qlinalg::learnRounding(const Scheme &scheme, const MeanMoments &moments, MatrixView matrix,
                            const RoundingOptions &options, QuantizedView result,
                            const ForEach &threads) {
  int64_t panelRows = feedbackRows(matrix.columns);
  forEach(threads, (matrix.rows + panelRows - 1) / panelRows, [&](int64_t panel) {
    int64_t first = panel * panelRows, count = std::min(panelRows, matrix.rows - first);
    PanelCoder coder(scheme, first, count, matrix.columns, result);
    MatrixView rows{matrix.data + first * matrix.columns, count, matrix.columns};
    PanelDescent(scheme, moments, rows, coder).run(options);
  });
}
