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

/// Eight codes of any width are as many bytes as a code has bits.
template <int bits>
QLINALG_INLINE void packEight(const uint8_t *codes, int64_t count, uint8_t *packed) {
  uint64_t word = 0;
  for (int64_t i = 0; i < count; ++i)
    word |= static_cast<uint64_t>(codes[i] & ((1 << bits) - 1)) << (bits * i);
  for (int64_t i = 0; i < (count * bits + 7) / 8; ++i)
    packed[i] = static_cast<uint8_t>(word >> (8 * i));
}

template <int bits> void packStream(const uint8_t *codes, int64_t columns, uint8_t *packed) {
  int64_t whole = columns / 8;
  for (int64_t i = 0; i < whole; ++i)
    packEight<bits>(codes + 8 * i, 8, packed + bits * i);
  packEight<bits>(codes + 8 * whole, columns % 8, packed + bits * whole);
}

template <int bits>
QLINALG_INLINE void unpackEight(const uint8_t *packed, int64_t count, uint8_t sign,
                                uint8_t *codes) {
  uint64_t word = 0;
  for (int64_t i = 0; i < (count * bits + 7) / 8; ++i)
    word |= static_cast<uint64_t>(packed[i]) << (8 * i);
  for (int64_t i = 0; i < count; ++i) {
    uint8_t code = (word >> (bits * i)) & ((1 << bits) - 1);
    codes[i] = static_cast<uint8_t>((code ^ sign) - sign); // extends the sign
  }
}

template <int bits>
void unpackStream(const uint8_t *packed, int64_t columns, bool isSigned, uint8_t *codes) {
  uint8_t sign = isSigned ? 1 << (bits - 1) : 0;
  int64_t whole = columns / 8;
  for (int64_t i = 0; i < whole; ++i)
    unpackEight<bits>(packed + bits * i, 8, sign, codes + 8 * i);
  unpackEight<bits>(packed + bits * whole, columns % 8, sign, codes + 8 * whole);
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

using PackRow = void (*)(const uint8_t *codes, int64_t columns, uint8_t *packed);
using UnpackRow = void (*)(const uint8_t *packed, int64_t columns, bool isSigned, uint8_t *codes);

constexpr PackRow rowPackers[] = {packStream<1>, packRowOf2,    packStream<3>, packRowOf4,
                                  packStream<5>, packStream<6>, packStream<7>};
constexpr UnpackRow rowUnpackers[] = {unpackStream<1>, unpackRowOf2,    unpackStream<3>,
                                      unpackRowOf4,    unpackStream<5>, unpackStream<6>,
                                      unpackStream<7>};

/// The bytes of one plane of a block of `block` codes, one byte each.
template <int width>
QLINALG_INLINE void packPlane(const uint8_t *__restrict codes, int64_t block, int shift,
                              uint8_t flip, uint8_t *__restrict packed) {
  constexpr int perByte = 8 / width;
  constexpr uint8_t mask = (1 << width) - 1;
  int64_t bytes = block / perByte;
  for (int64_t t = 0; t < bytes; ++t) {
    unsigned byte = 0;
    for (int i = 0; i < perByte; ++i)
      byte |= ((codes[t + i * bytes] >> shift) & mask) << (width * i);
    packed[t] = static_cast<uint8_t>(byte) ^ flip;
  }
}

QLINALG_CLONES void packPlaneOf(BitPlane plane, const uint8_t *codes, int64_t block, uint8_t flip,
                                uint8_t *packed) {
  switch (plane.width) {
  case 1:
    return packPlane<1>(codes, block, plane.shift, flip, packed);
  case 2:
    return packPlane<2>(codes, block, plane.shift, flip, packed);
  case 4:
    return packPlane<4>(codes, block, plane.shift, flip, packed);
  default:
    return packPlane<8>(codes, block, plane.shift, flip, packed);
  }
}

/// The highest bit of each of the plane's numbers in a byte.
uint8_t highestBits(BitPlane plane) {
  unsigned highest = 0;
  for (int bit = plane.width - 1; bit < 8; bit += plane.width)
    highest |= 1u << bit;
  return static_cast<uint8_t>(highest);
}

/// All planes of one block of a row.
void packBlock(const std::vector<BitPlane> &planes, const uint8_t *codes, int64_t block,
               bool excess, uint8_t *packed) {
  for (BitPlane plane : planes) {
    bool flips = excess && plane.shift == planes.back().shift;
    packPlaneOf(plane, codes, block, flips ? highestBits(plane) : 0, packed);
    packed += block * plane.width / 8;
  }
}

} // namespace

int64_t qlinalg::bytesPerRow(int bits, int64_t columns) { return (columns * bits + 7) / 8; }

std::vector<BitPlane> qlinalg::bitPlanes(int bits) {
  std::vector<BitPlane> planes;
  for (int width : {8, 4, 2, 1})
    if (bits & width)
      planes.push_back({width, planes.empty() ? 0 : planes.back().shift + planes.back().width});
  return planes;
}

void qlinalg::packRows(int bits, int64_t rows, int64_t columns, const std::byte *codes,
                       std::byte *packed) {
  int64_t rowBytes = bytesPerRow(bits, columns);
  if (bits >= 8)
    return copyBytes(codes, rows * rowBytes, packed);
  PackRow pack = rowPackers[bits - 1];
  for (int64_t row = 0; row < rows; ++row)
    pack(reinterpret_cast<const uint8_t *>(codes) + row * columns, columns,
         reinterpret_cast<uint8_t *>(packed) + row * rowBytes);
}

void qlinalg::unpackRows(int bits, bool isSigned, int64_t rows, int64_t columns,
                         const std::byte *packed, std::byte *codes) {
  int64_t rowBytes = bytesPerRow(bits, columns);
  if (bits >= 8)
    return copyBytes(packed, rows * rowBytes, codes);
  UnpackRow unpack = rowUnpackers[bits - 1];
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
  auto *out = reinterpret_cast<uint8_t *>(blocks);
  std::vector<BitPlane> planes = bitPlanes(bits);
  int64_t count = (columns + layout.block - 1) / layout.block,
          rowBytes = bytesPerRow(bits, columns);
  int64_t bytes = layout.block * bits / 8, padded = count * layout.block;
  std::vector<uint8_t> codes(layout.panelRows * padded), packed(bytes);
  for (int64_t firstRow = 0; firstRow < rows; firstRow += layout.panelRows) {
    std::fill(codes.begin(), codes.end(), 0);
    for (int64_t lane = 0; lane < std::min(layout.panelRows, rows - firstRow); ++lane)
      unpackRows(bits, false, 1, columns, packedRows + (firstRow + lane) * rowBytes,
                 reinterpret_cast<std::byte *>(codes.data() + lane * padded));
    for (int64_t i = 0; i < count; ++i, out += bytes * layout.panelRows)
      for (int64_t lane = 0; lane < layout.panelRows; ++lane) {
        packBlock(planes, codes.data() + lane * padded + i * layout.block, layout.block,
                  layout.excess, packed.data());
        for (int64_t t = 0; t < bytes; t += layout.step)
          std::memcpy(out + (t * layout.panelRows + lane * layout.step), &packed[t], layout.step);
      }
  }
}
