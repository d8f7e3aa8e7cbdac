//===- RangeMethodTest.cpp - Ranges by hand and by search -----------------===//

#include "QLinalg/Numerics/RangeMethod.h"
#include "QuantizedMatrix.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

Scheme int8() {
  Scheme scheme;
  scheme.granularity = Granularity::Tensor;
  return scheme;
}

Scheme uint8() {
  Scheme scheme = int8();
  scheme.storage = Storage::UInt8;
  scheme.symmetric = false;
  return scheme;
}

Distribution of(const std::vector<float> &values) {
  Distribution distribution;
  distribution.update(values.data(), static_cast<int64_t>(values.size()));
  distribution.finishBatch();
  return distribution;
}

ChosenRange choose(const Scheme &scheme, std::string_view method,
                   const Distribution &distribution) {
  ChosenRange chosen{};
  std::optional<RangeMethod> parsed = parseRangeMethod(method);
  EXPECT_TRUE(parsed.has_value()) << method;
  EXPECT_FALSE(chooseRange(scheme, *parsed, distribution, chosen).has_value());
  return chosen;
}

/// The mean squared error of the values themselves, coded one by one.
double trueError(const Scheme &scheme, const std::vector<float> &values, float scale,
                 int32_t zeroPoint) {
  double sum = 0;
  for (float value : values) {
    double code = std::nearbyint(static_cast<double>(value) / scale) + zeroPoint;
    code = std::clamp(code, static_cast<double>(minCode(scheme.storage)),
                      static_cast<double>(maxCode(scheme.storage)));
    double difference = (code - zeroPoint) * scale - value;
    sum += difference * difference;
  }
  return sum / static_cast<double>(values.size());
}

constexpr std::string_view everyMethod[] = {
    "minmax", "average", "percentile:99.9", "deviations:3", "entropy", "mse", "auto"};

} // namespace

TEST(RangeMethodTest, Names) {
  for (std::string_view text : everyMethod)
    EXPECT_EQ(name(*parseRangeMethod(text)), text);
  EXPECT_EQ(parseRangeMethod("percentile:100")->parameter, 100);
  for (std::string_view wrong :
       {"", "max", "minmax:1", "percentile", "percentile:", "percentile:0", "percentile:101",
        "percentile:9x", "percentile:nan", "deviations", "deviations:-1", "deviations:inf"})
    EXPECT_FALSE(parseRangeMethod(wrong).has_value()) << wrong;
}

TEST(RangeMethodTest, MinMaxIsTheRuleOfQuantize) {
  std::vector<float> values = randomNormal(1000, 1);
  Distribution distribution = of(values);
  for (Storage storage : allStorages)
    for (bool symmetric : {true, false})
      for (FloatType type : {FloatType::F32, FloatType::F16, FloatType::BF16}) {
        if (isDowncast(storage))
          continue;
        Scheme scheme = int8();
        scheme.storage = storage;
        scheme.symmetric = symmetric;
        scheme.scales = type;
        QuantizedMatrix matrix(scheme, values);
        ChosenRange chosen = choose(scheme, "minmax", distribution);
        EXPECT_EQ(chosen.scale, matrix.scales[0]) << name(storage);
        int64_t zero =
            matrix.zeroPoints.empty() ? symmetricZeroPoint(storage) : matrix.zeroPoints[0];
        EXPECT_EQ(chosen.zeroPoint, zero) << name(storage);
      }
}

TEST(RangeMethodTest, MinMaxContainsZero) {
  ChosenRange chosen = choose(uint8(), "minmax", of({51, 25.5f, 12}));
  EXPECT_EQ(chosen.range, (ValueRange{0, 51}));
  EXPECT_EQ(chosen.scale, 51.0f / 255);
  EXPECT_EQ(chosen.zeroPoint, 0);
  chosen = choose(uint8(), "minmax", of({-51, -25.5f}));
  EXPECT_EQ(chosen.range, (ValueRange{-51, 0}));
  EXPECT_EQ(chosen.zeroPoint, 255);
}

TEST(RangeMethodTest, AverageOfBatches) {
  // Batches [-1, 2], [-3, 4] and [0, 9]: means -4/3 and 5.
  Distribution distribution;
  for (std::vector<float> batch : {std::vector<float>{-1, 2}, {4, -3, 0}, {9, 0, notANumber}}) {
    distribution.update(batch.data(), static_cast<int64_t>(batch.size()));
    distribution.finishBatch();
  }
  ChosenRange chosen = choose(uint8(), "average", distribution);
  EXPECT_EQ(chosen.range, (ValueRange{-4.0f / 3, 5}));
}

TEST(RangeMethodTest, Percentile) {
  // 1 to 1000: 90 % of magnitudes lie up to 900; affine, 5 % go at each end.
  std::vector<float> values;
  for (int i = 1; i <= 1000; ++i)
    values.push_back(static_cast<float>(i % 2 ? i : -i));
  Distribution distribution = of(values);
  EXPECT_NEAR(choose(int8(), "percentile:90", distribution).range.greatest, 900, 900 / 64.0);
  ChosenRange affine = choose(uint8(), "percentile:90", distribution);
  EXPECT_NEAR(affine.range.least, -900, 900 / 64.0);
  EXPECT_NEAR(affine.range.greatest, 900, 900 / 64.0);
  EXPECT_EQ(choose(int8(), "percentile:100", distribution).range, (ValueRange{-1000, 999}));
}

TEST(RangeMethodTest, Deviations) {
  // Nine times 1 and once 11: mean 2, deviation 3.
  std::vector<float> values(9, 1);
  values.push_back(11);
  Distribution distribution = of(values);
  EXPECT_EQ(choose(uint8(), "deviations:2", distribution).range, (ValueRange{0, 8}));
  // Not beyond what was seen.
  EXPECT_EQ(choose(uint8(), "deviations:4", distribution).range, (ValueRange{0, 11}));
}

TEST(RangeMethodTest, ExpectedErrorIsThatOfTheValues) {
  // Smooth densities, many values: the histogram tells the error within a few per cent.
  std::vector<float> normal = randomNormal(200000, 2), skewed = normal;
  for (float &value : skewed)
    value = std::exp(value);
  for (const std::vector<float> &values : {normal, skewed})
    for (const Scheme &scheme : {int8(), uint8()})
      for (Storage storage : {scheme.storage, Storage::Int4}) {
        Scheme narrow = scheme;
        narrow.storage = storage;
        Distribution distribution = of(values);
        for (std::string_view method : everyMethod) {
          ChosenRange chosen = choose(narrow, method, distribution);
          double exact = trueError(narrow, values, chosen.scale, chosen.zeroPoint);
          EXPECT_NEAR(chosen.error.total(), exact, 0.03 * exact) << method << " " << name(storage);
        }
      }
}

TEST(RangeMethodTest, ExpectedErrorOfLevels) {
  std::vector<float> values = randomNormal(100000, 4);
  Distribution distribution = of(values);
  for (Storage storage : {Storage::NF4, Storage::FP4, Storage::F8E4M3FN}) {
    Scheme scheme = int8();
    scheme.storage = storage;
    QuantizedMatrix matrix(scheme, values);
    std::vector<float> decoded = matrix.decoded();
    double exact = 0;
    for (size_t i = 0; i < values.size(); ++i)
      exact += std::pow(static_cast<double>(decoded[i]) - values[i], 2) / 100000;
    EXPECT_NEAR(expectedError(scheme, distribution, matrix.scales[0], 0).total(), exact,
                0.05 * exact)
        << name(storage);
  }
}

TEST(RangeMethodTest, MSEFindsWhatAnExhaustiveSearchFinds) {
  std::vector<float> values = randomNormal(50000, 6);
  values[0] = 9;
  Distribution distribution = of(values);
  for (Storage storage : {Storage::Int8, Storage::Int4, Storage::Int2}) {
    Scheme scheme = int8();
    scheme.storage = storage;
    float whole = 9 / static_cast<float>(maxCode(storage));
    double least = trueError(scheme, values, whole, 0);
    for (int step = 20; step < 1000; step += 5)
      least =
          std::min(least, trueError(scheme, values, whole * static_cast<float>(step) / 1000, 0));
    ChosenRange chosen = choose(scheme, "mse", distribution);
    EXPECT_LE(trueError(scheme, values, chosen.scale, 0), 1.02 * least) << name(storage);
  }
}

TEST(RangeMethodTest, MSECutsEachEndByItself) {
  // A long tail above and a sharp end below: only the upper end moves.
  std::vector<float> values = randomNormal(50000, 8);
  for (float &value : values)
    value = value < -1 ? -1 : value;
  values[0] = 60;
  Scheme scheme = uint8();
  scheme.storage = Storage::UInt4;
  ChosenRange chosen = choose(scheme, "mse", of(values));
  EXPECT_LT(chosen.range.greatest, 6);
  EXPECT_LT(chosen.range.least, -0.7f);
}

TEST(RangeMethodTest, EntropyOfExactLevelsKeepsTheRange) {
  // Values that each have a code of their own: nothing is lost, the divergence is 0.
  std::vector<float> values;
  for (int i = -127; i <= 127; ++i)
    values.push_back(static_cast<float>(i));
  EXPECT_EQ(choose(int8(), "entropy", of(values)).range, (ValueRange{-127, 127}));
}

TEST(RangeMethodTest, EntropyOfMoreLevelsThanABytesKeepsTheRange) {
  std::vector<float> values;
  for (int i = -400; i <= 400; ++i)
    values.push_back(static_cast<float>(i));
  Scheme scheme = int8();
  scheme.storage = Storage::Int16;
  EXPECT_EQ(choose(scheme, "entropy", of(values)).range, (ValueRange{-400, 400}));
}

TEST(RangeMethodTest, EntropyLeavesOutliersOut) {
  std::vector<float> values = randomNormal(100000, 10);
  values[5] = 1000;
  values[6] = -1000;
  ChosenRange chosen = choose(int8(), "entropy", of(values));
  EXPECT_LT(chosen.range.greatest, 8);
  EXPECT_GT(chosen.range.greatest, 2);
}

TEST(RangeMethodTest, AutoHasTheLeastError) {
  std::vector<float> values = randomNormal(20000, 12);
  values[3] = 20;
  Distribution distribution = of(values);
  for (const Scheme &scheme : {int8(), uint8()}) {
    ChosenRange chosen = choose(scheme, "auto", distribution);
    EXPECT_NE(chosen.method.kind, RangeKind::Auto);
    for (const RangeMethod &method : automaticMethods())
      EXPECT_LE(chosen.error.total(), choose(scheme, name(method), distribution).error.total());
  }
  // Where nothing is better than everything, that is what is taken.
  EXPECT_EQ(choose(int8(), "auto", of({127, -127, 0})).method.kind, RangeKind::MinMax);
}

TEST(RangeMethodTest, ImportanceDecidesAboutOutliers) {
  // One channel of four reaches 50, the others 4.
  std::vector<float> values = randomNormal(40000, 14);
  for (size_t i = 3; i < values.size(); i += 4)
    values[i] = values[i] * 12;
  Distribution distribution = of(values);
  std::vector<float> magnitudes(4);
  for (size_t i = 0; i < values.size(); ++i)
    magnitudes[i % 4] = std::max(magnitudes[i % 4], std::abs(values[i]));
  Scheme scheme = int8();
  scheme.storage = Storage::Int4;
  auto greatest = [&](std::vector<double> weights) {
    ChannelImportance importance{weights, magnitudes};
    ChosenRange chosen{};
    EXPECT_FALSE(chooseRange(scheme, {RangeKind::MSE, 0}, distribution, chosen, &importance));
    return chosen.range.greatest;
  };
  // Where the wide channel meets no weight, it may saturate.
  EXPECT_LT(greatest({1, 1, 1, 0}), 10);
  EXPECT_GT(greatest({0, 0, 0, 1}), greatest({1, 1, 1, 1}));
}

TEST(RangeMethodTest, Constant) {
  for (std::string_view method : everyMethod) {
    Distribution distribution = of(std::vector<float>(100, 3));
    ChosenRange chosen = choose(int8(), method, distribution);
    EXPECT_EQ(chosen.range, (ValueRange{0, 3})) << method;
    EXPECT_EQ(chosen.scale, 3.0f / 127) << method;
    EXPECT_NEAR(chosen.error.total(), 0, 1e-12);
    chosen = choose(uint8(), method, of({-2}));
    EXPECT_EQ(chosen.range, (ValueRange{-2, 0})) << method;
    EXPECT_EQ(chosen.zeroPoint, 255) << method;
  }
}

TEST(RangeMethodTest, AllZeros) {
  for (std::string_view method : everyMethod) {
    Distribution distribution = of({0, 0, -0.0f});
    EXPECT_EQ(choose(int8(), method, distribution).scale, 1) << method;
    ChosenRange chosen = choose(uint8(), method, distribution);
    EXPECT_EQ(chosen.scale, 1) << method;
    EXPECT_EQ(chosen.zeroPoint, 0) << method;
    EXPECT_EQ(chosen.error.total(), 0) << method;
  }
}

TEST(RangeMethodTest, NothingSeen) {
  for (const Distribution &distribution : {of({}), of({notANumber, notANumber})}) {
    ChosenRange chosen;
    for (std::string_view method : everyMethod)
      EXPECT_EQ(chooseRange(int8(), *parseRangeMethod(method), distribution, chosen),
                RangeError::NothingSeen);
  }
}

TEST(RangeMethodTest, ScaleOverflow) {
  Scheme scheme = int8();
  scheme.scales = FloatType::F16;
  ChosenRange chosen;
  EXPECT_EQ(chooseRange(scheme, {}, of({1e10f}), chosen), RangeError::ScaleOverflow);
  EXPECT_EQ(chooseRange(uint8(), {}, of({3e38f, -3e38f}), chosen), RangeError::ScaleOverflow);
}

TEST(RangeMethodTest, OneEnormousOutlier) {
  std::vector<float> values = randomNormal(100000, 16);
  values[77] = 1e30f;
  Distribution distribution = of(values);
  // Those that ask how often keep the rest; saturating the outlier costs more than 1e59 / n.
  for (std::string_view method : {"percentile:99.9", "entropy"})
    EXPECT_LT(choose(int8(), method, distribution).range.greatest, 6) << method;
  for (std::string_view method : {"minmax", "mse", "auto"})
    EXPECT_GT(choose(int8(), method, distribution).range.greatest, 0.9e30f) << method;
}

TEST(RangeMethodTest, WeightsByRuns) {
  std::vector<float> values = randomNormal(4 * 96, 18);
  values[100] = 9;
  for (int i = 200; i < 232; ++i)
    values[i] = 0;
  for (int64_t group : {-1, 0, 32})
    for (Storage storage : {Storage::Int4, Storage::UInt4, Storage::NF4})
      for (std::string_view method : everyMethod) {
        Scheme scheme = int8();
        scheme.storage = storage;
        scheme.symmetric = !isUnsigned(storage);
        scheme.granularity = group < 0    ? Granularity::Tensor
                             : group == 0 ? Granularity::Channel
                                          : Granularity::Group;
        scheme.group = std::max<int64_t>(group, 0);
        QuantizedMatrix nearest(scheme, values, 4), mse(scheme, values, 4, Method::MSE);
        QuantizedMatrix found = nearest;
        std::vector<int64_t> counts(automaticMethods().size());
        ASSERT_FALSE(chooseRanges(scheme, *parseRangeMethod(method), {values.data(), 4, 96},
                                  found.storedScales.data(), found.storedZeroPoints.data(),
                                  counts));
        encode(scheme, {values.data(), 4, 96}, found.storedScales.data(),
               found.storedZeroPoints.data(), found.packed.data());
        auto errorOf = [&](const QuantizedMatrix &matrix) {
          double sum = 0;
          std::vector<float> decoded = matrix.decoded();
          for (size_t i = 0; i < values.size(); ++i)
            sum += std::pow(static_cast<double>(decoded[i]) - values[i], 2);
          return sum;
        };
        if (method == "minmax" || method == "average")
          EXPECT_EQ(found.packed, nearest.packed);
        if (method == "mse")
          EXPECT_EQ(found.packed, mse.packed);
        if (method == "auto") {
          EXPECT_LE(errorOf(found), errorOf(mse) * (1 + 1e-12)) << name(storage) << group;
          int64_t runs = 0;
          for (int64_t count : counts)
            runs += count;
          EXPECT_EQ(runs, static_cast<int64_t>(nearest.scales.size()));
        }
      }
}

TEST(RangeMethodTest, WeightsSayWhereTheyAreWrong) {
  std::vector<float> values(12, 1), scales(3);
  values[7] = notANumber;
  Scheme scheme = int8();
  scheme.granularity = Granularity::Channel;
  std::optional<QuantizeError> error = chooseRanges(
      scheme, {}, {values.data(), 3, 4}, reinterpret_cast<std::byte *>(scales.data()), nullptr);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->row, 1);
  EXPECT_EQ(error->column, 3);
  EXPECT_EQ(error->message(), "weight is nan");
}
