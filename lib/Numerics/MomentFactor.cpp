//===- MomentFactor.cpp - Second moments as M D M^T -----------------------===//
//
// A blocked elimination from the last column to the first, in f64 on the packed upper triangle.
// The columns of a block are divided by their pivots; what they say of the columns before them is
// then taken off in tiles.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/MomentFactor.h"

#include "Clones.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace qlinalg;

namespace {

/// Columns of a block; a tile is `tileRows` x `tileColumns`: 12 registers of 4 numbers.
constexpr int64_t blockColumns = 64, tileRows = 6, tileColumns = 8;

/// tile[i][k] = sum over c of left[c][i] * right[c][k].
QLINALG_CLONES void multiplyTile(const double *left, const double *right, int64_t count,
                                 double *__restrict tile) {
  double sums[tileRows][tileColumns] = {};
  for (int64_t c = 0; c < count; ++c)
    for (int64_t i = 0; i < tileRows; ++i)
      for (int64_t k = 0; k < tileColumns; ++k)
        sums[i][k] += left[c * tileRows + i] * right[c * tileColumns + k];
  for (int64_t i = 0; i < tileRows; ++i)
    std::copy_n(sums[i], tileColumns, tile + i * tileColumns);
}

QLINALG_CLONES void subtractMultiple(double factor, const double *from, int64_t count,
                                     double *__restrict to) {
  for (int64_t i = 0; i < count; ++i)
    to[i] -= factor * from[i];
}

class Elimination {
public:
  Elimination(std::vector<double> &triangle, int64_t size, const ForEach &threads)
      : triangle(triangle), size(size), threads(threads), pivots(size) {}

  /// The triangle becomes M, without its diagonal. Gives the column without positive pivot.
  std::optional<int64_t> run() {
    for (int64_t end = size; end > 0;) {
      int64_t begin = (end - 1) / blockColumns * blockColumns;
      if (std::optional<int64_t> column = eliminateBlock(begin, end))
        return column;
      updateBefore(begin, end);
      end = begin;
    }
    return std::nullopt;
  }

  std::vector<double> &getPivots() { return pivots; }

private:
  double *row(int64_t i) { return triangle.data() + ChannelMoments::triangleRow(i, size); }

  /// Columns [begin, end), all their rows.
  std::optional<int64_t> eliminateBlock(int64_t begin, int64_t end) {
    std::vector<double> column(end - begin);
    for (int64_t c = end - 1; c >= begin; --c) {
      double pivot = row(c)[c];
      if (!(pivot > floorOf(c)))
        return c;
      pivots[c] = pivot;
      for (int64_t k = begin; k < c; ++k)
        column[k - begin] = row(k)[c];
      for (int64_t i = 0; i < c; ++i) {
        double *values = row(i);
        values[c] /= pivot;
        int64_t first = std::max(i, begin);
        subtractMultiple(values[c], column.data() + first - begin, c - first, values + first);
      }
    }
    return std::nullopt;
  }

  /// Rows and columns before `begin`, less M D M^T of the block.
  void updateBefore(int64_t begin, int64_t end) {
    int64_t count = end - begin;
    int64_t panels = (begin + tileColumns - 1) / tileColumns;
    int64_t bands = (begin + tileRows - 1) / tileRows;
    // [panel][c][tileColumns] of M, [band][c][tileRows] of M D; 0 beyond the last.
    std::vector<double> right(panels * count * tileColumns), left(bands * count * tileRows);
    for (int64_t i = 0; i < begin; ++i)
      for (int64_t c = 0; c < count; ++c) {
        double value = row(i)[begin + c];
        right[(i / tileColumns * count + c) * tileColumns + i % tileColumns] = value;
        left[(i / tileRows * count + c) * tileRows + i % tileRows] = value * pivots[begin + c];
      }
    forEach(threads, panels, [&](int64_t panel) {
      double tile[tileRows * tileColumns];
      int64_t first = panel * tileColumns, last = std::min(first + tileColumns, begin);
      for (int64_t top = 0; top < last; top += tileRows) {
        multiplyTile(left.data() + top * count, right.data() + first * count, count, tile);
        for (int64_t i = top; i < std::min(top + tileRows, last); ++i)
          for (int64_t k = std::max(i, first); k < last; ++k)
            row(i)[k] -= tile[(i - top) * tileColumns + k - first];
      }
    });
  }

  /// Below this a pivot is what rounding left of nothing.
  double floorOf(int64_t column) {
    if (floors.empty())
      for (int64_t i = 0; i < size; ++i)
        floors.push_back(row(i)[i] * 1e-14);
    return floors[column];
  }

  std::vector<double> &triangle;
  int64_t size;
  const ForEach &threads;
  std::vector<double> pivots, floors;
};

} // namespace

std::string MomentError::message() const {
  switch (kind) {
  case Kind::NoProducts:
    return "expected all products of channels (moments=full), got the diagonal alone";
  case Kind::Empty:
    return "expected an input that was seen and not always 0, got none";
  case Kind::NotFinite:
    return "expected finite second moments, got one that is not in channel " +
           std::to_string(column);
  case Kind::Singular:
    return "expected second moments of full rank, got channel " + std::to_string(column) +
           " that others make up; damping above 0 helps";
  }
  return "";
}

std::optional<MomentError> MomentFactor::compute(const ChannelMoments &moments,
                                                 const FactorOptions &options, MomentFactor &result,
                                                 const ForEach &threads) {
  using Kind = MomentError::Kind;
  int64_t size = moments.channels();
  if (!moments.hasProducts() && size > 0)
    return MomentError{Kind::NoProducts};
  auto productOf = [&](int64_t i, int64_t k) {
    return moments.products[ChannelMoments::triangleRow(std::min(i, k), size) + std::max(i, k)];
  };
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) {
    for (int64_t k = i; k < size; ++k)
      if (!std::isfinite(productOf(i, k)))
        return MomentError{Kind::NotFinite, i};
    sum += productOf(i, i);
  }
  if (!(moments.rows > 0 && sum > 0))
    return MomentError{Kind::Empty};

  result.order.resize(size);
  std::iota(result.order.begin(), result.order.end(), 0);
  if (options.largestFirst)
    std::ranges::sort(result.order, [&](int64_t a, int64_t b) {
      double first = productOf(a, a), second = productOf(b, b);
      return first != second ? first > second : a < b;
    });
  double rows = static_cast<double>(moments.rows);
  double damping = options.damping * sum / rows / static_cast<double>(size);
  std::vector<double> triangle(moments.products.size());
  for (int64_t i = 0; i < size; ++i) {
    double *row = triangle.data() + ChannelMoments::triangleRow(i, size);
    for (int64_t k = i; k < size; ++k)
      row[k] = productOf(result.order[i], result.order[k]) / rows;
    row[i] += damping;
  }
  Elimination elimination(triangle, size, threads);
  if (std::optional<int64_t> column = elimination.run())
    return MomentError{Kind::Singular, result.order[*column]};
  result.prices = std::move(elimination.getPivots());
  result.unitUpper.assign(triangle.begin(), triangle.end());
  return std::nullopt;
}
