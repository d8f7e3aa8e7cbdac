//===- PairBound.h - A fact about the codes of a matmul ---------*- C++ -*-===//
//
// `qlinalg.pair_bound = n : i64` on a `qlinalg.matmul`: in every row of its weight, codes of int8
// without zero points, two neighbours of k that start at an even place have absolute values that
// sum to n at most. `--qlinalg-freeze` writes it from the codes. Up to 128, an unsigned byte times
// each, added, fits 16 bits (255 * 128 = 32640), so vpmaddubsw is exact. It is discardable: without
// it code is slower, not wrong.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PAIRBOUND_H
#define QLINALG_PAIRBOUND_H

#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

inline constexpr llvm::StringLiteral pairBoundAttrName = "qlinalg.pair_bound";

/// The greatest bound with which an unsigned byte times each of two codes fits 16 bits.
inline constexpr int64_t greatestExactPair = 128;

/// The products of unsigned bytes with two neighbouring codes of the weight, added, fit 16 bits.
inline bool hasExactPairs(MatmulOp op) {
  auto bound = op->getAttrOfType<mlir::IntegerAttr>(pairBoundAttrName);
  return bound && bound.getInt() >= 0 && bound.getInt() <= greatestExactPair;
}

} // namespace qlinalg

#endif // QLINALG_PAIRBOUND_H
