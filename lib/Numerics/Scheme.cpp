//===- Scheme.cpp - How numbers become codes ------------------------------===//

#include "QLinalg/Numerics/Scheme.h"

#include <algorithm>
#include <array>
#include <utility>

using namespace qlinalg;

namespace {

template <typename T, size_t size> using Names = std::array<std::pair<T, std::string_view>, size>;

constexpr Names<Storage, 21> storageNames = {
    {{Storage::Int8, "int8"},         {Storage::Int7, "int7"},   {Storage::Int6, "int6"},
     {Storage::Int5, "int5"},         {Storage::Int4, "int4"},   {Storage::Int3, "int3"},
     {Storage::Int2, "int2"},         {Storage::UInt8, "uint8"}, {Storage::UInt7, "uint7"},
     {Storage::UInt6, "uint6"},       {Storage::UInt5, "uint5"}, {Storage::UInt4, "uint4"},
     {Storage::UInt3, "uint3"},       {Storage::UInt2, "uint2"}, {Storage::Int16, "int16"},
     {Storage::UInt16, "uint16"},     {Storage::NF4, "nf4"},     {Storage::FP4, "fp4"},
     {Storage::F8E4M3FN, "f8E4M3FN"}, {Storage::BF16, "bf16"},   {Storage::F16, "f16"}}};
constexpr Names<Granularity, 5> granularityNames = {{{Granularity::Tensor, "tensor"},
                                                     {Granularity::Channel, "channel"},
                                                     {Granularity::Group, "group"},
                                                     {Granularity::Token, "token"},
                                                     {Granularity::TokenGroup, "token_group"}}};
constexpr Names<FloatType, 4> floatTypeNames = {{{FloatType::F64, "f64"},
                                                 {FloatType::F32, "f32"},
                                                 {FloatType::F16, "f16"},
                                                 {FloatType::BF16, "bf16"}}};
constexpr Names<Rounding, 2> roundingNames = {{{Rounding::Even, "even"}, {Rounding::Away, "away"}}};
constexpr Names<Division, 2> divisionNames = {
    {{Division::Divide, "divide"}, {Division::Reciprocal, "reciprocal"}}};

template <typename T, size_t size> std::string_view nameIn(const Names<T, size> &names, T value) {
  for (const auto &[candidate, name] : names)
    if (candidate == value)
      return name;
  return {};
}

template <typename T, size_t size>
std::optional<T> parseIn(const Names<T, size> &names, std::string_view text) {
  for (const auto &[candidate, name] : names)
    if (name == text)
      return candidate;
  return std::nullopt;
}

bool isGrouped(const Scheme &scheme) {
  return scheme.granularity == Granularity::Group || scheme.granularity == Granularity::TokenGroup;
}

} // namespace

int qlinalg::bitWidth(Storage storage) {
  switch (storage) {
  case Storage::Int2:
  case Storage::UInt2:
    return 2;
  case Storage::Int3:
  case Storage::UInt3:
    return 3;
  case Storage::Int4:
  case Storage::UInt4:
  case Storage::NF4:
  case Storage::FP4:
    return 4;
  case Storage::Int5:
  case Storage::UInt5:
    return 5;
  case Storage::Int6:
  case Storage::UInt6:
    return 6;
  case Storage::Int7:
  case Storage::UInt7:
    return 7;
  case Storage::Int8:
  case Storage::UInt8:
  case Storage::F8E4M3FN:
    return 8;
  case Storage::Int16:
  case Storage::UInt16:
  case Storage::BF16:
  case Storage::F16:
    return 16;
  }
  return 0;
}

bool qlinalg::isUnsigned(Storage storage) {
  switch (storage) {
  case Storage::UInt2:
  case Storage::UInt3:
  case Storage::UInt4:
  case Storage::UInt5:
  case Storage::UInt6:
  case Storage::UInt7:
  case Storage::UInt8:
  case Storage::UInt16:
    return true;
  default:
    return false;
  }
}

bool qlinalg::isInteger(Storage storage) {
  return !isCodebook(storage) && !isDowncast(storage) && storage != Storage::F8E4M3FN;
}

bool qlinalg::isCodebook(Storage storage) {
  return storage == Storage::NF4 || storage == Storage::FP4;
}

bool qlinalg::isDowncast(Storage storage) {
  return storage == Storage::BF16 || storage == Storage::F16;
}

int64_t qlinalg::minCode(Storage storage) {
  return isUnsigned(storage) ? 0 : -(int64_t{1} << (bitWidth(storage) - 1));
}

int64_t qlinalg::maxCode(Storage storage) {
  return minCode(storage) + (int64_t{1} << bitWidth(storage)) - 1;
}

bool qlinalg::storesZeroPoints(const Scheme &scheme) {
  return isInteger(scheme.storage) && !scheme.symmetric;
}

int64_t qlinalg::largestDifference(const Scheme &scheme) {
  if (storesZeroPoints(scheme))
    return (int64_t{1} << zeroPointWidth(scheme.storage)) - 1;
  int64_t zero = impliedZeroPoint(scheme);
  return std::max(zero - minCode(scheme.storage), maxCode(scheme.storage) - zero);
}

int64_t qlinalg::symmetricZeroPoint(Storage storage) {
  return isUnsigned(storage) ? int64_t{1} << (bitWidth(storage) - 1) : 0;
}

int64_t qlinalg::impliedZeroPoint(const Scheme &scheme) {
  return scheme.positive ? 0 : symmetricZeroPoint(scheme.storage);
}

int qlinalg::zeroPointWidth(Storage storage) {
  return isInteger(storage) && bitWidth(storage) == 16 ? 16 : 8;
}

int64_t qlinalg::groupsPerRow(const Scheme &scheme, int64_t columns) {
  return isGrouped(scheme) ? columns / scheme.group + (columns % scheme.group != 0) : 1;
}

int64_t qlinalg::byteWidth(FloatType type) {
  switch (type) {
  case FloatType::F64:
    return 8;
  case FloatType::F32:
    return 4;
  case FloatType::F16:
  case FloatType::BF16:
    return 2;
  }
  return 0;
}

std::string_view qlinalg::name(Storage storage) { return nameIn(storageNames, storage); }
std::string_view qlinalg::name(Granularity granularity) {
  return nameIn(granularityNames, granularity);
}
std::string_view qlinalg::name(FloatType type) { return nameIn(floatTypeNames, type); }
std::string_view qlinalg::name(Rounding rounding) { return nameIn(roundingNames, rounding); }
std::string_view qlinalg::name(Division division) { return nameIn(divisionNames, division); }

std::optional<Storage> qlinalg::parseStorage(std::string_view name) {
  return parseIn(storageNames, name);
}
std::optional<Granularity> qlinalg::parseGranularity(std::string_view name) {
  return parseIn(granularityNames, name);
}
std::optional<FloatType> qlinalg::parseFloatType(std::string_view name) {
  return parseIn(floatTypeNames, name);
}
std::optional<Rounding> qlinalg::parseRounding(std::string_view name) {
  return parseIn(roundingNames, name);
}
std::optional<Division> qlinalg::parseDivision(std::string_view name) {
  return parseIn(divisionNames, name);
}
