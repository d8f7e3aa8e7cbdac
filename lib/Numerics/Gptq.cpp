//===- Gptq.cpp - Codes whose errors cancel in the results ----------------===//

#include "QLinalg/Numerics/Gptq.h"

#include "PanelCoder.h"

#include <algorithm>

using namespace qlinalg;

double qlinalg::gptq(const Scheme &scheme, const MomentFactor &factor, MatrixView matrix,
                     QuantizedView result, const ForEach &threads) {
  int64_t panelRows = feedbackRows(matrix.columns);
  int64_t panels = (matrix.rows + panelRows - 1) / panelRows;
  std::vector<double> costs(panels);
  forEach(threads, panels, [&](int64_t panel) {
    int64_t first = panel * panelRows, count = std::min(panelRows, matrix.rows - first);
    PanelCoder coder(scheme, first, count, matrix.columns, result);
    MatrixView rows{matrix.data + first * matrix.columns, count, matrix.columns};
    costs[panel] = feedErrors(factor, rows, coder);
    coder.storeCodes();
  });
  double cost = 0;
  for (double part : costs)
    cost += part;
  return cost;
}
