//===- Packing.h - Where codes lie in memory --------------------*- C++ -*-===//
//
// Layouts of the codes of a matrix of `rows` x `columns` (columns = K).
//
// rows    Row after row; codes below 8 bits are a stream of bits, the lowest
//         first: code i of a row has bits [i * b, (i + 1) * b). Each row is
//         padded with zero bits to whole bytes. It is what files hold.
//
// panel   Rows in panels of `panelRows` (the last panel padded with rows of
//         code 0), in each panel column after column (8 bits and wider) or
//         byte after byte (below 8 bits: byte j of row r is byte j of that row
//         in the `rows` layout). So the panel is the matrix of row bytes,
//         transposed: [panels][bytes per row][panelRows]; 16-bit codes stay
//         whole: [panels][columns][panelRows].
//
// blocks  Panels in which `step` bytes of one row lie side by side. Columns
//         are cut into blocks of `block` codes (the last padded with code 0).
//         Codes of 3, 5, 6 and 7 bits are cut into planes of 4, 2 and 1 bits,
//         widest first, which holds the lowest bits of the code; all others
//         are one plane. The planes of a block follow one another; byte t of a
//         row's plane holds the bits of codes t, t + T, … where T is the
//         number of its bytes, the first in the lowest bits:
//         [panels][bytes per row / step][panelRows][step]. In excess form the
//         highest bit of every code is inverted.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_PACKING_H
#define QLINALG_NUMERICS_PACKING_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace qlinalg {

/// Bytes of one row of `columns` codes of `bits` (1 to 8, or 16) bits.
int64_t bytesPerRow(int bits, int64_t columns);

/// Bits of a code that lie together in blocks: `width` of them, those from `shift` on.
struct BitPlane {
  int width, shift;
};

/// The planes of codes of `bits` (1 to 8) bits, in their order in a block.
std::vector<BitPlane> bitPlanes(int bits);

/// One byte a code (the low `bits` bits count; 16-bit codes are two bytes) to
/// packed rows. `packed` has `rows * bytesPerRow(bits, columns)` bytes.
void packRows(int bits, int64_t rows, int64_t columns, const std::byte *codes, std::byte *packed);

/// The inverse. `isSigned` says whether codes below 8 bits are sign-extended
/// to the byte or zero-extended.
void unpackRows(int bits, bool isSigned, int64_t rows, int64_t columns, const std::byte *packed,
                std::byte *codes);

/// A matrix of elements of `elementBytes` (1, 2, 4 or 8) bytes, `rows` x `columns`, to
/// panels [ceil(rows / panelRows)][columns][panelRows]; missing rows are zero
/// bits. Sub-byte codes are given as their packed bytes.
void packPanels(int64_t elementBytes, int64_t rows, int64_t columns, int64_t panelRows,
                const std::byte *source, std::byte *panels);

/// The inverse of `packPanels`; the padding is dropped.
void unpackPanels(int64_t elementBytes, int64_t rows, int64_t columns, int64_t panelRows,
                  const std::byte *panels, std::byte *destination);

/// How codes lie in blocks.
struct BlockLayout {
  int64_t panelRows, step, block;
  bool excess;
};

/// Bytes of `packBlocks`.
int64_t bytesOfBlocks(int bits, int64_t rows, int64_t columns, BlockLayout layout);

/// Packed rows of codes of `bits` (1 to 8) bits to blocks; `layout.block` times the width of each
/// plane is a multiple of `8 * layout.step`.
void packBlocks(int bits, int64_t rows, int64_t columns, BlockLayout layout,
                const std::byte *packedRows, std::byte *blocks);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_PACKING_H
