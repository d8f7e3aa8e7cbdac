//===- FloatTile.cpp - A tile of fused multiplications --------------------===//

#include "QLinalg/Kernels/FloatTile.h"

#include "Elements.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/TrellisCodes.h"
#include "QLinalg/Kernels/WordCodes.h"
#include "QLinalg/Numerics/Trellis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

FloatSource getDirectSource(const Contraction &c, int64_t lanes) {
  const Side &side = c.columns;
  bool isFloat = !side.scheme || side.scheme.isDowncast();
  if (!c.hasColumnPanels(lanes))
    return isFloat && !side.layout && isContiguousAlong(side.data, side.map, c.n)
               ? FloatSource::Stored
               : FloatSource::Scratch;
  if (isFloat)
    return FloatSource::Stored;
  if (isTrellis(side))
    return c.computeType.isF32() ? FloatSource::Trellis : FloatSource::Scratch;
  return isInWords(side) && c.computeType.isF32() ? FloatSource::Words : FloatSource::Scratch;
}

/// Beside the sums: what decoding needs of registers.
static constexpr int64_t trellisRegisters = 14;

int64_t getTrellisHeight(const Target &target) {
  int64_t vectors = trellisRows / target.getLanes();
  return std::clamp<int64_t>((target.vectorRegisters - trellisRegisters) / vectors, 1, 4);
}

int64_t FloatTile::getGreatestHeight() const {
  // Sums of a group and of all groups, and the constants that codes are taken apart with.
  if (source == FloatSource::Words)
    return target.vectorRegisters >= 32 ? 8 : 4;
  if (source == FloatSource::Trellis)
    return getTrellisHeight(target);
  mlir::FloatType type = c.computeType;
  return target.getTileRows(lanes, type.getWidth());
}

PanelScratch FloatTile::preparePanel(const Coordinates &coordinates) {
  panel = {};
  mask = nullptr;
  const Side &side = c.columns;
  if (source == FloatSource::Scratch) {
    panel = unpackPanel(b, c, target, sizes, coordinates, lanes);
  } else if (source == FloatSource::Trellis) {
    panel = unpackParams(b, c, target, sizes, coordinates, lanes);
  } else if (source == FloatSource::Words) {
    if (!side.hasPackedScales() ||
        (side.zeroPoints && !side.isPackedParam(side.zeroPoints, side.zeroPointsMap)))
      panel = unpackParams(b, c, target, sizes, coordinates, lanes);
  } else if (!side.layout) {
    int64_t size = c.getStaticSize(c.n);
    if (ShapedType::isDynamic(size) || size % lanes != 0)
      mask = getFirstLanes(b, lanes, subtract(b, sizes[*c.n], coordinates[*c.n]));
  }
  return panel;
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

Value FloatTile::broadcastRow(const Coordinates &coordinates, int64_t row, Value k) {
  Coordinates own = c.atRow(b, coordinates, row);
  own[c.k] = k;
  Value number = memref::LoadOp::create(b, rows, applyMap(b, c.rows.map, own));
  return vector::BroadcastOp::create(b, getVectorType(), number);
}

/// Row `row` of the panel that the coordinates point to, of `step` elements a lane. `isFirst`: it
/// is read for the first time, so what comes later is fetched.
Value FloatTile::loadPanel(const Coordinates &coordinates, Value memref, AffineMap map, Value row,
                           int64_t step, bool isFirst) {
  Coordinates own = coordinates;
  own[c.k] = indexConstant(b, 0);
  SmallVector<Value> indices = applyMap(b, map, own);
  indices.pop_back_n(2);
  indices.append({divide(b, coordinates[*c.n], lanes), row, indexConstant(b, 0)});
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get(lanes * step, element);
  if (memref == c.columns.data && isFirst)
    prefetchAhead(b, memref, indices, type, codesAhead);
  return vector::LoadOp::create(b, type, memref, indices);
}

/// The vector of columns at `k`, of floats.
Value FloatTile::loadColumn(const Coordinates &coordinates, Value k) {
  const Side &side = c.columns;
  if (panel.numbers)
    return vector::LoadOp::create(b, getVectorType(), panel.numbers,
                                  ValueRange{k, indexConstant(b, 0)});
  Value column;
  if (side.layout) {
    column = loadPanel(coordinates, side.data, side.map, k, 1);
  } else {
    Coordinates own = coordinates;
    own[c.k] = k;
    auto type = VectorType::get(lanes, side.getType().getElementType());
    SmallVector<Value> indices = applyMap(b, side.map, own);
    if (mask)
      column =
          vector::MaskedLoadOp::create(b, type, side.data, indices, mask, constantLike(b, type, 0));
    else
      column = vector::LoadOp::create(b, type, side.data, indices);
  }
  return convertFloat(b, column, c.computeType);
}

/// Parameters of a group: where they lie, or from the scratch.
Value FloatTile::loadParams(const Coordinates &coordinates, Value params, AffineMap map,
                            Value scratch, Value group) {
  if (!scratch)
    return loadPanel(coordinates, params, map, group, 1);
  Type element = cast<MemRefType>(scratch.getType()).getElementType();
  return vector::LoadOp::create(b, VectorType::get(lanes, element), scratch,
                                ValueRange{group, indexConstant(b, 0)});
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// Sums that one row's products are spread over, so that additions need not wait 4 cycles for one
/// another. (More than 4 in all were no faster: a number takes two cycles to make.)
int64_t FloatTile::getChains(int64_t height) const {
  int64_t vectors = std::max<int64_t>(1, lanes / target.getLanes());
  return std::max<int64_t>(1, 4 / (height * vectors));
}

/// `sums` and zeros: those of chain i stand at [i * height].
Tile::Vectors FloatTile::splitSums(Vectors sums, int64_t chains) {
  sums.append((chains - 1) * sums.size(), constantLike(b, getVectorType(), 0));
  return sums;
}

Tile::Vectors FloatTile::joinSums(Vectors sums, int64_t height) {
  while (static_cast<int64_t>(sums.size()) > height) {
    int64_t half = sums.size() / 2;
    for (int64_t i = 0; i < half; ++i)
      sums[i] = arith::AddFOp::create(b, sums[i], sums[half + i]);
    sums.truncate(half);
  }
  return sums;
}

Tile::Vectors FloatTile::addColumn(const Coordinates &coordinates, Value k, Value column,
                                   Vectors sums, int64_t chain, int64_t height) {
  for (int64_t row = 0; row < height; ++row) {
    Value &sum = sums[chain * height + row];
    sum = vector::FMAOp::create(b, broadcastRow(coordinates, row, k), column, sum);
  }
  return sums;
}

Tile::Vectors FloatTile::accumulateColumns(const Coordinates &coordinates, Vectors sums) {
  int64_t height = sums.size(), chains = getChains(height);
  auto addColumns = [&](Value begin, Value end, int64_t count, Vectors carried) {
    return forCarrying(b, begin, end, count, carried, [&](Value k, ValueRange values) {
      Vectors next(values);
      for (int64_t i = 0; i < count; ++i) {
        Value own = add(b, k, i);
        next = addColumn(coordinates, own, loadColumn(coordinates, own), next, i, height);
      }
      return next;
    });
  };
  Value zero = indexConstant(b, 0), kSize = sizes[c.k];
  if (chains == 1)
    return addColumns(zero, kSize, 1, sums);
  Value whole = multiply(b, divide(b, kSize, chains), chains);
  sums = joinSums(addColumns(zero, whole, chains, splitSums(sums, chains)), height);
  return addColumns(whole, kSize, 1, sums);
}

/// Products of one block of codes, without scales.
Tile::Vectors FloatTile::addBlock(const Coordinates &coordinates, Value block, Value zeros,
                                  Vectors sums, int64_t height) {
  const Side &side = c.columns;
  BlockCodes codes = getBlockCodes(side);
  int64_t chains = sums.size() / height;
  Value begin = multiply(b, block, side.layout.getBlock());
  for (int64_t step = 0; step < codes.getSteps(); ++step) {
    Vectors stored;
    for (auto [plane, word] : llvm::enumerate(codes.getStepWords(step)))
      stored.push_back(loadPanel(coordinates, side.data, side.map,
                                 add(b, multiply(b, block, codes.getWords()), word),
                                 side.layout.getStep(), codes.isFirst(step, plane)));
    for (auto [i, number] :
         llvm::enumerate(getWordNumbers(b, target, side.scheme, side.layout, step, stored, zeros)))
      sums = addColumn(coordinates, add(b, begin, number.offset), number.value, sums, i % chains,
                       height);
  }
  return sums;
}

Tile::Vectors FloatTile::accumulateWords(const Coordinates &coordinates, Vectors sums) {
  const Side &side = c.columns;
  int64_t height = sums.size(), chains = getChains(height);
  int64_t block = side.layout.getBlock(), group = side.getGroup();
  Value zero = indexConstant(b, 0), blocks = divideUp(b, sizes[c.k], block);
  auto addGroup = [&](Value index, Value begin, Value end, Vectors totals) {
    Value zeros;
    if (side.zeroPoints) {
      zeros = loadParams(coordinates, side.zeroPoints, side.zeroPointsMap, panel.zeroPoints, index);
      if (!panel.zeroPoints)
        zeros = widenZeroPoint(b, side, zeros);
      zeros = arith::SIToFPOp::create(b, getVectorType(), zeros);
    }
    Vectors products(height * chains, constantLike(b, getVectorType(), 0));
    products = forCarrying(b, begin, end, 1, products, [&](Value own, ValueRange carried) {
      return addBlock(coordinates, own, zeros, Vectors(carried), height);
    });
    products = joinSums(products, height);
    Value scales = loadParams(coordinates, side.scales, side.scalesMap, panel.scales, index);
    scales = convertFloat(b, scales, b.getF32Type());
    for (auto [total, product] : llvm::zip(totals, products))
      total = vector::FMAOp::create(b, product, scales, total);
    return totals;
  };
  if (!group)
    return addGroup(zero, zero, blocks, sums);
  int64_t groupBlocks = group / block;
  return forCarrying(b, zero, divideUp(b, sizes[c.k], group), 1, sums,
                     [&](Value index, ValueRange carried) {
                       Value begin = multiply(b, index, groupBlocks);
                       Value end = minimum(b, add(b, begin, groupBlocks), blocks);
                       return addGroup(index, begin, end, Vectors(carried));
                     });
}

Value FloatTile::loadScales(const Coordinates &coordinates, Value group) {
  const Side &side = c.columns;
  Value scales = loadParams(coordinates, side.scales, side.scalesMap, panel.scales, group);
  return convertFloat(b, scales, b.getF32Type());
}

/// Products of the columns from `begin` to `end` of `height` rows, without scales. Sums are carried
/// in registers, one vector a register of numbers.
Tile::Vectors FloatTile::addTrellis(const Coordinates &coordinates, Value begin, Value end,
                                    int64_t height) {
  auto type = VectorType::get(getTrellisLanes(target), b.getF32Type());
  int64_t parts = lanes / type.getNumElements();
  Vectors sums(height * parts, constantLike(b, type, 0));
  sums = forCarrying(b, begin, end, 1, sums, [&](Value k, ValueRange carried) {
    Vectors next(carried);
    Vectors rowNumbers;
    for (int64_t row = 0; row < height; ++row) {
      Coordinates own = c.atRow(b, coordinates, row);
      own[c.k] = k;
      Value number = memref::LoadOp::create(b, rows, applyMap(b, c.rows.map, own));
      rowNumbers.push_back(vector::BroadcastOp::create(b, type, number));
    }
    for (auto [part, codes] : llvm::enumerate(loadTrellis(b, target, c, coordinates, k))) {
      Value numbers = arith::SIToFPOp::create(b, type, codes);
      for (int64_t row = 0; row < height; ++row) {
        Value &sum = next[row * parts + part];
        sum = vector::FMAOp::create(b, rowNumbers[row], numbers, sum);
      }
    }
    return next;
  });
  Vectors whole;
  for (int64_t row = 0; row < height; ++row)
    whole.push_back(concatenate(b, ArrayRef(sums).slice(row * parts, parts)));
  return whole;
}

Tile::Vectors FloatTile::accumulateTrellis(const Coordinates &coordinates, Vectors sums) {
  int64_t height = sums.size(), group = c.columns.getGroup();
  auto addGroup = [&](Value index, Value begin, Value end, Vectors totals) {
    Vectors products = addTrellis(coordinates, begin, end, height);
    Value scales = loadScales(coordinates, index);
    for (auto [total, product] : llvm::zip(totals, products))
      total = vector::FMAOp::create(b, product, scales, total);
    return totals;
  };
  Value zero = indexConstant(b, 0), kSize = sizes[c.k];
  if (!group)
    return addGroup(zero, zero, kSize, sums);
  return forCarrying(b, zero, divideUp(b, kSize, group), 1, sums,
                     [&](Value index, ValueRange carried) {
                       Value begin = multiply(b, index, group);
                       Value end = minimum(b, add(b, begin, group), kSize);
                       return addGroup(index, begin, end, Vectors(carried));
                     });
}

Tile::Vectors FloatTile::accumulate(const Coordinates &coordinates, Vectors sums) {
  switch (source) {
  case FloatSource::Words:
    return accumulateWords(coordinates, sums);
  case FloatSource::Trellis:
    return accumulateTrellis(coordinates, sums);
  default:
    return accumulateColumns(coordinates, sums);
  }
}

} // namespace qlinalg::kernels
