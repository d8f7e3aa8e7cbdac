//===- ErrorFeedbackTest.cpp - Later columns make up for earlier ones -----===//

#include "QLinalg/Numerics/ErrorFeedback.h"

#include "QLinalg/Numerics/OutputError.h"
#include "QuantizedMatrix.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <numeric>

using namespace qlinalg;

namespace {

/// Rows whose channels depend on one another and differ in size.
ChannelMoments correlated(int64_t channels, int64_t rows, unsigned seed) {
  std::vector<float> noise = randomNormal(rows * channels, seed), x(noise);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t k = 1; k < channels; ++k) {
      float size = 1 + static_cast<float>(k * 7 % 11);
      x[row * channels + k] = 0.7f * x[row * channels + k - 1] + size * noise[row * channels + k];
    }
  ChannelMoments moments(channels, true);
  moments.update(x.data(), rows);
  return moments;
}

ChannelMoments identity(int64_t channels) {
  ChannelMoments moments(channels, true);
  moments.rows = 1;
  for (int64_t i = 0; i < channels; ++i)
    moments.products[ChannelMoments::triangleRow(i, channels) + i] = moments.squares[i] = 1;
  return moments;
}

MomentFactor factorOf(const ChannelMoments &moments, FactorOptions options = {}) {
  MomentFactor factor;
  std::optional<MomentError> error = MomentFactor::compute(moments, options, factor);
  EXPECT_FALSE(error) << error->message();
  return factor;
}

/// To multiples of `step`; remembers what came.
struct Grid : ColumnCoder {
  explicit Grid(float step) : step(step) {}
  void code(int64_t column, const float *targets, int64_t count, float *decoded) override {
    columns.push_back(column);
    for (int64_t i = 0; i < count; ++i)
      decoded[i] = std::nearbyint(targets[i] / step) * step;
    results[column].assign(decoded, decoded + count);
  }
  float step;
  std::vector<int64_t> columns;
  std::map<int64_t, std::vector<float>> results;
};

/// Codes all rows, `rows` of them a panel, and gives what they decode to, [rows, columns].
std::vector<float> codeAll(const MomentFactor &factor, const std::vector<float> &weight,
                           int64_t panelRows, float step, double *cost = nullptr) {
  int64_t columns = factor.columns(), rows = static_cast<int64_t>(weight.size()) / columns;
  std::vector<float> decoded(weight.size());
  for (int64_t first = 0; first < rows; first += panelRows) {
    int64_t count = std::min(panelRows, rows - first);
    Grid grid(step);
    double part = feedErrors(factor, {weight.data() + first * columns, count, columns}, grid);
    if (cost)
      *cost += part;
    for (auto &[column, results] : grid.results)
      for (int64_t row = 0; row < count; ++row)
        decoded[(first + row) * columns + column] = results[row];
  }
  return decoded;
}

double costOf(const ChannelMoments &moments, const std::vector<float> &weight,
              const std::vector<float> &decoded) {
  int64_t columns = moments.channels(), rows = static_cast<int64_t>(weight.size()) / columns;
  return outputError(MeanMoments(moments), {weight.data(), rows, columns}, decoded.data()).error;
}

/// M D M^T is the damped, permuted H; of sizes around those of blocks and tiles.
TEST(MomentFactor, IsAFactor) {
  for (int64_t channels : {1, 7, 64, 65, 150}) {
    for (bool largestFirst : {true, false}) {
      ChannelMoments moments = correlated(channels, 300, 1);
      MomentFactor factor = factorOf(moments, {0.02, largestFirst});
      double trace = std::accumulate(moments.squares.begin(), moments.squares.end(), 0.0) / 300;
      double mean = trace / static_cast<double>(channels);
      for (int64_t i = 0; i < channels; ++i)
        for (int64_t k = i; k < channels; ++k) {
          double product = 0;
          for (int64_t c = k; c < channels; ++c)
            product += (c == i ? 1.0 : factor.row(i)[c]) * factor.price(c) *
                       (c == k ? 1.0 : factor.row(k)[c]);
          int64_t a = std::min(factor.column(i), factor.column(k));
          int64_t b = std::max(factor.column(i), factor.column(k));
          double wanted = moments.products[ChannelMoments::triangleRow(a, channels) + b] / 300;
          wanted += i == k ? 0.02 * mean : 0;
          // M is rounded to f32.
          ASSERT_NEAR(product, wanted, 1e-5 * trace) << channels << ": " << i << ", " << k;
        }
    }
  }
}

TEST(MomentFactor, TakesTheLargestFirst) {
  ChannelMoments moments = identity(4);
  for (int64_t i = 0; i < 4; ++i)
    moments.products[ChannelMoments::triangleRow(i, 4) + i] = std::vector{2, 5, 5, 1}[i];
  MomentFactor factor = factorOf(moments);
  EXPECT_EQ(factor.column(0), 1);
  EXPECT_EQ(factor.column(1), 2);
  EXPECT_EQ(factor.column(2), 0);
  EXPECT_EQ(factor.column(3), 3);
}

TEST(MomentFactor, SaysWhatIsWrong) {
  auto kindOf = [](const ChannelMoments &moments, double damping = 0.01) {
    MomentFactor factor;
    std::optional<MomentError> error = MomentFactor::compute(moments, {damping, true}, factor);
    EXPECT_TRUE(error);
    return error ? error->kind : MomentError::Kind{};
  };
  EXPECT_EQ(kindOf(ChannelMoments(3)), MomentError::Kind::NoProducts);
  EXPECT_EQ(kindOf(ChannelMoments(3, true)), MomentError::Kind::Empty);
  ChannelMoments zeros(3, true);
  zeros.rows = 5;
  EXPECT_EQ(kindOf(zeros), MomentError::Kind::Empty);
  ChannelMoments nan = identity(3);
  nan.products[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(kindOf(nan), MomentError::Kind::NotFinite);
  ChannelMoments few = correlated(20, 10, 2);
  EXPECT_EQ(kindOf(few, 0), MomentError::Kind::Singular);
  // Damped it has a factor.
  factorOf(few);
}

/// A channel that was never seen is coded last, to the nearest.
TEST(ErrorFeedback, CodesWhatWasNeverSeen) {
  ChannelMoments moments = correlated(9, 50, 3);
  for (int64_t k = 0; k < 9; ++k)
    moments.products[ChannelMoments::triangleRow(std::min<int64_t>(k, 4), 9) +
                     std::max<int64_t>(k, 4)] = 0;
  std::vector<float> weight = randomNormal(9, 4);
  MomentFactor factor = factorOf(moments);
  EXPECT_EQ(factor.column(8), 4);
  EXPECT_EQ(codeAll(factor, weight, 1, 0.5f)[4], std::nearbyint(weight[4] / 0.5f) * 0.5f);
}

TEST(ErrorFeedback, IsNearestForIdentity) {
  std::vector<float> weight = randomNormal(33 * 100, 5), nearest(weight);
  for (float &value : nearest)
    value = std::nearbyint(value / 0.25f) * 0.25f;
  EXPECT_EQ(codeAll(factorOf(identity(100)), weight, 33, 0.25f), nearest);
}

/// By the definition: T_c = W_c - sum E_j M_jc in f64, one element after the other.
TEST(ErrorFeedback, IsTheDefinition) {
  constexpr int64_t rows = 21, columns = 131;
  ChannelMoments moments = correlated(columns, 400, 6);
  std::vector<float> weight = randomNormal(rows * columns, 7);
  MomentFactor factor = factorOf(moments);
  std::vector<float> decoded = codeAll(factor, weight, rows, 0.5f);
  int64_t different = 0;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<double> errors(columns);
    for (int64_t i = 0; i < columns; ++i) {
      int64_t column = factor.column(i);
      double target = weight[row * columns + column];
      for (int64_t j = 0; j < i; ++j)
        target -= errors[j] * factor.row(j)[i];
      // Of what was really coded, so that one tie does not make all after it differ.
      errors[i] =
          static_cast<double>(decoded[row * columns + column]) - weight[row * columns + column];
      double code = decoded[row * columns + column] / 0.5;
      EXPECT_LE(std::abs(code - target / 0.5), 0.5 + 1e-4);
      different += std::abs(code - target / 0.5) > 0.5;
    }
  }
  EXPECT_LE(different, 2);
}

TEST(ErrorFeedback, CostsWhatItSays) {
  constexpr int64_t columns = 70;
  ChannelMoments moments = correlated(columns, 500, 8);
  std::vector<float> weight = randomNormal(40 * columns, 9);
  double said = 0;
  std::vector<float> decoded = codeAll(factorOf(moments, {1e-9, true}), weight, 16, 0.5f, &said);
  double cost = costOf(moments, weight, decoded);
  EXPECT_NEAR(said / cost, 1, 1e-3);
  std::vector<float> nearest(weight);
  for (float &value : nearest)
    value = std::nearbyint(value / 0.5f) * 0.5f;
  EXPECT_LT(cost, 0.7 * costOf(moments, weight, nearest));
  // One more bit.
  EXPECT_LT(costOf(moments, weight, codeAll(factorOf(moments), weight, 16, 0.25f)), 0.4 * cost);
}

/// Neither how rows are split, nor in which order channels stand, matters.
TEST(ErrorFeedback, DoesNotDependOnPanelsAndOrder) {
  constexpr int64_t rows = 50, columns = 61;
  ChannelMoments moments = correlated(columns, 200, 10), shuffled(columns, true);
  std::vector<float> weight = randomNormal(rows * columns, 11), permuted(weight.size());
  MomentFactor factor = factorOf(moments);
  std::vector<float> decoded = codeAll(factor, weight, rows, 0.5f);
  EXPECT_EQ(codeAll(factor, weight, 7, 0.5f), decoded);
  auto from = [](int64_t k) { return k * 17 % columns; };
  shuffled.rows = moments.rows;
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t k = i; k < columns; ++k)
      shuffled.products[ChannelMoments::triangleRow(i, columns) + k] =
          moments.products[ChannelMoments::triangleRow(std::min(from(i), from(k)), columns) +
                           std::max(from(i), from(k))];
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t k = 0; k < columns; ++k)
      permuted[row * columns + k] = weight[row * columns + from(k)];
  std::vector<float> result = codeAll(factorOf(shuffled), permuted, rows, 0.5f);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t k = 0; k < columns; ++k)
      ASSERT_EQ(result[row * columns + k], decoded[row * columns + from(k)]);
}

} // namespace
