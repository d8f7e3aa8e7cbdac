//===- TrellisTest.cpp - Codes of a trellis -------------------------------===//
//
// Windows, levels and least errors are worked out here from their definition: bit by bit, in real
// numbers, and by trying every sequence.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/QuantizeTrellis.h"

#include "QLinalg/Numerics/OutputError.h"
#include "QLinalg/Numerics/Packing.h"
#include "QuantizedMatrix.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace qlinalg;

namespace {

constexpr int windows = 4096;

/// Bit 12 - 1 - i of the window is bit i, from its highest, of the codes of row, row - 1, … in
/// turn.
int windowOf(int bits, const std::vector<uint8_t> &block, int64_t row) {
  int window = 0;
  for (int i = 0; i < 12; ++i) {
    int64_t source = (row - i / bits + 64) % 64;
    int code = source < static_cast<int64_t>(block.size()) ? block[source] : 0;
    window |= ((code >> (bits - 1 - i % bits)) & 1) << (11 - i);
  }
  return window;
}

double squaredError(int bits, const std::vector<float> &targets, float scale,
                    const std::vector<uint8_t> &codes) {
  double error = 0;
  for (size_t row = 0; row < targets.size(); ++row) {
    double level = trellisLevels(bits)[windowOf(bits, codes, static_cast<int64_t>(row))];
    error += std::pow(targets[row] - scale * level, 2);
  }
  return error;
}

/// The least error of `targets` after a window of zeros, over all sequences of codes.
double leastError(int bits, const std::vector<float> &targets, float scale) {
  double least = std::numeric_limits<double>::infinity();
  std::vector<uint8_t> codes(targets.size());
  for (int64_t sequence = 0; sequence < int64_t{1} << (bits * targets.size()); ++sequence) {
    for (size_t i = 0; i < codes.size(); ++i)
      codes[i] = (sequence >> (bits * i)) & ((1 << bits) - 1);
    least = std::min(least, squaredError(bits, targets, scale, codes));
  }
  return least;
}

/// Viterbi's algorithm as it is told, in f64, over one long run with any beginning and end.
double referenceError(int bits, const std::vector<float> &targets, float scale) {
  std::vector<double> costs(windows), next(windows);
  int groups = windows >> bits;
  for (float target : targets) {
    for (int window = 0; window < windows; ++window) {
      // What comes before drops its lowest bits.
      int low = (window & (groups - 1)) << bits;
      double best = *std::min_element(costs.begin() + low, costs.begin() + low + (1 << bits));
      next[window] = best + std::pow(target - scale * trellisLevels(bits)[window], 2);
    }
    std::swap(costs, next);
  }
  return *std::min_element(costs.begin(), costs.end());
}

struct Coded {
  std::vector<uint8_t> codes;
  std::vector<int16_t> levels;
  double error;
};

Coded search(int bits, const std::vector<float> &targets, float scale) {
  std::vector<float> scales(targets.size(), scale);
  Coded result{std::vector<uint8_t>(targets.size()), std::vector<int16_t>(targets.size()), 0};
  result.error =
      TrellisSearch(bits).code(targets.data(), scales.data(), static_cast<int64_t>(targets.size()),
                               result.codes.data(), result.levels.data());
  return result;
}

/// A scheme of int16 with one scale a row, or one a group.
Scheme schemeOf(int64_t group = 0, FloatType scales = FloatType::F32) {
  Scheme scheme;
  scheme.storage = Storage::Int16;
  scheme.granularity = group ? Granularity::Group : Granularity::Channel;
  scheme.group = group;
  scheme.scales = scales;
  return scheme;
}

struct Quantized {
  std::vector<std::byte> codes, scales;
  std::vector<int16_t> levels;
  std::optional<QuantizeError> error;
  std::vector<float> decoded;

  Quantized(int bits, const Scheme &scheme, const std::vector<float> &weight, int64_t rows,
            const MomentFactor *factor = nullptr) {
    int64_t columns = static_cast<int64_t>(weight.size()) / rows;
    codes.resize(rows * bytesPerRow(bits, columns));
    scales.resize(scaleCount(scheme, rows, columns) * byteWidth(scheme.scales));
    levels.resize(weight.size());
    error = quantizeTrellis(bits, scheme, factor, {weight.data(), rows, columns},
                            {codes.data(), scales.data(), levels.data()});
    decoded.resize(weight.size());
    // Levels are codes of the scheme.
    dequantize(scheme, rows, columns, reinterpret_cast<const std::byte *>(levels.data()),
               scales.data(), nullptr, decoded.data());
  }
};

double meanSquare(const std::vector<float> &a, const std::vector<float> &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
  return sum / static_cast<double>(a.size());
}

} // namespace

// x (p + q x^16) in real numbers; each of the six products rounds by a half, and what powers round
// is multiplied by 16 at most and by q / 2^15 < 1/2.
TEST(TrellisTest, LevelsFollowThePolynomial) {
  for (int bits = 2; bits <= 8; ++bits) {
    TrellisPolynomial p = trellisPolynomial(bits);
    for (int window = 0; window < windows; ++window) {
      auto spread = static_cast<int16_t>(window * p.factor);
      if (spread == std::numeric_limits<int16_t>::min())
        continue; // its square is beyond 16 bits
      double x = spread / 32768.0;
      EXPECT_NEAR(trellisLevels(bits)[window], x * (p.linear + p.high * std::pow(x, 16)), 10)
          << bits << " " << window;
    }
  }
}

// By hand: the window 1 of 4 bits is spread to -25456; its powers round to 19776, 11935, 4347 and
// 577, so the slope is 6856 + 154, and -25456 * 7010 / 32768 = -5445.8.
TEST(TrellisTest, OneLevelByHand) { EXPECT_EQ(trellisLevels(4)[1], -5446); }

TEST(TrellisTest, FindsTheBestOfAllSequences) {
  struct Case {
    int bits, rows;
  };
  for (auto [bits, rows] : {Case{2, 6}, Case{3, 4}, Case{4, 3}, Case{5, 2}, Case{8, 2}, Case{7, 1}})
    for (unsigned seed = 0; seed < 3; ++seed) {
      std::vector<float> targets = randomNormal(rows, seed + 10 * bits);
      Coded coded = search(bits, targets, 1 / trellisDeviation);
      double least = leastError(bits, targets, 1 / trellisDeviation);
      EXPECT_NEAR(coded.error, least, 1e-5 * least + 1e-12) << bits;
      EXPECT_NEAR(squaredError(bits, targets, 1 / trellisDeviation, coded.codes), least,
                  1e-5 * least + 1e-12)
          << bits;
    }
}

TEST(TrellisTest, LevelsAreThoseOfTheWindows) {
  for (int bits = 2; bits <= 8; ++bits)
    for (int rows : {64, 63, 62, 40}) {
      Coded coded = search(bits, randomNormal(rows, bits), 1 / trellisDeviation);
      for (int row = 0; row < rows; ++row)
        ASSERT_EQ(coded.levels[row], trellisLevels(bits)[windowOf(bits, coded.codes, row)])
            << bits << " " << rows << " " << row;
    }
}

// Blocks that bite their tail against one run of all rows; and a bit more is never worse.
TEST(TrellisTest, BlocksLoseLittle) {
  constexpr int64_t blocks = 24;
  std::vector<float> targets = randomNormal(blocks * 64, 3);
  double before = std::numeric_limits<double>::infinity();
  for (int bits = 2; bits <= 8; ++bits) {
    double error = 0, reference = referenceError(bits, targets, 1 / trellisDeviation);
    for (int64_t block = 0; block < blocks; ++block)
      error += search(bits, {targets.begin() + block * 64, targets.begin() + block * 64 + 64},
                      1 / trellisDeviation)
                   .error;
    EXPECT_GT(error, reference * 0.999) << bits;
    EXPECT_LT(error, reference * 1.09) << bits;
    EXPECT_LT(error, before) << bits;
    // What the header says, with what chance adds in so few numbers.
    EXPECT_LT(error / (blocks * 64) * std::ldexp(1.0, 2 * bits), 1.65) << bits;
    before = error;
  }
}

TEST(TrellisTest, DecodesPackedRows) {
  for (int bits : {2, 4, 8}) {
    constexpr int64_t rows = 130, columns = 5;
    Quantized q(bits, schemeOf(), randomNormal(rows * columns, bits), rows);
    std::vector<int16_t> levels(rows * columns);
    decodeTrellis(bits, rows, columns, q.codes.data(), levels.data());
    EXPECT_EQ(levels, q.levels) << bits;
    // In panels code r of a column has bits [r * b, (r + 1) * b).
    std::vector<std::byte> panels(3 * columns * 8 * bits);
    packTrellis(bits, rows, columns, q.codes.data(), panels.data());
    for (int64_t k = 0; k < columns; ++k)
      for (int64_t block = 0; block < 3; ++block) {
        std::vector<uint8_t> codes;
        const std::byte *bytes = panels.data() + (block * columns + k) * 8 * bits;
        for (int64_t row = 0; row < 64; ++row) {
          uint8_t code = 0;
          for (int bit = 0; bit < bits; ++bit) {
            int64_t place = row * bits + bit;
            code |= static_cast<uint8_t>(((static_cast<int>(bytes[place / 8]) >> (place % 8)) & 1)
                                         << bit);
          }
          codes.push_back(code);
        }
        for (int64_t row = 0; row < std::min<int64_t>(64, rows - block * 64); ++row)
          ASSERT_EQ(q.levels[(block * 64 + row) * columns + k],
                    trellisLevels(bits)[windowOf(bits, codes, row)]);
      }
  }
}

TEST(TrellisTest, ScalesAreOfRowsAndGroups) {
  constexpr int64_t rows = 64, columns = 20;
  std::vector<float> weight = randomNormal(rows * columns, 1);
  for (int64_t i = 0; i < rows * columns; ++i)
    weight[i] *= std::ldexp(1.0f, static_cast<int>(i / columns % 5) + 4 * (i % columns / 8 == 1));
  std::fill_n(weight.begin(), columns, 0.0f);
  for (int64_t group : {0, 8})
    for (FloatType type : {FloatType::F32, FloatType::BF16}) {
      Quantized q(4, schemeOf(group, type), weight, rows);
      int64_t groups = group ? 3 : 1;
      std::vector<float> scales(rows * groups);
      loadFloats(type, q.scales.data(), rows * groups, scales.data());
      EXPECT_EQ(scales[0], 1); // of zeros
      for (int64_t row = 1; row < rows; ++row)
        for (int64_t g = 0; g < groups; ++g) {
          int64_t begin = g * 8, end = group ? std::min<int64_t>(begin + 8, columns) : columns;
          double squares = 0;
          for (int64_t k = begin; k < end; ++k)
            squares += std::pow(weight[row * columns + k], 2);
          double root = std::sqrt(squares / static_cast<double>(end - begin)) / trellisDeviation;
          EXPECT_GT(scales[row * groups + g], 0.9 * root);
          EXPECT_LT(scales[row * groups + g], 3.1 * root);
        }
    }
}

TEST(TrellisTest, ReachesTheLargestValue) {
  std::vector<float> weight = randomNormal(64 * 32, 5);
  weight[70] = 9; // beyond every level of a scale that the root mean square gives
  Quantized q(8, schemeOf(), weight, 64);
  EXPECT_NEAR(q.decoded[70], 9, 1.0);
}

TEST(TrellisTest, SaysWhereAWeightIsNotFinite) {
  std::vector<float> weight = randomNormal(70 * 3, 1);
  weight[66 * 3 + 2] = std::numeric_limits<float>::quiet_NaN();
  Quantized q(4, schemeOf(), weight, 70);
  ASSERT_TRUE(q.error);
  EXPECT_EQ(q.error->kind, QuantizeError::Kind::NotFinite);
  EXPECT_EQ(q.error->row, 66);
  EXPECT_EQ(q.error->column, 2);
}

namespace {
MomentFactor factorOf(const ChannelMoments &moments, double damping) {
  MomentFactor factor;
  std::optional<MomentError> error = MomentFactor::compute(moments, {damping, true}, factor);
  EXPECT_FALSE(error);
  return factor;
}
} // namespace

TEST(TrellisTest, UncorrelatedInputsNeedNoFeedback) {
  constexpr int64_t columns = 6;
  ChannelMoments moments(columns, true);
  moments.rows = 1;
  for (int64_t i = 0; i < columns; ++i)
    moments.products[ChannelMoments::triangleRow(i, columns) + i] = moments.squares[i] = 1;
  MomentFactor factor = factorOf(moments, 0);
  std::vector<float> weight = randomNormal(100 * columns, 2);
  EXPECT_EQ(Quantized(3, schemeOf(), weight, 100, &factor).levels,
            Quantized(3, schemeOf(), weight, 100).levels);
}

TEST(TrellisTest, FeedbackLowersTheErrorOfResults) {
  constexpr int64_t columns = 24, inputs = 200, rows = 64;
  std::vector<float> x = randomNormal(inputs * columns, 8);
  for (int64_t i = 0; i < inputs; ++i)
    for (int64_t k = 1; k < columns; ++k)
      x[i * columns + k] = 0.9f * x[i * columns + k - 1] + 0.3f * x[i * columns + k];
  ChannelMoments moments(columns, true);
  moments.update(x.data(), inputs);
  MomentFactor factor = factorOf(moments, 0.01);
  std::vector<float> weight = randomNormal(rows * columns, 9);
  MeanMoments mean(moments);
  auto costOf = [&](const Quantized &q) {
    return outputError(mean, {weight.data(), rows, columns}, q.decoded.data()).error;
  };
  Quantized plain(4, schemeOf(), weight, rows), fed(4, schemeOf(), weight, rows, &factor);
  EXPECT_LT(costOf(fed), 0.5 * costOf(plain));
  EXPECT_GT(meanSquare(fed.decoded, weight), meanSquare(plain.decoded, weight));
}
