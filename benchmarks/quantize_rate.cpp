//===- quantize_rate.cpp - Quantization beside memcpy ---------------------===//
//
// How fast one thread quantizes a matrix out of cache, as a share of the rate at
// which memcpy copies it. Both are bytes of f32 input per second. Every round
// runs memcpy and then the scheme, so that a ratio compares neighbours in time.
//
//   quantize-rate [rounds] [mse]
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/Quantize.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace qlinalg;

namespace {

constexpr int64_t rows = 8192, columns = 8192; // 256 MB

double secondsOf(auto &&work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

struct Case {
  Storage storage;
  Granularity granularity;
  int64_t group;
  bool symmetric;
};

constexpr Case cases[] = {
    {Storage::Int8, Granularity::Channel, 0, true},
    {Storage::Int4, Granularity::Group, 32, true},
    {Storage::Int8, Granularity::Tensor, 0, true},
    {Storage::Int8, Granularity::Group, 32, true},
    {Storage::Int4, Granularity::Channel, 0, true},
    {Storage::Int2, Granularity::Group, 32, true},
    {Storage::UInt8, Granularity::Channel, 0, false},
    {Storage::UInt4, Granularity::Group, 32, false},
    {Storage::UInt2, Granularity::Group, 32, false},
    {Storage::NF4, Granularity::Group, 64, true},
    {Storage::FP4, Granularity::Group, 32, true},
    {Storage::F8E4M3FN, Granularity::Channel, 0, true},
    {Storage::BF16, Granularity::Channel, 0, true},
    {Storage::F16, Granularity::Channel, 0, true},
};

void measure(const Case &which, Method method, int rounds, const std::vector<float> &input,
             std::vector<float> &copy) {
  Scheme scheme{which.storage, which.granularity, which.group, which.symmetric};
  std::vector<std::byte> codes(rows * bytesPerRow(bitWidth(scheme.storage), columns));
  std::vector<std::byte> scales(scaleCount(scheme, rows, columns) * byteWidth(scheme.scales));
  std::vector<std::byte> zeroPoints(scaleCount(scheme, rows, columns));
  double bytes = static_cast<double>(input.size()) * sizeof(float);
  std::vector<double> ratios, copyRates, rates;
  for (int round = -1; round < rounds; ++round) {
    double copying = secondsOf([&] {
      std::memcpy(copy.data(), input.data(), input.size() * sizeof(float));
      // The compiler may not leave out a copy that could be read here.
      asm volatile("" : : "r"(copy.data()) : "memory");
    });
    double quantizing = secondsOf([&] {
      if (quantize(scheme, method, {input.data(), rows, columns},
                   {codes.data(), scales.data(), zeroPoints.data()}))
        std::abort();
    });
    if (round < 0)
      continue; // touches the pages for the first time
    ratios.push_back(copying / quantizing);
    copyRates.push_back(bytes / copying / 1e9);
    rates.push_back(bytes / quantizing / 1e9);
  }
  std::printf("%-9s %-8s %5lld %-9s %8.2f %10.2f %10.2f\n", name(which.storage).data(),
              name(which.granularity).data(), static_cast<long long>(which.group),
              which.symmetric ? "symmetric" : "affine", median(ratios), median(rates),
              median(copyRates));
  std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv) {
  int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 9;
  Method method = argc > 2 ? parseMethod(argv[2]).value_or(Method::Nearest) : Method::Nearest;
  std::vector<float> input(rows * columns), copy(rows * columns);
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  for (float &value : input)
    value = normal(generator);
  std::printf("%-9s %-8s %5s %-9s %8s %10s %10s\n", "storage", "scales", "group", "range", "ratio",
              "GB/s", "memcpy");
  for (const Case &which : cases)
    measure(which, method, rounds, input, copy);
}
