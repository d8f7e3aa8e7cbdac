//===- PackingTest.cpp - Bit order and panels -----------------------------===//

#include "QLinalg/Numerics/Packing.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

using namespace qlinalg;

namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (int value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

std::vector<std::byte> randomBytes(int64_t count) {
  std::mt19937 generator(7);
  std::vector<std::byte> result(count);
  for (std::byte &byte : result)
    byte = static_cast<std::byte>(generator());
  return result;
}

} // namespace

TEST(PackingTest, BytesPerRow) {
  EXPECT_EQ(bytesPerRow(2, 0), 0);
  EXPECT_EQ(bytesPerRow(2, 4), 1);
  EXPECT_EQ(bytesPerRow(2, 5), 2);
  EXPECT_EQ(bytesPerRow(4, 5), 3);
  EXPECT_EQ(bytesPerRow(8, 5), 5);
  EXPECT_EQ(bytesPerRow(16, 5), 10);
}

TEST(PackingTest, LowNibbleFirstAndRowsPadded) {
  // Two rows of three: -8, 7, -1 and 1, 2, 3.
  std::vector<std::byte> codes = bytes({-8, 7, -1, 1, 2, 3}), packed(4);
  packRows(4, 2, 3, codes.data(), packed.data());
  EXPECT_EQ(packed, bytes({0x78, 0x0f, 0x21, 0x03}));
  std::vector<std::byte> back(6);
  unpackRows(4, true, 2, 3, packed.data(), back.data());
  EXPECT_EQ(back, codes);
  unpackRows(4, false, 2, 3, packed.data(), back.data());
  EXPECT_EQ(back, bytes({8, 7, 15, 1, 2, 3}));
}

TEST(PackingTest, LowPairFirstAndRowsPadded) {
  // -2, -1, 0, 1, -2: 10 11 00 01 from the lowest bits up, then 10.
  std::vector<std::byte> codes = bytes({-2, -1, 0, 1, -2}), packed(2);
  packRows(2, 1, 5, codes.data(), packed.data());
  EXPECT_EQ(packed, bytes({0b01001110, 0b00000010}));
  std::vector<std::byte> back(5);
  unpackRows(2, true, 1, 5, packed.data(), back.data());
  EXPECT_EQ(back, codes);
  unpackRows(2, false, 1, 5, packed.data(), back.data());
  EXPECT_EQ(back, bytes({2, 3, 0, 1, 2}));
}

TEST(PackingTest, OnlyLowBitsOfCodesCount) {
  std::vector<std::byte> codes = bytes({0xf1, 0xa2}), packed(1);
  packRows(4, 1, 2, codes.data(), packed.data());
  EXPECT_EQ(packed, bytes({0x21}));
}

TEST(PackingTest, WholeBytesAreCopied) {
  std::vector<std::byte> codes = randomBytes(24), packed(24), back(24);
  packRows(8, 3, 8, codes.data(), packed.data());
  EXPECT_EQ(packed, codes);
  packRows(16, 3, 4, codes.data(), packed.data());
  EXPECT_EQ(packed, codes);
  unpackRows(16, false, 3, 4, packed.data(), back.data());
  EXPECT_EQ(back, codes);
}

TEST(PackingTest, RowsOfEveryLength) {
  for (int bits : {2, 4})
    for (int64_t columns = 0; columns < 150; ++columns) {
      int64_t rowBytes = bytesPerRow(bits, columns);
      std::vector<std::byte> codes = randomBytes(3 * columns);
      std::vector<std::byte> packed(3 * rowBytes, std::byte{0xee}), back(3 * columns);
      packRows(bits, 3, columns, codes.data(), packed.data());
      unpackRows(bits, false, 3, columns, packed.data(), back.data());
      for (int64_t i = 0; i < 3 * columns; ++i) {
        std::byte low = codes[i] & static_cast<std::byte>((1 << bits) - 1);
        ASSERT_EQ(back[i], low) << bits << " bits, " << columns << " columns, code " << i;
        int64_t place = i % columns * bits;
        std::byte stored = packed[i / columns * rowBytes + place / 8] >> (place % 8);
        ASSERT_EQ(stored & static_cast<std::byte>((1 << bits) - 1), low);
      }
      if (int64_t used = columns * bits % 8)
        for (int64_t row = 0; row < 3; ++row)
          ASSERT_EQ(packed[(row + 1) * rowBytes - 1] >> used, std::byte{0});
    }
}

TEST(PackingTest, PanelIsTransposedAndPadded) {
  // Three rows of two bytes in panels of two rows.
  std::vector<std::byte> source = bytes({1, 2, 3, 4, 5, 6}), panels(8, std::byte{0xee});
  packPanels(1, 3, 2, 2, source.data(), panels.data());
  EXPECT_EQ(panels, bytes({1, 3, 2, 4, 5, 0, 6, 0}));
}

TEST(PackingTest, WideElementsStayWhole) {
  std::vector<uint16_t> source = {1, 2, 3, 4}, panels(4);
  packPanels(2, 2, 2, 2, reinterpret_cast<std::byte *>(source.data()),
             reinterpret_cast<std::byte *>(panels.data()));
  EXPECT_EQ(panels, (std::vector<uint16_t>{1, 3, 2, 4}));
}

TEST(PackingTest, PanelRoundTrip) {
  for (int64_t elementBytes : {1, 2, 4, 8})
    for (int64_t rows : {0, 1, 7, 16, 33})
      for (int64_t columns : {0, 1, 5, 64})
        for (int64_t panelRows : {1, 4, 16}) {
          int64_t panelCount = (rows + panelRows - 1) / panelRows;
          std::vector<std::byte> source = randomBytes(rows * columns * elementBytes);
          std::vector<std::byte> panels(panelCount * panelRows * columns * elementBytes);
          std::vector<std::byte> back(source.size());
          packPanels(elementBytes, rows, columns, panelRows, source.data(), panels.data());
          unpackPanels(elementBytes, rows, columns, panelRows, panels.data(), back.data());
          ASSERT_EQ(back, source);
          for (int64_t row = 0; row < rows; ++row)
            for (int64_t column = 0; column < columns; ++column)
              for (int64_t byte = 0; byte < elementBytes; ++byte)
                ASSERT_EQ(
                    panels[((row / panelRows * columns + column) * panelRows + row % panelRows) *
                               elementBytes +
                           byte],
                    source[(row * columns + column) * elementBytes + byte]);
        }
}
