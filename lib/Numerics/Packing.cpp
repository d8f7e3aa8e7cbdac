//===- Packing.cpp - Where codes lie in memory ----------------------------===//

#include "QLinalg/Numerics/Packing.h"

#include "Clones.h"

#include <algorithm>
#include <cstring>
#include <vector>

using namespace qlinalg;

namespace {

/// A whole number of bytes first, in a loop of known shape, then the rest.
template <int bits>
QLINALG_INLINE void packRow(const uint8_t *__restrict codes, int64_t columns,
                            uint8_t *__restrict packed) {
  constexpr int perByte = 8 / bits;
  constexpr uint8_t mask = (1 << bits) - 1;
  int64_t whole = columns / perByte;
  for (int64_t j = 0; j < whole; ++j) {
    unsigned byte = 0;
    for (int i = 0; i < perByte; ++i)
      byte |= (codes[j * perByte + i] & mask) << (bits * i);
    packed[j] = static_cast<uint8_t>(byte);
  }
  if (whole * perByte == columns)
    return;
  unsigned byte = 0;
  for (int64_t column = whole * perByte; column < columns; ++column)
    byte |= (codes[column] & mask) << (bits * (column % perByte));
  packed[whole] = static_cast<uint8_t>(byte);
}

template <int bits, bool isSigned>
QLINALG_INLINE void unpackRow(const uint8_t *__restrict packed, int64_t columns,
                              uint8_t *__restrict codes) {
  constexpr int perByte = 8 / bits;
  constexpr uint8_t mask = (1 << bits) - 1;
  constexpr uint8_t sign = isSigned ? 1 << (bits - 1) : 0;
  auto extract = [](uint8_t byte, int64_t place) {
    uint8_t code = (byte >> (bits * place)) & mask;
    return static_cast<uint8_t>((code ^ sign) - sign); // extends the sign
  };
  int64_t whole = columns / perByte;
  for (int64_t j = 0; j < whole; ++j)
    for (int i = 0; i < perByte; ++i)
      codes[j * perByte + i] = extract(packed[j], i);
  for (int64_t column = whole * perByte; column < columns; ++column)
    codes[column] = extract(packed[whole], column % perByte);
}

QLINALG_CLONES void packRowOf4(const uint8_t *codes, int64_t columns, uint8_t *packed) {
  packRow<4>(codes, columns, packed);
}

QLINALG_CLONES void packRowOf2(const uint8_t *codes, int64_t columns, uint8_t *packed) {
  packRow<2>(codes, columns, packed);
}

QLINALG_CLONES void unpackRowOf4(const uint8_t *packed, int64_t columns, bool isSigned,
                                 uint8_t *codes) {
  isSigned ? unpackRow<4, true>(packed, columns, codes)
           : unpackRow<4, false>(packed, columns, codes);
}

QLINALG_CLONES void unpackRowOf2(const uint8_t *packed, int64_t columns, bool isSigned,
                                 uint8_t *codes) {
  isSigned ? unpackRow<2, true>(packed, columns, codes)
           : unpackRow<2, false>(packed, columns, codes);
}

void copyBytes(const std::byte *source, int64_t count, std::byte *destination) {
  if (count > 0)
    std::memcpy(destination, source, count);
}

template <int elementBytes>
void packPanelsOf(int64_t rows, int64_t columns, int64_t panelRows, const std::byte *source,
                  std::byte *panels) {
  for (int64_t first = 0; first < rows; first += panelRows) {
    int64_t present = std::min(panelRows, rows - first);
    const std::byte *block = source + first * columns * elementBytes;
    for (int64_t column = 0; column < columns; ++column, panels += panelRows * elementBytes) {
      for (int64_t row = 0; row < present; ++row)
        std::memcpy(panels + row * elementBytes, block + (row * columns + column) * elementBytes,
                    elementBytes);
      if (present < panelRows)
        std::memset(panels + present * elementBytes, 0, (panelRows - present) * elementBytes);
    }
  }
}

template <int elementBytes>
void unpackPanelsOf(int64_t rows, int64_t columns, int64_t panelRows, const std::byte *panels,
                    std::byte *destination) {
  for (int64_t first = 0; first < rows; first += panelRows) {
    int64_t present = std::min(panelRows, rows - first);
    std::byte *block = destination + first * columns * elementBytes;
    for (int64_t column = 0; column < columns; ++column, panels += panelRows * elementBytes)
      for (int64_t row = 0; row < present; ++row)
        std::memcpy(block + (row * columns + column) * elementBytes, panels + row * elementBytes,
                    elementBytes);
  }
}

/// The bytes of one block of a row, `count` codes of which are there.
template <int bits>
QLINALG_INLINE void packBlock(const uint8_t *__restrict row, int64_t first, int64_t count,
                              int64_t bytes, uint8_t flip, uint8_t *__restrict packed) {
  constexpr int perByte = 8 / bits;
  constexpr uint8_t mask = (1 << bits) - 1;
  auto code = [&](int64_t column) -> unsigned {
    if (column >= count)
      return 0;
    int64_t index = first + column;
    return (row[index / perByte] >> (bits * (index % perByte))) & mask;
  };
  for (int64_t t = 0; t < bytes; ++t) {
    unsigned byte = 0;
    for (int i = 0; i < perByte; ++i)
      byte |= code(t + i * bytes) << (bits * i);
    packed[t] = static_cast<uint8_t>(byte) ^ flip;
  }
}

template <int bits>
void packBlocksOf(int64_t rows, int64_t columns, BlockLayout layout, const uint8_t *source,
                  uint8_t *out) {
  constexpr int perByte = 8 / bits;
  // The highest bit of each code of a byte.
  constexpr uint8_t highest = bits == 8 ? 0x80 : bits == 4 ? 0x88 : 0xaa;
  uint8_t flip = layout.excess ? highest : 0;
  int64_t bytes = layout.block / perByte, rowBytes = bytesPerRow(bits, columns);
  std::vector<uint8_t> packed(bytes);
  for (int64_t firstRow = 0; firstRow < rows; firstRow += layout.panelRows)
    for (int64_t column = 0; column < columns; column += layout.block) {
      int64_t count = std::min(layout.block, columns - column);
      for (int64_t lane = 0; lane < layout.panelRows; ++lane) {
        int64_t row = firstRow + lane;
        packBlock<bits>(source + std::min(row, rows - 1) * rowBytes, column, row < rows ? count : 0,
                        bytes, flip, packed.data());
        for (int64_t t = 0; t < bytes; t += layout.step)
          std::memcpy(out + (t * layout.panelRows + lane * layout.step), &packed[t], layout.step);
      }
      out += bytes * layout.panelRows;
    }
}

} // namespace

int64_t qlinalg::bytesPerRow(int bits, int64_t columns) { return (columns * bits + 7) / 8; }

void qlinalg::packRows(int bits, int64_t rows, int64_t columns, const std::byte *codes,
                       std::byte *packed) {
  int64_t rowBytes = bytesPerRow(bits, columns);
  if (bits >= 8)
    return copyBytes(codes, rows * rowBytes, packed);
  auto *pack = bits == 4 ? packRowOf4 : packRowOf2;
  for (int64_t row = 0; row < rows; ++row)
    pack(reinterpret_cast<const uint8_t *>(codes) + row * columns, columns,
         reinterpret_cast<uint8_t *>(packed) + row * rowBytes);
}

void qlinalg::unpackRows(int bits, bool isSigned, int64_t rows, int64_t columns,
                         const std::byte *packed, std::byte *codes) {
  int64_t rowBytes = bytesPerRow(bits, columns);
  if (bits >= 8)
    return copyBytes(packed, rows * rowBytes, codes);
  auto *unpack = bits == 4 ? unpackRowOf4 : unpackRowOf2;
  for (int64_t row = 0; row < rows; ++row)
    unpack(reinterpret_cast<const uint8_t *>(packed) + row * rowBytes, columns, isSigned,
           reinterpret_cast<uint8_t *>(codes) + row * columns);
}

void qlinalg::packPanels(int64_t elementBytes, int64_t rows, int64_t columns, int64_t panelRows,
                         const std::byte *source, std::byte *panels) {
  switch (elementBytes) {
  case 1:
    return packPanelsOf<1>(rows, columns, panelRows, source, panels);
  case 2:
    return packPanelsOf<2>(rows, columns, panelRows, source, panels);
  case 4:
    return packPanelsOf<4>(rows, columns, panelRows, source, panels);
  case 8:
    return packPanelsOf<8>(rows, columns, panelRows, source, panels);
  }
}

void qlinalg::unpackPanels(int64_t elementBytes, int64_t rows, int64_t columns, int64_t panelRows,
                           const std::byte *panels, std::byte *destination) {
  switch (elementBytes) {
  case 1:
    return unpackPanelsOf<1>(rows, columns, panelRows, panels, destination);
  case 2:
    return unpackPanelsOf<2>(rows, columns, panelRows, panels, destination);
  case 4:
    return unpackPanelsOf<4>(rows, columns, panelRows, panels, destination);
  case 8:
    return unpackPanelsOf<8>(rows, columns, panelRows, panels, destination);
  }
}

int64_t qlinalg::bytesOfBlocks(int bits, int64_t rows, int64_t columns, BlockLayout layout) {
  int64_t panels = (rows + layout.panelRows - 1) / layout.panelRows;
  int64_t blocks = (columns + layout.block - 1) / layout.block;
  return panels * blocks * layout.panelRows * (layout.block * bits / 8);
}

void qlinalg::packBlocks(int bits, int64_t rows, int64_t columns, BlockLayout layout,
                         const std::byte *packedRows, std::byte *blocks) {
  auto *source = reinterpret_cast<const uint8_t *>(packedRows);
  auto *out = reinterpret_cast<uint8_t *>(blocks);
  switch (bits) {
  case 2:
    return packBlocksOf<2>(rows, columns, layout, source, out);
  case 4:
    return packBlocksOf<4>(rows, columns, layout, source, out);
  case 8:
    return packBlocksOf<8>(rows, columns, layout, source, out);
  }
}
