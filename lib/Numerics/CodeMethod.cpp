//===- CodeMethod.cpp - Codes of a weight by its input's moments ----------===//

#include "QLinalg/Numerics/CodeMethod.h"

#include "QLinalg/Numerics/ErrorFeedback.h"
#include "QLinalg/Numerics/Gptq.h"
#include "QLinalg/Numerics/Hqq.h"
#include "QLinalg/Numerics/LearnedRounding.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/ScaleSearch.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

static constexpr std::string_view names[] = {"weighted", "hqq", "gptq", "rounding"};

std::string_view qlinalg::name(CodeMethod method) { return names[static_cast<int>(method)]; }

std::optional<CodeMethod> qlinalg::parseCodeMethod(std::string_view name) {
  for (auto [i, known] : {std::pair(0, names[0]), {1, names[1]}, {2, names[2]}, {3, names[3]}})
    if (known == name)
      return static_cast<CodeMethod>(i);
  return std::nullopt;
}

MomentsNeeded qlinalg::momentsNeeded(CodeMethod method) {
  switch (method) {
  case CodeMethod::Weighted:
    return MomentsNeeded::Diagonal;
  case CodeMethod::Hqq:
    return MomentsNeeded::None;
  case CodeMethod::Gptq:
  case CodeMethod::Rounding:
    return MomentsNeeded::Products;
  }
  return MomentsNeeded::None;
}

std::optional<MomentError> InputModel::make(const ChannelMoments &moments, MomentsNeeded needed,
                                            InputModel &result, double damping,
                                            const ForEach &threads) {
  using Kind = MomentError::Kind;
  result = {};
  for (int64_t i = 0; i < moments.channels(); ++i)
    if (!std::isfinite(moments.squares[i]))
      return MomentError{Kind::NotFinite, i};
  if (moments.rows == 0 ||
      std::ranges::all_of(moments.squares, [](double square) { return square == 0; }))
    return MomentError{Kind::Empty};
  for (double square : moments.squares)
    result.importance.push_back(square / static_cast<double>(moments.rows));
  if (needed != MomentsNeeded::Products)
    return std::nullopt;
  if (std::optional<MomentError> error = MomentFactor::compute(
          moments, {damping, /*largestFirst=*/true}, result.factor.emplace(), threads))
    return error;
  result.damped.emplace(moments, damping);
  return std::nullopt;
}

namespace {

/// Rows [first, first + count) of a matrix, and where their parameters are.
class RowBlock {
public:
  RowBlock(const Scheme &scheme, MatrixView matrix, QuantizedView result, int64_t first,
           int64_t count)
      : matrix{matrix.data + first * matrix.columns, count, matrix.columns}, view(result) {
    if (scheme.granularity == Granularity::Tensor)
      return;
    int64_t scales = first * scaleCount(scheme, 1, matrix.columns);
    view.codes += first * bytesPerRow(bitWidth(scheme.storage), matrix.columns);
    view.scales += scales * byteWidth(scheme.scales);
    if (view.zeroPoints)
      view.zeroPoints += scales * zeroPointWidth(scheme.storage) / 8;
  }

  MatrixView matrix;
  QuantizedView view;
};

std::optional<QuantizeError> chooseParameters(const Scheme &scheme, CodeMethod method,
                                              const InputModel *input, const RowBlock &rows) {
  if (method == CodeMethod::Hqq)
    return hqq(scheme, rows.matrix, {}, rows.view.scales, rows.view.zeroPoints);
  return searchScales(scheme, rows.matrix, {input->getImportance(), 2}, rows.view.scales,
                      rows.view.zeroPoints);
}

} // namespace

std::optional<QuantizeError> qlinalg::chooseCodes(const Scheme &scheme, CodeMethod method,
                                                  const InputModel *input, MatrixView matrix,
                                                  QuantizedView result, const ForEach &threads) {
  if (isDowncast(scheme.storage))
    return quantize(scheme, Method::Nearest, matrix, result);
  bool whole = scheme.granularity == Granularity::Tensor;
  int64_t blockRows = whole ? std::max<int64_t>(1, matrix.rows) : feedbackRows(matrix.columns);
  int64_t blocks = (matrix.rows + blockRows - 1) / blockRows;
  bool isNearest = momentsNeeded(method) != MomentsNeeded::Products || bitWidth(scheme.storage) > 8;
  std::vector<std::optional<QuantizeError>> errors(blocks);
  forEach(threads, blocks, [&](int64_t block) {
    int64_t first = block * blockRows;
    RowBlock rows(scheme, matrix, result, first, std::min(blockRows, matrix.rows - first));
    errors[block] = chooseParameters(scheme, method, input, rows);
    if (errors[block])
      errors[block]->row += first;
    else if (isNearest)
      encode(scheme, rows.matrix, rows.view.scales, rows.view.zeroPoints, rows.view.codes);
  });
  for (const std::optional<QuantizeError> &error : errors)
    if (error)
      return error;
  if (isNearest)
    return std::nullopt;
  gptq(scheme, input->getFactor(), matrix, result, threads);
  if (method == CodeMethod::Rounding)
    learnRounding(scheme, input->getDamped(), matrix, {}, result, threads);
  return std::nullopt;
}
