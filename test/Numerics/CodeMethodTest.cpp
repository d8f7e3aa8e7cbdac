//===- CodeMethodTest.cpp - Codes of a weight by its input's moments ------===//

#include "QLinalg/Numerics/CodeMethod.h"

#include "QLinalg/Numerics/Gptq.h"
#include "QLinalg/Numerics/Hqq.h"
#include "QLinalg/Numerics/LearnedRounding.h"
#include "QLinalg/Numerics/ScaleSearch.h"
#include "QuantizedMatrix.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace qlinalg;

namespace {

constexpr int64_t columns = 76, rows = 37;

/// Channels that depend on one another, some 10 times as large as others.
ChannelMoments moments(bool withProducts = true) {
  constexpr int64_t seen = 300;
  std::vector<float> noise = randomNormal(seen * columns, 1), x(noise);
  for (int64_t i = 0; i < seen * columns; ++i) {
    int64_t k = i % columns;
    x[i] = noise[i] * (k % 9 == 4 ? 10.0f : 1.0f) + (k > 0 ? 0.8f * x[i - 1] : 0);
  }
  ChannelMoments result(columns, withProducts);
  result.update(x.data(), seen);
  return result;
}

ChannelMoments identity() {
  ChannelMoments result(columns, true);
  result.rows = 1;
  for (int64_t i = 0; i < columns; ++i)
    result.products[ChannelMoments::triangleRow(i, columns) + i] = result.squares[i] = 1;
  return result;
}

Scheme schemeOf(Storage storage, int64_t group = 16, FloatType scales = FloatType::F32) {
  Scheme scheme;
  scheme.storage = storage;
  scheme.granularity = group ? Granularity::Group : Granularity::Channel;
  scheme.group = group;
  scheme.symmetric = !isUnsigned(storage);
  scheme.scales = scales;
  return scheme;
}

/// A weight and its codes.
struct Coded {
  Scheme scheme;
  std::vector<float> weight = randomNormal(rows * columns, 2, 0.05f);
  std::vector<std::byte> codes, scales, zeroPoints;

  explicit Coded(const Scheme &scheme)
      : scheme(scheme), codes(rows * bytesPerRow(bitWidth(scheme.storage), columns)),
        scales(scaleCount(scheme, rows, columns) * byteWidth(scheme.scales)),
        zeroPoints(storesZeroPoints(scheme) ? scaleCount(scheme, rows, columns) : 0) {}

  Coded(const Scheme &scheme, CodeMethod method, const ChannelMoments &moments,
        const ForEach &threads = {})
      : Coded(scheme) {
    InputModel input;
    std::optional<MomentError> wrong =
        InputModel::make(moments, momentsNeeded(method), input, 0.002);
    EXPECT_FALSE(wrong) << wrong->message();
    EXPECT_FALSE(chooseCodes(scheme, method, &input, matrix(), view(), threads));
  }

  MatrixView matrix() const { return {weight.data(), rows, columns}; }
  QuantizedView view() {
    return {codes.data(), scales.data(), zeroPoints.empty() ? nullptr : zeroPoints.data()};
  }
  double cost(const ChannelMoments &moments) {
    return outputError(scheme, MeanMoments(moments), matrix(), view()).error;
  }
};

class CodeMethodOf : public testing::TestWithParam<Storage> {};

TEST_P(CodeMethodOf, EachIsBetterThanTheOneBefore) {
  ChannelMoments seen = moments();
  for (int64_t group : {16, 0}) {
    Scheme scheme = schemeOf(GetParam(), group, FloatType::F16);
    QuantizedMatrix nearest(scheme, Coded(scheme).weight, rows);
    double before =
        outputError(MeanMoments(seen), Coded(scheme).matrix(), nearest.decoded().data()).error;
    double weighted = Coded(scheme, CodeMethod::Weighted, seen).cost(seen);
    double gptq = Coded(scheme, CodeMethod::Gptq, seen).cost(seen);
    double rounding = Coded(scheme, CodeMethod::Rounding, seen).cost(seen);
    EXPECT_LT(weighted, before);
    EXPECT_LT(gptq, 0.8 * weighted);
    EXPECT_LT(rounding, gptq);
  }
}

/// With the identity, GPTQ is rounding to nearest, and no code can be improved while
/// scales stay.
TEST_P(CodeMethodOf, IsNearestForIdentity) {
  Coded gptq(schemeOf(GetParam()), CodeMethod::Gptq, identity()), nearest(gptq);
  encode(nearest.scheme, nearest.matrix(), nearest.scales.data(), nearest.view().zeroPoints,
         nearest.codes.data());
  EXPECT_EQ(gptq.codes, nearest.codes);
  learnRounding(gptq.scheme, MeanMoments(identity()), gptq.matrix(), {2, false}, gptq.view());
  EXPECT_EQ(gptq.codes, nearest.codes);
}

/// A weight that its codes stand for exactly.
TEST_P(CodeMethodOf, FindsExactCodes) {
  Coded coded(schemeOf(GetParam()));
  std::vector<float> scales = randomNormal(scaleCount(coded.scheme, rows, columns), 3);
  for (float &scale : scales)
    scale = std::exp2(std::nearbyint(scale));
  storeFloats(FloatType::F32, scales.data(), static_cast<int64_t>(scales.size()),
              coded.scales.data());
  std::ranges::fill(coded.zeroPoints, std::byte{1});
  encode(coded.scheme, {randomNormal(rows * columns, 4).data(), rows, columns}, coded.scales.data(),
         coded.view().zeroPoints, coded.codes.data());
  std::vector<std::byte> expected = coded.codes;
  dequantize(coded.scheme, rows, columns, coded.codes.data(), coded.scales.data(),
             coded.view().zeroPoints, coded.weight.data());
  ChannelMoments seen = moments();
  InputModel input;
  ASSERT_FALSE(InputModel::make(seen, MomentsNeeded::Products, input));
  std::ranges::fill(coded.codes, std::byte{0});
  EXPECT_EQ(gptq(coded.scheme, input.getFactor(), coded.matrix(), coded.view()), 0);
  EXPECT_EQ(coded.codes, expected);
}

INSTANTIATE_TEST_SUITE_P(Storages, CodeMethodOf,
                         testing::Values(Storage::Int8, Storage::Int4, Storage::UInt4,
                                         Storage::UInt2, Storage::NF4, Storage::FP4),
                         [](const auto &info) { return std::string(name(info.param)); });

TEST(CodeMethod, CostsLessWithEachBit) {
  ChannelMoments seen = moments();
  for (CodeMethod method :
       {CodeMethod::Weighted, CodeMethod::Hqq, CodeMethod::Gptq, CodeMethod::Rounding}) {
    double two = Coded(schemeOf(Storage::Int2), method, seen).cost(seen);
    double four = Coded(schemeOf(Storage::Int4), method, seen).cost(seen);
    double eight = Coded(schemeOf(Storage::Int8), method, seen).cost(seen);
    EXPECT_LT(four, 0.2 * two) << name(method);
    EXPECT_LT(eight, 0.02 * four) << name(method);
  }
}

TEST(CodeMethod, DoesNotDependOnThreads) {
  ForEach backwards = [](int64_t count, const std::function<void(int64_t)> &work) {
    while (count > 0)
      work(--count);
  };
  ChannelMoments seen = moments();
  for (CodeMethod method : {CodeMethod::Hqq, CodeMethod::Rounding})
    EXPECT_EQ(Coded(schemeOf(Storage::Int4), method, seen).codes,
              Coded(schemeOf(Storage::Int4), method, seen, backwards).codes);
}

TEST(CodeMethod, NeedsWhatItNeeds) {
  InputModel input;
  EXPECT_FALSE(InputModel::make(moments(false), MomentsNeeded::Diagonal, input));
  std::optional<MomentError> error =
      InputModel::make(moments(false), MomentsNeeded::Products, input);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, MomentError::Kind::NoProducts);
  error = InputModel::make(ChannelMoments(columns), MomentsNeeded::Diagonal, input);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, MomentError::Kind::Empty);
  for (const char *name : {"weighted", "hqq", "gptq", "rounding"})
    EXPECT_EQ(qlinalg::name(parseCodeMethod(name).value()), name);
  EXPECT_FALSE(parseCodeMethod("GPTQ"));
}

/// By hand: 0, 1, 3 cost the grid of two bits nothing; the weight that counts 100 times decides.
TEST(ScaleSearch, WeighsByImportance) {
  Scheme scheme = schemeOf(Storage::UInt2, 4);
  std::vector<float> run = {0.0f, 0.9f, 1.9f, 3.0f};
  auto errorOfSecond = [&](std::vector<double> importance) {
    float scale = 0;
    std::byte zero;
    EXPECT_FALSE(searchScales(scheme, {run.data(), 1, 4}, {importance, 2},
                              reinterpret_cast<std::byte *>(&scale), &zero));
    std::byte codes;
    float decoded[4];
    encode(scheme, {run.data(), 1, 4}, reinterpret_cast<std::byte *>(&scale), &zero, &codes);
    dequantize(scheme, 1, 4, &codes, reinterpret_cast<std::byte *>(&scale), &zero, decoded);
    return std::fabs(decoded[1] - run[1]);
  };
  EXPECT_LT(errorOfSecond({1, 1000, 1, 1}), 0.02);
  EXPECT_GT(errorOfSecond({1, 0.001, 1, 1}), 0.02);
}

/// A range far from 0 needs no code for 0.
TEST(ScaleSearch, FindsRangesFarFromZero) {
  Scheme scheme = schemeOf(Storage::UInt4, 16);
  std::vector<float> run(16);
  for (int i = 0; i < 16; ++i)
    run[i] = -2 - 0.125f * static_cast<float>(i);
  float scale = 0;
  std::byte zero;
  ASSERT_FALSE(
      searchScales(scheme, {run.data(), 1, 16}, {}, reinterpret_cast<std::byte *>(&scale), &zero));
  EXPECT_FLOAT_EQ(scale, 0.125f);
  EXPECT_EQ(static_cast<int>(zero), 31);
}

double powerError(const std::vector<float> &a, const std::vector<float> &b, double power) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += std::pow(std::fabs(static_cast<double>(a[i]) - b[i]), power);
  return sum;
}

TEST(Hqq, LowersItsOwnError) {
  for (Storage storage : {Storage::Int4, Storage::UInt4, Storage::UInt2, Storage::NF4}) {
    Coded coded(schemeOf(storage));
    QuantizedMatrix nearest(coded.scheme, coded.weight, rows);
    ASSERT_FALSE(
        hqq(coded.scheme, coded.matrix(), {}, coded.scales.data(), coded.view().zeroPoints));
    encode(coded.scheme, coded.matrix(), coded.scales.data(), coded.view().zeroPoints,
           coded.codes.data());
    std::vector<float> decoded(rows * columns);
    dequantize(coded.scheme, rows, columns, coded.codes.data(), coded.scales.data(),
               coded.view().zeroPoints, decoded.data());
    EXPECT_LT(powerError(coded.weight, decoded, 0.7),
              powerError(coded.weight, nearest.decoded(), 0.7))
        << name(storage);
  }
}

TEST(CodeMethod, NamesWhatIsNotFinite) {
  Coded coded(schemeOf(Storage::Int4));
  coded.weight[20 * columns + 3] = NAN;
  std::optional<QuantizeError> error =
      chooseCodes(coded.scheme, CodeMethod::Hqq, nullptr, coded.matrix(), coded.view());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, QuantizeError::Kind::NotFinite);
  EXPECT_EQ(error->row, 20);
  EXPECT_EQ(error->column, 3);
}

} // namespace
