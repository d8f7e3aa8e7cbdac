//===- SmoothQuantTest.cpp - Expected errors beside those of the data -----===//

#include "QLinalg/Numerics/SmoothQuant.h"

#include "QLinalg/Numerics/ChannelTails.h"
#include "QuantizedMatrix.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace qlinalg;

namespace {

constexpr int64_t channelCount = 48;

Scheme int8(Granularity granularity, bool symmetric = true) {
  Scheme scheme;
  scheme.granularity = granularity;
  scheme.symmetric = symmetric;
  return scheme;
}

/// Rows of x whose channels reach differently far, and the weights that read them.
struct Layer {
  int64_t rows;
  std::vector<float> x;
  std::vector<std::vector<float>> matrices;
  std::vector<MatrixView> weights;
  ChannelMoments channels;
  ValueRange seen;

  explicit Layer(bool positive, bool withProducts = false, int64_t rows = 2000)
      : rows(rows), x(randomNormal(rows * channelCount, 1)), channels(channelCount, withProducts) {
    for (size_t i = 0; i < x.size(); ++i) {
      auto k = static_cast<float>(i % channelCount);
      x[i] *= std::exp2(k / 12) * (k == 7 ? 10.0f : 1.0f);
      if (positive)
        x[i] = x[i] > 0 ? x[i] : x[i] * 0.01f;
    }
    channels.update(x.data(), rows);
    auto [least, greatest] = std::minmax_element(x.begin(), x.end());
    seen = {*least, *greatest};
    for (int64_t results : {24, 8}) {
      matrices.push_back(randomNormal(results * channelCount, static_cast<unsigned>(results)));
      for (size_t i = 0; i < matrices.back().size(); ++i)
        matrices.back()[i] *= std::exp2(-static_cast<float>(i * 5 % channelCount) / 20);
      weights.push_back({matrices.back().data(), results, channelCount});
    }
  }

  SmoothingProblem problem(const Scheme &activation) const {
    return {channels, seen, weights, int8(Granularity::Channel), activation};
  }
};

/// x / s as codes and back: one scale for all of `range`, or one a row.
std::vector<double> roundedActivations(const Layer &layer, const Scheme &scheme,
                                       std::span<const float> scales, ValueRange range) {
  std::vector<double> result(layer.x.size());
  for (int64_t row = 0; row < layer.rows; ++row) {
    const float *x = layer.x.data() + row * channelCount;
    double least = range.least, greatest = range.greatest;
    if (scheme.granularity == Granularity::Token) {
      least = greatest = 0;
      for (int64_t k = 0; k < channelCount; ++k) {
        least = std::min(least, double{x[k]} / scales[k]);
        greatest = std::max(greatest, double{x[k]} / scales[k]);
      }
    }
    double step = scheme.symmetric ? std::max(-least, greatest) / 127 : (greatest - least) / 255;
    double zero = scheme.symmetric ? 0 : std::round(-least / step) - 128;
    for (int64_t k = 0; k < channelCount; ++k) {
      double code = std::nearbyint(x[k] / (scales[k] * step)) + zero;
      result[row * channelCount + k] = (std::clamp(code, -128.0, 127.0) - zero) * step;
    }
  }
  return result;
}

/// The mean over rows of what the results are off, computed from the data.
double trueError(const Layer &layer, const Scheme &activation, std::span<const float> scales) {
  ValueRange range = smoothedRange(layer.problem(activation), scales);
  std::vector<double> rounded = roundedActivations(layer, activation, scales, range);
  double sum = 0;
  for (const std::vector<float> &matrix : layer.matrices) {
    std::vector<float> scaled(matrix);
    for (size_t i = 0; i < scaled.size(); ++i)
      scaled[i] *= scales[i % channelCount];
    auto results = static_cast<int64_t>(matrix.size() / channelCount);
    QuantizedMatrix codes(int8(Granularity::Channel), scaled, results);
    std::vector<float> decoded = codes.decoded();
    for (int64_t row = 0; row < layer.rows; ++row)
      for (int64_t n = 0; n < results; ++n) {
        double exact = 0, ours = 0;
        for (int64_t k = 0; k < channelCount; ++k) {
          exact += double{layer.x[row * channelCount + k]} * matrix[n * channelCount + k];
          ours += rounded[row * channelCount + k] * decoded[n * channelCount + k];
        }
        sum += (exact - ours) * (exact - ours);
      }
  }
  return sum / static_cast<double>(layer.rows);
}

} // namespace

TEST(SmoothQuantTest, ScalesByHand) {
  // sqrt(4 / 1) and sqrt(1 / 4); a channel that is nothing does not move the mean.
  std::vector<float> x = {4, 1, 0, 3}, w = {1, 4, 5, 0};
  std::vector<float> scales = smoothingScales(x, w, 0.5);
  EXPECT_FLOAT_EQ(scales[0], 2);
  EXPECT_FLOAT_EQ(scales[1], 0.5f);
  EXPECT_EQ(scales[2], 1);
  EXPECT_EQ(scales[3], 1);
  // 4 and 1 over their geometric mean 2.
  scales = smoothingScales(x, w, 1);
  EXPECT_FLOAT_EQ(scales[0], 2);
  EXPECT_FLOAT_EQ(scales[1], 0.5f);
  // 1 / 1 and 1 / 4 over 1 / 2.
  scales = smoothingScales(x, w, 0);
  EXPECT_FLOAT_EQ(scales[0], 2);
  EXPECT_FLOAT_EQ(scales[1], 0.5f);
}

TEST(SmoothQuantTest, ColumnsByHand) {
  std::vector<float> a = {1, -2, 3, 0}, b = {-4, 1};
  std::vector<MatrixView> weights = {{a.data(), 2, 2}, {b.data(), 1, 2}};
  EXPECT_EQ(columnMagnitudes(weights), (std::vector<float>{4, 2}));
  EXPECT_EQ(columnSquares(weights), (std::vector<double>{26, 5}));
}

TEST(SmoothQuantTest, RangeOfBothEnds) {
  // x in [-0.5, 6]; channel 0 reaches 6 and channel 1 only 0.25: 6 / 3 above, below 0.25 / 0.1
  // rather than 0.5 / 3.
  ChannelMoments channels(2);
  std::vector<float> x = {6, 0.25f, -0.5f, 0.1f};
  channels.update(x.data(), 2);
  SmoothingProblem problem{channels, {-0.5f, 6}, {}, {}, int8(Granularity::Tensor, false)};
  std::vector<float> scales = {3, 0.1f};
  ValueRange range = smoothedRange(problem, scales);
  EXPECT_FLOAT_EQ(range.least, -2.5f);
  EXPECT_FLOAT_EQ(range.greatest, 2.5f);
}

TEST(SmoothQuantTest, StaticErrorIsThatOfTheData) {
  for (bool positive : {false, true}) {
    Layer layer(positive);
    for (bool symmetric : {true, false})
      for (std::optional<double> alpha : {std::optional<double>(), {0.4}, {0.7}, {1.0}}) {
        Scheme scheme = int8(Granularity::Tensor, symmetric);
        SmoothingProblem problem = layer.problem(scheme);
        std::vector<float> scales = scalesOf(problem, alpha);
        double expected = expectedMatmulError(problem, scales).total();
        double exact = trueError(layer, scheme, scales);
        // Half of all values of the second kind are nearly 0, where a step costs nothing.
        EXPECT_GT(expected / exact, 0.9) << positive << symmetric;
        EXPECT_LT(expected / exact, positive ? 2 : 1.1) << positive << symmetric;
      }
  }
}

TEST(SmoothQuantTest, TokenErrorIsThatOfTheData) {
  Layer layer(/*positive=*/false);
  for (std::optional<double> alpha : {std::optional<double>(), {0.0}, {0.5}, {1.0}}) {
    Scheme scheme = int8(Granularity::Token);
    SmoothingProblem problem = layer.problem(scheme);
    std::vector<float> scales = scalesOf(problem, alpha);
    EXPECT_NEAR(expectedMatmulError(problem, scales).total() / trueError(layer, scheme, scales), 1,
                0.15);
  }
}

TEST(SmoothQuantTest, TheLeastExpectedErrorIsTheLeastError) {
  Layer layer(/*positive=*/false);
  for (Granularity granularity : {Granularity::Tensor, Granularity::Token}) {
    Scheme scheme = int8(granularity);
    SmoothingProblem problem = layer.problem(scheme);
    double least = std::numeric_limits<double>::infinity(), leastExpected = least, ofChosen = 0;
    for (std::optional<double> alpha : automaticAlphas()) {
      std::vector<float> scales = scalesOf(problem, alpha);
      double expected = expectedMatmulError(problem, scales).total();
      double exact = trueError(layer, scheme, scales);
      least = std::min(least, exact);
      if (expected < leastExpected) {
        leastExpected = expected;
        ofChosen = exact;
      }
    }
    EXPECT_LE(ofChosen, 1.05 * least) << name(granularity);
    // The channel that is ten times the others is what smoothing is for.
    EXPECT_LT(ofChosen, 0.5 * trueError(layer, scheme, scalesOf(problem, std::nullopt)));
  }
}

TEST(SmoothQuantTest, GroupsOfATokenAreRunsOfTheirOwn) {
  // Of one channel each, a value is its own range: x / s is off by at most what 127 steps leave.
  Layer layer(/*positive=*/false);
  Scheme groups = int8(Granularity::TokenGroup);
  double last = expectedMatmulError(layer.problem(int8(Granularity::Token)),
                                    scalesOf(layer.problem(groups), std::nullopt))
                    .activations;
  for (int64_t group : {48, 24, 12, 7}) {
    groups.group = group;
    SmoothingProblem problem = layer.problem(groups);
    double error = expectedMatmulError(problem, scalesOf(problem, std::nullopt)).activations;
    EXPECT_LE(error, last) << group;
    last = error;
  }
}

TEST(SmoothQuantTest, OutputIsThatOfTheData) {
  Layer layer(/*positive=*/true, /*withProducts=*/true);
  double exact = 0;
  for (const std::vector<float> &matrix : layer.matrices)
    for (int64_t row = 0; row < layer.rows; ++row)
      for (size_t n = 0; n < matrix.size() / channelCount; ++n) {
        double sum = 0;
        for (int64_t k = 0; k < channelCount; ++k)
          sum += double{layer.x[row * channelCount + k]} * matrix[n * channelCount + k];
        exact += sum * sum / static_cast<double>(layer.rows);
      }
  EXPECT_NEAR(expectedOutput(layer.channels, layer.weights) / exact, 1, 1e-9);
  // Without products: sum over k of E[x_k^2] |w_k|^2.
  layer.channels.products.clear();
  double apart = 0;
  std::vector<double> squares = columnSquares(layer.weights);
  for (int64_t k = 0; k < channelCount; ++k)
    apart += layer.channels.squares[k] / static_cast<double>(layer.rows) * squares[k];
  EXPECT_NEAR(expectedOutput(layer.channels, layer.weights) / apart, 1, 1e-12);
}

TEST(SmoothQuantTest, WeightsOfEachGranularity) {
  // An error of every weight of 1 / 2 step at most, whatever shares the scale.
  Layer layer(/*positive=*/false);
  SmoothingProblem problem = layer.problem(int8(Granularity::Tensor));
  std::vector<float> one = scalesOf(problem, std::nullopt);
  double channel = expectedWeightError(problem, one);
  problem.weightScheme.granularity = Granularity::Tensor;
  double tensor = expectedWeightError(problem, one);
  problem.weightScheme.granularity = Granularity::Group;
  problem.weightScheme.group = 16;
  double group = expectedWeightError(problem, one);
  EXPECT_GT(tensor, channel);
  EXPECT_GT(channel, group);
  // Four bits less: steps 127 / 7 as wide.
  problem.weightScheme.storage = Storage::Int4;
  EXPECT_NEAR(std::sqrt(expectedWeightError(problem, one) / group), 127.0 / 7, 1.5);
}

TEST(SmoothQuantTest, AWeightThatIsNotFinite) {
  Layer layer(/*positive=*/false);
  layer.matrices[1][5] = std::numeric_limits<float>::quiet_NaN();
  SmoothingProblem problem = layer.problem(int8(Granularity::Tensor));
  EXPECT_EQ(expectedWeightError(problem, scalesOf(problem, std::nullopt)),
            std::numeric_limits<double>::infinity());
}

TEST(ChannelTailsTest, AnExponentialIsFound) {
  // P(|x| > t) = exp(-t / 3): mean square 2 * 9, and one in 10000 is beyond 3 ln 10000.
  ChannelMoments moments(2);
  moments.rows = 10000;
  moments.squares = {18.0 * 10000, 0};
  moments.magnitudes = {static_cast<float>(3 * std::log(10000.0)), 0};
  ChannelTails tails(moments);
  EXPECT_NEAR(tails.getShapes()[0], 1, 1e-5);
  EXPECT_NEAR(tails.getSpreads()[0], 3, 1e-4);
  // The integral of 2 t exp(-t / 3) up to there: 2 * 9 (1 - (1 + L) / 10000), L = ln 10000. Divided
  // by s = 2 a quarter of it; the channel that is always 0 changes nothing.
  double exact = 18 * (1 - (1 + std::log(10000.0)) / 10000) / 4;
  std::vector<float> scales = {2, 1};
  EXPECT_NEAR(tails.meanSquareOfMaximum(scales, 0, 2), exact, 1e-3 * exact);
  EXPECT_EQ(tails.meanSquareOfMaximum(scales, 1, 1), 0);
}

TEST(ChannelTailsTest, RoundingErrorOfAnExponential) {
  // P(|x| > t) = exp(-t): below 1 the mean of x^2 is the integral of t^2 exp(-t), 2 - 5 / e; above,
  // with a step of 2, it is 4 / 12 for a share of 1 / e.
  ChannelMoments moments(1);
  moments.rows = 10000;
  moments.squares = {2.0 * 10000};
  moments.magnitudes = {static_cast<float>(std::log(10000.0))};
  double exact = 2 - 5 / std::exp(1.0) + 4.0 / 12 / std::exp(1.0);
  EXPECT_NEAR(ChannelTails(moments).meanRoundingError(0, 2), exact, 2e-3 * exact);
  // Small steps: nothing but step^2 / 12; all below half a step: the mean square.
  EXPECT_NEAR(ChannelTails(moments).meanRoundingError(0, 0.01) / (1e-4 / 12), 1, 0.01);
  EXPECT_NEAR(ChannelTails(moments).meanRoundingError(0, 100), 2, 0.01);
}

TEST(ChannelTailsTest, AConstantAndOneRow) {
  ChannelMoments moments(1);
  std::vector<float> x(5000, -3);
  moments.update(x.data(), 5000);
  std::vector<float> one = {1};
  EXPECT_NEAR(ChannelTails(moments).meanSquareOfMaximum(one, 0, 1), 9, 0.9);
  ChannelMoments single(1);
  single.update(x.data(), 1);
  EXPECT_NEAR(ChannelTails(single).meanSquareOfMaximum(one, 0, 1), 9, 4);
  EXPECT_EQ(ChannelTails(ChannelMoments(1)).meanSquareOfMaximum(one, 0, 1), 0);
}

TEST(SmoothQuantTest, NearlyDeadChannelsHaveAnInverse) {
  // A denormal beside ones: its exact scale would be about 4.7e-43, and the inverse infinite.
  std::vector<float> magnitudes(64, 1), weights(64, 1);
  magnitudes[5] = 1e-43f;
  for (float scale : smoothingScales(magnitudes, weights, 1)) {
    EXPECT_TRUE(std::isfinite(1 / scale));
    EXPECT_GT(scale, 0);
  }
}
