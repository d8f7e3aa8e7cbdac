//===- BitAllocationTest.cpp - Which layer gets how many bits -------------===//

#include "QLinalg/Numerics/BitAllocation.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace qlinalg;

namespace {

using Layers = std::vector<std::vector<StorageWay>>;

double errorOf(const Layers &layers, const std::vector<size_t> &chosen) {
  double error = 0;
  for (size_t i = 0; i < layers.size(); ++i)
    error += layers[i][chosen[i]].error;
  return error;
}

int64_t bytesOf(const Layers &layers, const std::vector<size_t> &chosen) {
  int64_t bytes = 0;
  for (size_t i = 0; i < layers.size(); ++i)
    bytes += layers[i][chosen[i]].bytes;
  return bytes;
}

/// All combinations; negative where none fits.
double bestError(const Layers &layers, int64_t bytes) {
  std::vector<size_t> chosen(layers.size());
  double best = -1;
  while (true) {
    double error = errorOf(layers, chosen);
    if (bytesOf(layers, chosen) <= bytes && (best < 0 || error < best))
      best = error;
    size_t i = 0;
    while (i < layers.size() && ++chosen[i] == layers[i].size())
      chosen[i++] = 0;
    if (i == layers.size())
      return best;
  }
}

/// Layers of several sizes, whose errors fall by four with each bit, more or less.
Layers randomLayers(unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  Layers layers(5);
  for (std::vector<StorageWay> &ways : layers) {
    double size = 1000 * uniform(generator) * (1 + generator() % 4),
           sensitivity = uniform(generator);
    for (int bits : {2, 3, 4, 6, 8})
      ways.push_back({static_cast<int64_t>(size * bits / 8),
                      sensitivity * std::pow(4.0, -bits) * uniform(generator)});
  }
  return layers;
}

TEST(BitAllocation, IsTheBest) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Layers layers = randomLayers(seed);
    int64_t least = smallestBytes(layers);
    for (double share : {1.0, 1.2, 1.5, 2.0, 2.7, 5.0}) {
      auto bytes = static_cast<int64_t>(static_cast<double>(least) * share);
      std::optional<std::vector<size_t>> chosen = allocateBits(layers, bytes);
      ASSERT_TRUE(chosen);
      EXPECT_LE(bytesOf(layers, *chosen), bytes);
      EXPECT_DOUBLE_EQ(errorOf(layers, *chosen), bestError(layers, bytes)) << seed << " " << share;
    }
  }
}

TEST(BitAllocation, RefusesWhatDoesNotFit) {
  Layers layers = {{{10, 1}, {5, 2}}, {{7, 3}}};
  EXPECT_EQ(smallestBytes(layers), 12);
  EXPECT_FALSE(allocateBits(layers, 11));
  EXPECT_EQ(allocateBits(layers, 12), (std::vector<size_t>{1, 0}));
  EXPECT_EQ(allocateBits(layers, 17), (std::vector<size_t>{0, 0}));
}

/// By hand: what the first layer needs for its better way does not fit; what the second needs does.
TEST(BitAllocation, TakesWhatFits) {
  Layers layers = {{{4, 10}, {9, 0}}, {{4, 5}, {6, 1}}};
  EXPECT_EQ(allocateBits(layers, 12), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(allocateBits(layers, 13), (std::vector<size_t>{1, 0}));
  EXPECT_EQ(allocateBits(layers, 15), (std::vector<size_t>{1, 1}));
}

/// More bytes that cost more are no way to take, nor is the first of two alike not.
TEST(BitAllocation, LeavesWhatIsWorse) {
  Layers layers = {{{4, 1}, {8, 2}, {4, 1}}};
  EXPECT_EQ(allocateBits(layers, 100), std::vector<size_t>{0});
}

/// In parts it is nearly the best: of sizes a thousand times as large, no worse by 1 %.
TEST(BitAllocation, IsNearlyTheBestOfMany) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    Layers layers = randomLayers(seed), large = layers;
    for (std::vector<StorageWay> &ways : large)
      for (StorageWay &way : ways)
        way.bytes = way.bytes * 1009 + 3;
    int64_t bytes = smallestBytes(large) * 8 / 5;
    std::optional<std::vector<size_t>> chosen = allocateBits(large, bytes);
    ASSERT_TRUE(chosen);
    EXPECT_LE(bytesOf(large, *chosen), bytes);
    EXPECT_LE(errorOf(large, *chosen), 1.01 * bestError(large, bytes));
  }
}

} // namespace
