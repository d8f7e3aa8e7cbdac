//===- ElementTypeTest.cpp ------------------------------------------------===//

#include "QLinalg/Parameters/ElementType.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace qlinalg;

// The names that safetensors 0.8.0 knows, with the widths of the types in bytes.
TEST(ElementType, safetensorsNames) {
  const std::vector<std::pair<std::string, int64_t>> expected = {
      {"BOOL", 1},        {"U8", 1},      {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
      {"F8_E4M3FNUZ", 1}, {"F8_E8M0", 1}, {"I16", 2}, {"U16", 2},     {"F16", 2},
      {"F8_E5M2FNUZ", 1}, {"BF16", 2},    {"I32", 4}, {"U32", 4},     {"F32", 4},
      {"C64", 8},         {"F64", 8},     {"I64", 8}, {"U64", 8},
  };
  for (const auto &[name, width] : expected) {
    std::optional<ElementType> type = parseSafetensorsName(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(byteWidth(*type), width) << name;
    EXPECT_EQ(safetensorsName(*type), name);
  }
  for (const char *name : {"", "f32", "F4", "F6_E2M3", "F128", "F32 "})
    EXPECT_FALSE(parseSafetensorsName(name)) << name;
}

TEST(ElementType, npyNames) {
  EXPECT_EQ(npyName(ElementType::BF16), "<u2");
  EXPECT_EQ(npyName(ElementType::F8E4M3FN), "|u1");
  EXPECT_EQ(npyName(ElementType::F32), "<f4");
  EXPECT_EQ(npyName(ElementType::Bool), "|b1");
  EXPECT_EQ(parseNpyName("<u2"), ElementType::U16);
  EXPECT_EQ(parseNpyName("|u1"), ElementType::U8);
  EXPECT_EQ(parseNpyName("bfloat16"), ElementType::BF16);
  EXPECT_EQ(parseNpyName("float8_e5m2"), ElementType::F8E5M2);
  for (const char *name : {"", ">f4", "=f4", "f4", "<c16", "<f16", "|O", "<U3", "<M8[ns]", "|V3"})
    EXPECT_FALSE(parseNpyName(name)) << name;
}

TEST(ElementType, counts) {
  const int64_t huge = int64_t{1} << 62;
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(elementCount(Shape{}), 1);
  EXPECT_EQ(elementCount(Shape{2, 3, 4}), 24);
  EXPECT_EQ(elementCount(Shape{0, 5}), 0);
  EXPECT_EQ(elementCount(Shape{huge, 1}), huge);
  EXPECT_EQ(elementCount(Shape{huge, 2}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{huge, 2, 0}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{0, huge, 2}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{-1}), std::nullopt);
  EXPECT_EQ(elementCount(Shape{-2, -3}), std::nullopt);
  EXPECT_EQ(byteCount(ElementType::F32, Shape{2, 3}), 24);
  EXPECT_EQ(byteCount(ElementType::F64, Shape{}), 8);
  EXPECT_EQ(byteCount(ElementType::U8, Shape{huge}), huge);
  EXPECT_EQ(byteCount(ElementType::U16, Shape{huge}), std::nullopt);
  EXPECT_EQ(formatShape(Shape{}), "[]");
  EXPECT_EQ(formatShape(Shape{2, -3}), "[2, -3]");
}
