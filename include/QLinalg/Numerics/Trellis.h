//===- Trellis.h - Codes that share their bits with neighbours --*- C++ -*-===//
//
// A bit-shift trellis down the rows of a weight [N, K]: each code of b bits is the b new bits of a
// window of 12, whose other bits are the codes of the rows before, so that a value is one of 4096
// levels and costs b bits. Blocks of 64 rows stand for themselves: the row before a block's first
// is its last, and rows that a last block lacks have code 0. With c(r) the code of row r
//
//   window(r) = (c(r) 2^12 + c(r - 1) 2^(12 - b) + c(r - 2) 2^(12 - 2b) + …) / 2^b, rounded down
//
// The level is computed, not looked up: one product spreads the window over 16 bits,
// x = window * f mod 2^16, and a polynomial x (p + q x^16) makes of what is spread evenly what is
// spread like a normal distribution. The idea of such codes is QTIP's (Tseng et al., arXiv
// 2406.11235); for numbers of a normal distribution the squared error is 1.21, 1.23, 1.28, 1.32,
// 1.36, 1.39 and 1.45 times 4^-b for b = 2 to 8 (that of the best 16 levels: 2.4 times).
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_TRELLIS_H
#define QLINALG_NUMERICS_TRELLIS_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace qlinalg {

/// Bits of a window, and rows of a block.
inline constexpr int trellisWindow = 12;
inline constexpr int64_t trellisRows = 64;

/// Codes have 2 to 8 bits.
inline constexpr bool isTrellisWidth(int64_t bits) { return bits >= 2 && bits <= 8; }

/// What makes levels of codes of so many bits. All products of 16 by 16 bits, but the first, are
/// (a * b + 2^14) >> 15, modulo 2^16.
struct TrellisPolynomial {
  int16_t factor, linear, high;
};
TrellisPolynomial trellisPolynomial(int bits);

/// Levels are numbers of about this root mean square for weights of a normal distribution.
inline constexpr float trellisDeviation = 4096;

/// The level of each window of codes of `bits`, 4096 of them.
std::span<const int16_t> trellisLevels(int bits);

/// Levels [rows, columns] of the codes of one matrix in packed rows of `bits` (Packing.h).
void decodeTrellis(int bits, int64_t rows, int64_t columns, const std::byte *packedRows,
                   int16_t *levels);

/// Codes of one matrix in packed rows to panels of blocks, [ceil(rows / 64)][columns][8 * bits]
/// bytes: the codes of 64 rows of a column as a stream of bits, the first row in the lowest. Rows
/// that are not there have code 0.
void packTrellis(int bits, int64_t rows, int64_t columns, const std::byte *packedRows,
                 std::byte *panels);

/// Finds codes of columns: for one block of one column the sequence of least
/// sum (target - scale * level)^2 by Viterbi's algorithm, where the window before the first row is
/// fixed to what the best sequence around it has.
class TrellisSearch {
public:
  explicit TrellisSearch(int bits);
  ~TrellisSearch();
  TrellisSearch(TrellisSearch &&);

  /// Codes `count` (1 to 64) rows of a block, each with its scale, which is not 0. Gives the
  /// squared error.
  double code(const float *targets, const float *scales, int64_t count, uint8_t *codes,
              int16_t *levels);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace qlinalg

#endif // QLINALG_NUMERICS_TRELLIS_H
