//===- Trellis.cpp - Levels of windows, windows of codes ------------------===//

#include "QLinalg/Numerics/Trellis.h"

#include "QLinalg/Numerics/Packing.h"

#include <algorithm>
#include <array>
#include <vector>

using namespace qlinalg;

namespace {

constexpr int windows = 1 << trellisWindow;

/// Found by a search of factors for each width, and then of both coefficients, for the least
/// squared error of normal numbers.
constexpr TrellisPolynomial polynomials[] = {
    {-14576, 5967, 5936}, {-24848, 6486, 6676}, {-25456, 6856, 8774},  {-26640, 6990, 10612},
    {-4432, 7145, 11091}, {29072, 7539, 11115}, {-25904, 7179, 11508},
};

constexpr int16_t multiply(int16_t a, int16_t b) {
  return static_cast<int16_t>((a * b + (1 << 14)) >> 15);
}

constexpr int16_t levelOf(TrellisPolynomial p, int window) {
  int16_t x = static_cast<int16_t>(window * p.factor), power = x;
  for (int i = 0; i < 4; ++i)
    power = multiply(power, power);
  return multiply(x, static_cast<int16_t>(p.linear + multiply(p.high, power)));
}

using Levels = std::array<int16_t, windows>;

Levels levelsOf(int bits) {
  Levels levels;
  for (int window = 0; window < windows; ++window)
    levels[window] = levelOf(polynomials[bits - 2], window);
  return levels;
}

} // namespace

TrellisPolynomial qlinalg::trellisPolynomial(int bits) { return polynomials[bits - 2]; }

std::span<const int16_t> qlinalg::trellisLevels(int bits) {
  static const std::array<Levels, 7> all = {levelsOf(2), levelsOf(3), levelsOf(4), levelsOf(5),
                                            levelsOf(6), levelsOf(7), levelsOf(8)};
  return all[bits - 2];
}

void qlinalg::decodeTrellis(int bits, int64_t rows, int64_t columns, const std::byte *packedRows,
                            int16_t *levels) {
  std::span<const int16_t> table = trellisLevels(bits);
  int64_t rowBytes = bytesPerRow(bits, columns);
  std::vector<uint8_t> codes(columns);
  std::vector<uint16_t> state(columns);
  auto shiftIn = [&](int64_t row) {
    unpackRows(bits, false, 1, columns, packedRows + row * rowBytes,
               reinterpret_cast<std::byte *>(codes.data()));
    for (int64_t k = 0; k < columns; ++k)
      state[k] = static_cast<uint16_t>((state[k] | codes[k] << trellisWindow) >> bits);
  };
  for (int64_t first = 0; first < rows; first += trellisRows) {
    int64_t end = std::min(first + trellisRows, rows);
    std::fill(state.begin(), state.end(), uint16_t(0));
    // The window before the first row, of the last rows of the block; rows that are not there
    // leave what an empty window has.
    int64_t before = (trellisWindow + bits - 1) / bits;
    for (int64_t row = std::max(first, first + trellisRows - before); row < end; ++row)
      shiftIn(row);
    for (int64_t missing = end; missing < first + trellisRows; ++missing)
      for (uint16_t &window : state)
        window = static_cast<uint16_t>(window >> bits);
    for (int64_t row = first; row < end; ++row) {
      shiftIn(row);
      for (int64_t k = 0; k < columns; ++k)
        levels[row * columns + k] = table[state[k]];
    }
  }
}

void qlinalg::packTrellis(int bits, int64_t rows, int64_t columns, const std::byte *packedRows,
                          std::byte *panels) {
  int64_t rowBytes = bytesPerRow(bits, columns), columnBytes = bits * trellisRows / 8;
  std::vector<uint8_t> codes(columns);
  auto *out = reinterpret_cast<uint8_t *>(panels);
  for (int64_t first = 0; first < rows; first += trellisRows, out += columns * columnBytes) {
    std::fill_n(out, columns * columnBytes, uint8_t(0));
    for (int64_t row = first; row < std::min(first + trellisRows, rows); ++row) {
      unpackRows(bits, false, 1, columns, packedRows + row * rowBytes,
                 reinterpret_cast<std::byte *>(codes.data()));
      int64_t bit = (row - first) * bits;
      for (int64_t k = 0; k < columns; ++k) {
        unsigned moved = static_cast<unsigned>(codes[k]) << (bit % 8);
        uint8_t *bytes = out + k * columnBytes + bit / 8;
        bytes[0] |= static_cast<uint8_t>(moved);
        if (moved > 0xff)
          bytes[1] |= static_cast<uint8_t>(moved >> 8);
      }
    }
  }
}
