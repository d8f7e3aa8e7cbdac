//===- FrozenWeight.cpp - A constant weight becomes codes -----------------===//

#include "FrozenWeight.h"

#include "QLinalg/Numerics/Packing.h"

#include "mlir/IR/MLIRContext.h"

#include <cmath>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

using namespace mlir;

namespace qlinalg {

/// Elements whose codes are handed on at once.
static constexpr int64_t chunkElements = 1 << 23;

/// The sum of what `measure(first, count)` gives for blocks of rows, in their order whichever
/// thread comes first.
static WeightError sumOverBlocks(MLIRContext *context, int64_t begin, int64_t end, int64_t columns,
                                 function_ref<WeightError(int64_t, int64_t)> measure) {
  int64_t block = getBlockRows(columns);
  std::vector<WeightError> errors(llvm::divideCeil(end - begin, block));
  forEachBlock(context, begin, end, columns, [&](int64_t first, int64_t count) {
    errors[(first - begin) / block] = measure(first, count);
  });
  WeightError sum;
  for (const WeightError &error : errors)
    sum += error;
  return sum;
}

/// `view` from row `row` on.
static QuantizedView fromRow(const Scheme &scheme, int64_t columns, QuantizedView view,
                             int64_t row) {
  int64_t scales =
      scheme.granularity == Granularity::Tensor ? 0 : row * scaleCount(scheme, 1, columns);
  if (view.codes)
    view.codes += row * bytesPerRow(bitWidth(scheme.storage), columns);
  if (view.scales)
    view.scales += scales * byteWidth(scheme.scales);
  if (view.zeroPoints)
    view.zeroPoints += scales * (zeroPointWidth(scheme.storage) / 8);
  return view;
}

namespace {
/// The first error by its place in the weight, whichever thread comes first.
class FirstError {
public:
  void report(const QuantizeError &found) {
    std::lock_guard<std::mutex> lock(mutex);
    if (!error || std::pair(found.row, found.column) < std::pair(error->row, error->column))
      error = found;
  }
  std::optional<QuantizeError> error;

private:
  std::mutex mutex;
};

/// The least and the greatest value of a weight, and where the one of greatest magnitude stands.
struct Extremes {
  float least = 0, greatest = 0, largest = 0;
  int64_t row = 0, column = 0;

  void add(float value, int64_t atRow, int64_t atColumn) {
    least = std::min(least, value);
    greatest = std::max(greatest, value);
    float magnitude = std::fabs(value);
    bool earlier = std::pair(atRow, atColumn) < std::pair(row, column);
    if (magnitude > largest || (magnitude == largest && earlier)) {
      largest = magnitude;
      row = atRow;
      column = atColumn;
    }
  }
};
} // namespace

/// The parameters that all rows share, in one pass over the weight: they depend on its extremes
/// alone.
static std::optional<QuantizeError> chooseShared(MLIRContext *context, const Scheme &scheme,
                                                 const WeightRows &rows, FloatSource source,
                                                 QuantizedView params) {
  int64_t columns = rows.getColumns();
  FirstError wrong;
  Extremes all;
  std::mutex mutex;
  forEachBlock(context, 0, rows.getRows(), columns, [&](int64_t first, int64_t count) {
    std::vector<float> values(count * columns);
    rows.read(source, first, count, values.data());
    Extremes block;
    block.row = first;
    for (int64_t i = 0, e = values.size(); i < e; ++i) {
      int64_t row = first + i / columns, column = i % columns;
      if (!std::isfinite(values[i]))
        return wrong.report({QuantizeError::Kind::NotFinite, row, column, values[i]});
      block.add(values[i], row, column);
    }
    std::lock_guard<std::mutex> lock(mutex);
    all.add(block.least, block.row, block.column);
    all.add(block.greatest, block.row, block.column);
  });
  if (wrong.error)
    return wrong.error;
  float extremes[] = {all.least, all.greatest};
  std::byte codes[2 * sizeof(float)];
  params.codes = codes;
  std::optional<QuantizeError> error = quantize(scheme, Method::Nearest, {extremes, 1, 2}, params);
  if (error) {
    error->row = all.row;
    error->column = all.column;
  }
  return error;
}

/// Parameters and codes of rows that share none with others.
static std::optional<QuantizeError> quantizeRows(const Scheme &scheme, const WeightMethod &method,
                                                 MatrixView matrix, QuantizedView view,
                                                 std::span<int64_t> counts) {
  if (!method.ranges || isDowncast(scheme.storage))
    return quantize(scheme, method.method, matrix, view);
  if (std::optional<QuantizeError> error =
          chooseRanges(scheme, *method.ranges, matrix, view.scales, view.zeroPoints, counts))
    return error;
  encode(scheme, matrix, view.scales, view.zeroPoints, view.codes);
  return std::nullopt;
}

/// The parameters are those of the whole range.
static bool needsExtremesAlone(const WeightMethod &method) {
  if (!method.ranges)
    return method.method == Method::Nearest;
  return method.ranges->kind == RangeKind::MinMax || method.ranges->kind == RangeKind::Average;
}

/// Codes of one method for the whole weight.
static std::optional<QuantizeError> chooseWhole(MLIRContext *context, const Scheme &scheme,
                                                const WeightMethod &method,
                                                const WeightInput &input, MatrixView matrix,
                                                QuantizedView view, std::span<int64_t> counts) {
  if (!method.codes)
    return quantizeRows(scheme, method, matrix, view, counts);
  return chooseCodes(scheme, *method.codes, input.model ? &*input.model : nullptr, matrix, view,
                     threadsOf(context));
}

namespace {
/// What is stored of a weight.
struct StoredWeight {
  std::vector<std::byte> codes;
  FrozenParams params;

  StoredWeight(const Scheme &scheme, MatrixView matrix, const FrozenParams &sizes)
      : codes(matrix.rows * bytesPerRow(bitWidth(scheme.storage), matrix.columns)), params(sizes) {}
  QuantizedView view() {
    return {codes.data(), params.scales.empty() ? nullptr : params.scales.data(),
            params.zeroPoints.empty() ? nullptr : params.zeroPoints.data()};
  }
};
} // namespace

/// What `auto` tries where there are statistics.
static constexpr StringLiteral triedMethods[] = {"mse", "weighted", "hqq", "gptq", "rounding"};

/// The codes of least output error, the earliest of those alike.
static std::optional<QuantizeError> chooseBest(MLIRContext *context, const Scheme &scheme,
                                               const WeightInput &input, MatrixView matrix,
                                               StoredWeight &best, AutoTaken &taken) {
  double least = std::numeric_limits<double>::infinity();
  StoredWeight other = best;
  for (StringRef name : triedMethods) {
    if (std::optional<QuantizeError> error =
            chooseWhole(context, scheme, *parseWeightMethod(name), input, matrix, other.view(), {}))
      return error;
    double share =
        outputError(scheme, *input.judged, matrix, other.view(), threadsOf(context)).share();
    if (share < least) {
      least = share;
      taken.best = taken.tried.size();
      std::swap(best, other);
    }
    taken.tried.emplace_back(name.str(), share);
  }
  return std::nullopt;
}

/// All of the weight at once.
static std::optional<QuantizeError> freezeWhole(MLIRContext *context, const Scheme &scheme,
                                                const WeightMethod &method,
                                                const WeightInput &input, const WeightRows &rows,
                                                FloatSource source, FrozenParams &params,
                                                AutoTaken &taken,
                                                function_ref<void(const FrozenRows &)> consume) {
  int64_t columns = rows.getColumns();
  std::vector<float> values(rows.getRows() * columns);
  forEachBlock(context, 0, rows.getRows(), columns, [&](int64_t first, int64_t count) {
    rows.read(source, first, count, values.data() + first * columns);
  });
  MatrixView matrix{values.data(), rows.getRows(), columns};
  StoredWeight stored(scheme, matrix, params);
  std::optional<QuantizeError> error =
      method.isAuto() && input.judged
          ? chooseBest(context, scheme, input, matrix, stored, taken)
          : chooseWhole(context, scheme, method, input, matrix, stored.view(), taken.counts);
  if (error)
    return error;
  WeightError cost =
      sumOverBlocks(context, 0, rows.getRows(), columns, [&](int64_t first, int64_t count) {
        return measureWeight(scheme, {values.data() + first * columns, count, columns},
                             fromRow(scheme, columns, stored.view(), first));
      });
  // Into the same memory, to which views point.
  llvm::copy(stored.params.scales, params.scales.begin());
  llvm::copy(stored.params.zeroPoints, params.zeroPoints.begin());
  consume({0, rows.getRows(), stored.codes,
           params.zeroPoints.empty() ? nullptr : params.zeroPoints.data(), cost});
  return std::nullopt;
}

namespace {
/// Rows whose scales are codes: the scales as numbers meanwhile.
class RoundedScales {
public:
  RoundedScales(const StoredSchemes &schemes, int64_t columns, FrozenParams &params)
      : schemes(schemes), columns(columns), groups(groupsPerRow(schemes.codes, columns)),
        params(params) {}

  /// `quantizeRows` of rows from `first` on; `view.scales` become the scales as numbers, which live
  /// as long as this.
  std::optional<QuantizeError> quantize(const WeightMethod &method, MatrixView matrix,
                                        int64_t first, QuantizedView &view,
                                        std::span<int64_t> counts) {
    floats.resize(matrix.rows * groups);
    view.scales = reinterpret_cast<std::byte *>(floats.data());
    if (std::optional<QuantizeError> error =
            quantizeRows(schemes.codes, method, matrix, view, counts))
      return error;
    // A group of zeros asks for nothing: its scale is 0 and not 1, by which others would suffer.
    forEachGroup(matrix, [&](const float *values, int64_t count, float &scale) {
      if (std::all_of(values, values + count, [](float value) { return value == 0; }))
        scale = 0;
    });
    const Scheme &scheme = *schemes.scales;
    QuantizedView rounded =
        fromRow(scheme, groups, {params.scales.data(), params.scaleScales.data(), nullptr}, first);
    if (std::optional<QuantizeError> error =
            roundScales(scheme, matrix.rows, groups, floats.data(), rounded)) {
      // A scale is that of the first weight of its group.
      error->column *= schemes.codes.group;
      return error;
    }
    // 0 / 0 has no code.
    std::replace(floats.begin(), floats.end(), 0.0F, 1.0F);
    encode(schemes.codes, matrix, view.scales, view.zeroPoints, view.codes);
    return std::nullopt;
  }

private:
  void forEachGroup(MatrixView matrix, function_ref<void(const float *, int64_t, float &)> body) {
    int64_t group = schemes.codes.group;
    for (int64_t i = 0; i < matrix.rows * groups; ++i) {
      int64_t first = i % groups * group;
      body(matrix.data + i / groups * columns + first, std::min(group, columns - first), floats[i]);
    }
  }

  const StoredSchemes &schemes;
  int64_t columns, groups;
  FrozenParams &params;
  std::vector<float> floats;
};
} // namespace

/// Room for the parameters of `rows` rows.
static void allocateParams(const StoredSchemes &schemes, int64_t rows, int64_t columns,
                           FrozenParams &params) {
  const Scheme &scheme = schemes.codes;
  int64_t scales = isDowncast(scheme.storage) ? 0 : scaleCount(scheme, rows, columns);
  params.zeroPoints.resize(storesZeroPoints(scheme) ? scales * zeroPointWidth(scheme.storage) / 8
                                                    : 0);
  if (!schemes.scales) {
    params.scales.resize(scales * byteWidth(scheme.scales));
    return;
  }
  int64_t groups = groupsPerRow(scheme, columns);
  params.scales.resize(rows * bytesPerRow(bitWidth(schemes.scales->storage), groups));
  params.scaleScales.resize(scaleCount(*schemes.scales, rows, groups) *
                            byteWidth(schemes.scales->scales));
}

std::optional<QuantizeError> freezeWeight(MLIRContext *context, const StoredSchemes &schemes,
                                          const WeightMethod &method, const WeightInput &input,
                                          const WeightRows &rows, FloatSource source,
                                          FrozenParams &params, AutoTaken &taken,
                                          function_ref<void(const FrozenRows &)> consume) {
  const Scheme &scheme = schemes.codes;
  int64_t columns = rows.getColumns();
  std::vector<int64_t> &counts = taken.counts;
  counts.assign(automaticMethods().size(), 0);
  bool hasScales = !isDowncast(scheme.storage);
  bool isShared = hasScales && scheme.granularity == Granularity::Tensor;
  allocateParams(schemes, rows.getRows(), columns, params);
  QuantizedView whole{nullptr, hasScales ? params.scales.data() : nullptr,
                      params.zeroPoints.empty() ? nullptr : params.zeroPoints.data()};
  bool isWhole = hasScales && (method.codes || (method.isAuto() && input.judged));
  if (isWhole || (isShared && !needsExtremesAlone(method)))
    return freezeWhole(context, scheme, method, input, rows, source, params, taken, consume);
  if (isShared)
    if (std::optional<QuantizeError> error = chooseShared(context, scheme, rows, source, whole))
      return error;

  int64_t rowBytes = bytesPerRow(bitWidth(scheme.storage), columns);
  int64_t chunk = std::max<int64_t>(1, chunkElements / columns);
  std::vector<std::byte> codes;
  for (int64_t begin = 0; begin < rows.getRows(); begin += chunk) {
    int64_t end = std::min(begin + chunk, rows.getRows());
    codes.resize((end - begin) * rowBytes);
    FirstError wrong;
    std::mutex mutex;
    auto quantizeBlock = [&](int64_t first, int64_t count) {
      std::vector<float> values(count * columns);
      rows.read(source, first, count, values.data());
      QuantizedView view = fromRow(scheme, columns, whole, first);
      view.codes = codes.data() + (first - begin) * rowBytes;
      MatrixView matrix{values.data(), count, columns};
      if (isShared) {
        encode(scheme, matrix, view.scales, view.zeroPoints, view.codes);
        return measureWeight(scheme, matrix, view);
      }
      std::vector<int64_t> own(counts.size());
      RoundedScales rounded(schemes, columns, params);
      std::optional<QuantizeError> error = schemes.scales
                                               ? rounded.quantize(method, matrix, first, view, own)
                                               : quantizeRows(scheme, method, matrix, view, own);
      if (error) {
        error->row += first;
        wrong.report(*error);
        return WeightError();
      }
      {
        std::lock_guard<std::mutex> lock(mutex);
        for (auto [count, more] : llvm::zip(counts, own))
          count += more;
      }
      return measureWeight(scheme, matrix, view);
    };
    WeightError error = sumOverBlocks(context, begin, end, columns, quantizeBlock);
    if (wrong.error)
      return wrong.error;
    consume({begin, end - begin, codes, fromRow(scheme, columns, whole, begin).zeroPoints, error});
  }
  return std::nullopt;
}

WeightError measureWeight(MLIRContext *context, const Scheme &scheme, const WeightRows &rows,
                          FloatSource source, QuantizedView codes) {
  int64_t columns = rows.getColumns();
  return sumOverBlocks(context, 0, rows.getRows(), columns, [&](int64_t first, int64_t count) {
    std::vector<float> values(count * columns);
    rows.read(source, first, count, values.data());
    return measureWeight(scheme, {values.data(), count, columns},
                         fromRow(scheme, columns, codes, first));
  });
}

} // namespace qlinalg
