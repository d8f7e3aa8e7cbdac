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
  EXPECT_EQ(bytesPerRow(3, 5), 2);
  EXPECT_EQ(bytesPerRow(3, 8), 3);
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

TEST(PackingTest, CodesLieAcrossBytes) {
  // 5, 2, 7, -4: 101 010 111 100 from the lowest bits up, so 100111010101 as a number.
  std::vector<std::byte> codes = bytes({5, 2, 7, -4}), packed(2), back(4);
  packRows(3, 1, 4, codes.data(), packed.data());
  EXPECT_EQ(packed, bytes({0b11010101, 0b00001001}));
  unpackRows(3, true, 1, 4, packed.data(), back.data());
  EXPECT_EQ(back, bytes({-3, 2, -1, -4}));
}

TEST(PackingTest, PlanesAddUpToTheWidth) {
  for (int bits = 1; bits <= 8; ++bits) {
    int width = 0;
    for (BitPlane plane : bitPlanes(bits)) {
      EXPECT_EQ(plane.shift, width);
      EXPECT_EQ(8 % plane.width, 0);
      width += plane.width;
    }
    EXPECT_EQ(width, bits);
  }
  EXPECT_EQ(bitPlanes(7).size(), 3u);
  EXPECT_EQ(bitPlanes(4).size(), 1u);
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
  for (int bits = 1; bits < 8; ++bits)
    for (int64_t columns = 0; columns < 150; ++columns) {
      int64_t rowBytes = bytesPerRow(bits, columns);
      std::vector<std::byte> codes = randomBytes(3 * columns);
      std::vector<std::byte> packed(3 * rowBytes, std::byte{0xee}), back(3 * columns);
      packRows(bits, 3, columns, codes.data(), packed.data());
      unpackRows(bits, false, 3, columns, packed.data(), back.data());
      for (int64_t i = 0; i < 3 * columns; ++i) {
        std::byte low = codes[i] & static_cast<std::byte>((1 << bits) - 1);
        ASSERT_EQ(back[i], low) << bits << " bits, " << columns << " columns, code " << i;
        std::byte stored{0};
        for (int64_t bit = 0; bit < bits; ++bit) {
          int64_t place = i % columns * bits + bit;
          std::byte byte = packed[i / columns * rowBytes + place / 8];
          stored |= ((byte >> (place % 8)) & std::byte{1}) << bit;
        }
        ASSERT_EQ(stored, low);
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

TEST(PackingTest, BlocksByHand) {
  // Two rows of 16 codes of 4 bits, 0 to 15 and all 15: byte t of a block of 8 holds codes t and
  // t + 8. A panel of three rows, the last of zeros.
  std::vector<std::byte> rows(16), blocks(24);
  for (int i = 0; i < 8; ++i) {
    rows[i] = static_cast<std::byte>((2 * i + 1) << 4 | 2 * i);
    rows[8 + i] = std::byte{0xff};
  }
  BlockLayout layout{3, 4, 16, false};
  ASSERT_EQ(bytesOfBlocks(4, 2, 16, layout), 24);
  packBlocks(4, 2, 16, layout, rows.data(), blocks.data());
  EXPECT_EQ(blocks, bytes({0x80, 0x91, 0xa2, 0xb3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
                           0xc4, 0xd5, 0xe6, 0xf7, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}));
  layout.excess = true;
  packBlocks(4, 2, 16, layout, rows.data(), blocks.data());
  EXPECT_EQ(blocks[0], std::byte{0x08});
  EXPECT_EQ(blocks[8], std::byte{0x88});
}

TEST(PackingTest, BlocksByTheFormula) {
  for (int bits = 1; bits <= 8; ++bits)
    for (auto [rows, columns] :
         {std::pair(1, 1), std::pair(5, 33), std::pair(16, 64), std::pair(7, 70)})
      for (BlockLayout layout : {BlockLayout{4, 4, 32, true}, BlockLayout{16, 2, 16, false},
                                 BlockLayout{3, 1, 8, false}}) {
        std::vector<std::byte> codes = randomBytes(rows * columns);
        std::vector<std::byte> packed(rows * bytesPerRow(bits, columns));
        packRows(bits, rows, columns, codes.data(), packed.data());
        std::vector<std::byte> blocks(bytesOfBlocks(bits, rows, columns, layout));
        packBlocks(bits, rows, columns, layout, packed.data(), blocks.data());
        // The planes by hand: widths in the order in which they lie.
        std::vector<std::vector<int>> widths = {{1},    {2},    {2, 1},    {4},
                                                {4, 1}, {4, 2}, {4, 2, 1}, {8}};
        int64_t size = layout.block * bits / 8,
                rowBytes = (columns + layout.block - 1) / layout.block * size;
        int64_t panels = (rows + layout.panelRows - 1) / layout.panelRows;
        for (int64_t row = 0; row < panels * layout.panelRows; ++row)
          for (int64_t k = 0; k < rowBytes * 8 / bits; ++k) {
            unsigned code =
                row < rows && k < columns
                    ? std::to_integer<unsigned>(codes[row * columns + k]) & ((1u << bits) - 1)
                    : 0;
            unsigned expected = code ^ (layout.excess ? 1u << (bits - 1) : 0), actual = 0;
            int64_t start = k / layout.block * size;
            int shift = 0;
            for (int width : widths[bits - 1]) {
              int64_t plane = layout.block * width / 8;
              int64_t t = k % layout.block % plane, place = k % layout.block / plane;
              int64_t byte = start + t;
              int64_t at = (row / layout.panelRows * rowBytes + byte / layout.step * layout.step) *
                               layout.panelRows +
                           row % layout.panelRows * layout.step + byte % layout.step;
              unsigned own = std::to_integer<unsigned>(blocks[at]) >> (width * place);
              actual |= (own & ((1u << width) - 1)) << shift;
              shift += width;
              start += plane;
            }
            ASSERT_EQ(actual, expected) << bits << " bits, row " << row << ", column " << k;
          }
      }
}
