//===- SchemeTest.cpp - Names and sizes of schemes ------------------------===//

#include "QLinalg/Numerics/Scheme.h"
#include "QLinalg/Numerics/Quantize.h"
#include "QuantizedMatrix.h"

#include <gtest/gtest.h>
#include <limits>

using namespace qlinalg;

TEST(SchemeTest, StorageNamesAreThoseOfTheOption) {
  const char *names[] = {"int8",  "int7",   "int6",  "int5",  "int4",     "int3",  "int2",
                         "uint8", "uint7",  "uint6", "uint5", "uint4",    "uint3", "uint2",
                         "int16", "uint16", "nf4",   "fp4",   "f8E4M3FN", "bf16",  "f16"};
  ASSERT_EQ(std::size(names), std::size(allStorages));
  for (size_t i = 0; i < std::size(names); ++i) {
    EXPECT_EQ(name(allStorages[i]), names[i]);
    EXPECT_EQ(parseStorage(names[i]), allStorages[i]);
  }
  EXPECT_EQ(parseStorage("int9"), std::nullopt);
  EXPECT_EQ(parseStorage("INT8"), std::nullopt);
  EXPECT_EQ(parseStorage(""), std::nullopt);
}

TEST(SchemeTest, OtherNames) {
  EXPECT_EQ(parseGranularity("tensor"), Granularity::Tensor);
  EXPECT_EQ(parseGranularity("channel"), Granularity::Channel);
  EXPECT_EQ(parseGranularity("group"), Granularity::Group);
  EXPECT_EQ(parseGranularity("token"), Granularity::Token);
  EXPECT_EQ(parseGranularity("token_group"), Granularity::TokenGroup);
  EXPECT_EQ(parseGranularity("row"), std::nullopt);
  EXPECT_EQ(name(Granularity::TokenGroup), "token_group");
  EXPECT_EQ(parseFloatType("f64"), FloatType::F64);
  EXPECT_EQ(parseFloatType("f32"), FloatType::F32);
  EXPECT_EQ(parseFloatType("f16"), FloatType::F16);
  EXPECT_EQ(parseFloatType("bf16"), FloatType::BF16);
  EXPECT_EQ(parseFloatType("f8"), std::nullopt);
  EXPECT_EQ(name(FloatType::BF16), "bf16");
  EXPECT_EQ(parseRounding("even"), Rounding::Even);
  EXPECT_EQ(parseRounding("away"), Rounding::Away);
  EXPECT_EQ(parseDivision("divide"), Division::Divide);
  EXPECT_EQ(parseDivision("reciprocal"), Division::Reciprocal);
  EXPECT_EQ(parseMethod("nearest"), Method::Nearest);
  EXPECT_EQ(parseMethod("mse"), Method::MSE);
  EXPECT_EQ(parseMethod("best"), std::nullopt);
}

TEST(SchemeTest, CodesOfIntegers) {
  struct {
    Storage storage;
    int bits;
    int64_t least, greatest, zero;
  } cases[] = {{Storage::Int8, 8, -128, 127, 0},       {Storage::Int4, 4, -8, 7, 0},
               {Storage::Int2, 2, -2, 1, 0},           {Storage::UInt8, 8, 0, 255, 128},
               {Storage::UInt4, 4, 0, 15, 8},          {Storage::UInt2, 2, 0, 3, 2},
               {Storage::Int7, 7, -64, 63, 0},         {Storage::Int6, 6, -32, 31, 0},
               {Storage::Int5, 5, -16, 15, 0},         {Storage::Int3, 3, -4, 3, 0},
               {Storage::UInt7, 7, 0, 127, 64},        {Storage::UInt6, 6, 0, 63, 32},
               {Storage::UInt5, 5, 0, 31, 16},         {Storage::UInt3, 3, 0, 7, 4},
               {Storage::Int16, 16, -32768, 32767, 0}, {Storage::UInt16, 16, 0, 65535, 32768}};
  for (auto &[storage, bits, least, greatest, zero] : cases) {
    EXPECT_EQ(bitWidth(storage), bits);
    EXPECT_EQ(minCode(storage), least);
    EXPECT_EQ(maxCode(storage), greatest);
    EXPECT_EQ(symmetricZeroPoint(storage), zero);
    EXPECT_TRUE(isInteger(storage));
    EXPECT_EQ(isUnsigned(storage), least == 0);
    EXPECT_FALSE(isDowncast(storage));
  }
}

TEST(SchemeTest, ZeroPointsAreAsWideAsAByteOrCodes) {
  for (Storage storage : allStorages)
    EXPECT_EQ(zeroPointWidth(storage),
              storage == Storage::Int16 || storage == Storage::UInt16 ? 16 : 8)
        << name(storage);
  Scheme scheme;
  EXPECT_EQ(largestDifference(scheme), 128);
  scheme.storage = Storage::Int16;
  EXPECT_EQ(largestDifference(scheme), 32768);
  scheme.symmetric = false;
  EXPECT_EQ(largestDifference(scheme), 65535);
  scheme.storage = Storage::UInt4; // its zero point may be any byte
  EXPECT_EQ(largestDifference(scheme), 255);
}

TEST(SchemeTest, KindsOfStorage) {
  for (Storage storage : {Storage::NF4, Storage::FP4}) {
    EXPECT_EQ(bitWidth(storage), 4);
    EXPECT_TRUE(isCodebook(storage));
    EXPECT_FALSE(isInteger(storage));
  }
  EXPECT_EQ(bitWidth(Storage::F8E4M3FN), 8);
  EXPECT_FALSE(isCodebook(Storage::F8E4M3FN));
  for (Storage storage : {Storage::BF16, Storage::F16}) {
    EXPECT_EQ(bitWidth(storage), 16);
    EXPECT_TRUE(isDowncast(storage));
  }
  EXPECT_FALSE(isDowncast(Storage::Int8));
}

TEST(SchemeTest, OnlyAffineIntegersStoreZeroPoints) {
  for (Storage storage : allStorages)
    for (bool symmetric : {false, true}) {
      Scheme scheme;
      scheme.storage = storage;
      scheme.symmetric = symmetric;
      EXPECT_EQ(storesZeroPoints(scheme), isInteger(storage) && !symmetric) << name(storage);
    }
}

TEST(SchemeTest, ScaleCounts) {
  Scheme scheme;
  EXPECT_EQ(scaleCount(scheme, 3, 70), 3);
  scheme.granularity = Granularity::Tensor;
  EXPECT_EQ(scaleCount(scheme, 3, 70), 1);
  scheme.granularity = Granularity::Group;
  scheme.group = 32;
  EXPECT_EQ(groupsPerRow(scheme, 70), 3);
  EXPECT_EQ(groupsPerRow(scheme, 64), 2);
  EXPECT_EQ(groupsPerRow(scheme, 5), 1);
  EXPECT_EQ(groupsPerRow(scheme, 0), 0);
  scheme.group = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(groupsPerRow(scheme, 5), 1);
  scheme.group = 32;
  EXPECT_EQ(scaleCount(scheme, 3, 70), 9);
  scheme.granularity = Granularity::TokenGroup;
  EXPECT_EQ(scaleCount(scheme, 3, 70), 9);
  scheme.storage = Storage::BF16;
  EXPECT_EQ(scaleCount(scheme, 3, 70), 0);
}

TEST(SchemeTest, ByteWidths) {
  EXPECT_EQ(byteWidth(FloatType::F64), 8);
  EXPECT_EQ(byteWidth(FloatType::F32), 4);
  EXPECT_EQ(byteWidth(FloatType::F16), 2);
  EXPECT_EQ(byteWidth(FloatType::BF16), 2);
}
