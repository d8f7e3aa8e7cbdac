//===- CodeRows.cpp - Rows of bytes of a matmul's side --------------------===//

#include "CodeRows.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <numeric>

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

Value CodeRows::getZero(const Instructions &i, const Coordinates &coordinates) const {
  if (!hasZero())
    return nullptr;
  if (!side.zeroPoints)
    return i.number(symmetricZeroPoint(side.scheme.getStorage()));
  Value zero =
      memref::LoadOp::create(i.b, side.zeroPoints, applyMap(i.b, side.zeroPointsMap, coordinates));
  return widenCode(i.b, side.scheme.getStorage(), zero);
}

Value CodeRows::getAddress(const Instructions &i, const Coordinates &coordinates) const {
  Value result = address;
  for (auto [loop, stride] : llvm::enumerate(strides))
    if (stride && coordinates[loop])
      result = i.add(result, i.b.createOrFold<arith::MulIOp>(i.toI64(coordinates[loop]), stride));
  return result;
}

CodeRows analyzeRows(const Instructions &i, const Side &side, std::optional<unsigned> row,
                     unsigned k, int64_t size) {
  CodeRows rows{side, row, i.addressOf(side.data), {}, std::gcd<int64_t>(size, 16)};
  rows.strides.resize(side.map.getNumDims());
  SmallVector<int64_t> known;
  int64_t offset;
  MemRefType type = side.getType();
  // Buffers begin at multiples of 64 bytes.
  if (failed(type.getStridesAndOffset(known, offset)))
    offset = ShapedType::kDynamic;
  auto narrow = [&](int64_t bytes) {
    rows.width = ShapedType::isDynamic(bytes) ? 1 : std::gcd<int64_t>(rows.width, bytes);
  };
  narrow(offset);
  auto metadata = memref::ExtractStridedMetadataOp::create(i.b, side.data);
  rows.address = i.add(rows.address, i.toI64(metadata.getOffset()));
  for (auto [n, expr] : llvm::enumerate(side.map.getResults())) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (loop == k)
      continue;
    bool isKnown = n < known.size() && !ShapedType::isDynamic(known[n]);
    // A dense array whose outer sizes are unknown has strides of K all the same.
    rows.strides[loop] = isKnown ? i.number(known[n], 64) : i.toI64(metadata.getStrides()[n]);
    narrow(isKnown ? known[n] : type.getLayout().isIdentity() ? size : ShapedType::kDynamic);
  }
  return rows;
}

Value subtractZeros(const Instructions &i, Value sum, Value lhsSum, Value rhsSum, Value lhsZero,
                    Value rhsZero, int64_t k) {
  auto subtract = [&](Value zero, Value other) {
    Value product = arith::MulIOp::create(i.b, zero, other);
    sum = arith::SubIOp::create(i.b, sum, product);
  };
  if (lhsZero)
    subtract(lhsZero, rhsSum);
  if (rhsZero)
    subtract(rhsZero, lhsSum);
  if (!lhsZero || !rhsZero)
    return sum;
  Value both = arith::MulIOp::create(i.b, lhsZero, rhsZero);
  return i.add(sum, i.multiply(both, k));
}

void finishResult(const Instructions &i, const Contraction &c, const Coordinates &coordinates,
                  Value sum) {
  ImplicitLocOpBuilder &b = i.b;
  Value start = loadInit(b, c, coordinates);
  if (!c.keepsIntegers) {
    auto scaleOf = [&](const Side &side) {
      Value scale =
          memref::LoadOp::create(b, side.scales, applyMap(b, side.scalesMap, coordinates));
      return convertFloat(b, scale, c.computeType);
    };
    Value scale = arith::MulFOp::create(b, scaleOf(c.rows), scaleOf(c.columns));
    sum = arith::SIToFPOp::create(b, c.computeType, sum);
    sum = arith::MulFOp::create(b, sum, scale);
  }
  ResultStore(b, c, coordinates).store(coordinates, addToTile(b, c, start, sum));
}

} // namespace qlinalg::gpu
