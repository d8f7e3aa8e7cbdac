//===- PanelUnpack.cpp - One panel of columns as numbers ------------------===//

#include "QLinalg/Kernels/PanelUnpack.h"

#include "Elements.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/TrellisCodes.h"
#include "QLinalg/Kernels/WordCodes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

void PanelScratch::free(ImplicitLocOpBuilder &b) const {
  for (Value memref : {numbers, scales, zeroPoints})
    if (memref)
      memref::DeallocOp::create(b, memref);
}

namespace {
/// One panel being unpacked.
struct Panel {
  ImplicitLocOpBuilder &b;
  const Contraction &c;
  const Target &target;
  Value kSize;
  Coordinates coordinates;
  int64_t lanes;
  /// Lanes that mean something, and the size of n.
  Value used, nSize;
  /// The panel is one of the layout's.
  bool isPanel;
  PanelScratch scratch;

  const Side &side() const { return c.columns; }
  void setLane(Value first, Value lane) {
    if (c.n)
      coordinates[*c.n] = add(b, first, lane);
  }
  Value loadVector(Value memref, Value row) {
    auto type = VectorType::get(lanes, cast<MemRefType>(memref.getType()).getElementType());
    return vector::LoadOp::create(b, type, memref, ValueRange{row, indexConstant(b, 0)});
  }
  void unpackParams();
  void unpackScaleCodes();
  void loadPackedParams(Value params, AffineMap map, Value scratch);
  void unpackCodes();
  void unpackBlocks();
  void unpackTrellis();
  void unpackWord(Value block, int64_t step, Value scale, Value zero);
  Value loadStored(Value row, int64_t step);
  void storeNumber(Value k, Value code, Value group);
  void unpackElement(Value element, Value group);
  void unpackStream();
  void copyVectors();
  void transposeVectors();
  void transposeBlock(Value k, int64_t firstLane);
  void unpackScalars(Value kBegin = Value());
};
} // namespace

/// Parameters that lie in panels, widened.
void Panel::loadPackedParams(Value params, AffineMap map, Value scratch) {
  auto type = VectorType::get(lanes, cast<MemRefType>(params.getType()).getElementType());
  Value zero = indexConstant(b, 0);
  forEach(b, zero, getGroupCount(b, side(), kSize), 1, [&](Value group) {
    coordinates[c.k] = zero;
    SmallVector<Value> indices = applyMap(b, map, coordinates);
    indices.pop_back_n(2);
    indices.append({divide(b, coordinates[*c.n], lanes), group, zero});
    Value stored = vector::LoadOp::create(b, type, params, indices);
    Value number = isa<mlir::FloatType>(type.getElementType())
                       ? convertFloat(b, stored, b.getF32Type())
                       : widenZeroPoint(b, side(), stored);
    vector::StoreOp::create(b, number, scratch, ValueRange{group, zero});
  });
}

/// Scales that are codes are the numbers of a panel of their own, whose k are this one's groups:
/// only one panel's are floats at a time.
void Panel::unpackScaleCodes() {
  Contraction own = c;
  own.columns = side().getScales();
  own.integer = own.keepsIntegers = false;
  own.computeType = b.getF32Type();
  SmallVector<Value> sizes(c.staticSizes.size());
  sizes[*c.n] = nSize;
  sizes[c.k] = getGroupCount(b, side(), kSize);
  int64_t &count = own.staticSizes[c.k];
  if (!ShapedType::isDynamic(count))
    count = llvm::divideCeil(count, side().getGroup());
  PanelScratch inner = unpackPanel(b, own, target, sizes, coordinates, lanes);
  scratch.scales = inner.numbers;
  memref::DeallocOp::create(b, inner.scales);
}

/// Parameters side by side, so that the panel is unpacked by vectors.
void Panel::unpackParams() {
  if (!side().scales && !side().zeroPoints)
    return;
  Value groups = getGroupCount(b, side(), kSize), width = indexConstant(b, lanes);
  bool isCoded = isPanel && side().scalesScheme;
  if (isCoded)
    unpackScaleCodes();
  else if (side().scales)
    scratch.scales = allocate(b, {groups, width}, b.getF32Type());
  if (side().zeroPoints)
    scratch.zeroPoints = allocate(b, {groups, width}, b.getI32Type());
  if (isPanel && side().scales && side().isPackedParam(side().scales, side().scalesMap)) {
    if (!isCoded)
      loadPackedParams(side().scales, side().scalesMap, scratch.scales);
    if (scratch.zeroPoints)
      loadPackedParams(side().zeroPoints, side().zeroPointsMap, scratch.zeroPoints);
    return;
  }
  Value first = c.n ? coordinates[*c.n] : Value();
  forEach(b, indexConstant(b, 0), groups, 1, [&](Value group) {
    coordinates[c.k] = side().getGroup() ? multiply(b, group, side().getGroup()) : group;
    forEach(b, indexConstant(b, 0), used, 1, [&](Value lane) {
      setLane(first, lane);
      if (scratch.scales)
        memref::StoreOp::create(b, loadScale(b, side(), coordinates), scratch.scales,
                                ValueRange{group, lane});
      if (scratch.zeroPoints)
        memref::StoreOp::create(b, loadZeroPoint(b, side(), coordinates), scratch.zeroPoints,
                                ValueRange{group, lane});
    });
  });
  if (c.n)
    coordinates[*c.n] = first;
}

/// The number of the codes at `k` of the panel's rows. `group` is theirs, or null where it is to be
/// found.
void Panel::storeNumber(Value k, Value code, Value group) {
  if (!group && side().getGroup()) {
    // Past the end of k, where a row is padded to whole bytes, any group will do.
    Value last = subtract(b, getGroupCount(b, side(), kSize), indexConstant(b, 1));
    group = minimum(b, divide(b, k, side().getGroup()), last);
  } else if (!group) {
    group = indexConstant(b, 0);
  }
  Value scale = scratch.scales && !c.integer ? loadVector(scratch.scales, group) : Value();
  Value zero = scratch.zeroPoints ? loadVector(scratch.zeroPoints, group) : Value();
  vector::StoreOp::create(b, getNumber(b, c, side(), code, scale, zero), scratch.numbers,
                          ValueRange{k, indexConstant(b, 0)});
}

/// All codes in the stored elements number `element` of the panel's rows. `group` is theirs, or
/// null where it differs.
void Panel::unpackElement(Value element, Value group) {
  Value stored = loadStored(element, 1);
  int64_t perElement = getCodesPerElement(side());
  for (int64_t position = 0; position < perElement; ++position) {
    Value code = side().scheme.isDowncast()
                     ? stored
                     : extractCode(b, side().scheme.getStorage(), stored, position);
    storeNumber(add(b, multiply(b, element, perElement), position), code, group);
  }
}

/// Codes that begin with a byte again, in panels without blocks whose rows are streams of bits.
static constexpr int64_t streamCodes = 8;

/// Eight codes of each row are as many bytes as a code has bits; the last ones may be fewer.
void Panel::unpackStream() {
  Storage storage = side().scheme.getStorage();
  int64_t bits = bitWidth(storage);
  Value zero = indexConstant(b, 0);
  Value last = subtract(b, divideUp(b, multiply(b, kSize, bits), 8), indexConstant(b, 1));
  coordinates[c.k] = zero;
  forEach(b, zero, divideUp(b, kSize, streamCodes), 1, [&](Value index) {
    SmallVector<Value> bytes;
    auto words = VectorType::get(lanes, b.getI32Type());
    for (int64_t byte = 0; byte < bits; ++byte) {
      Value row = minimum(b, add(b, multiply(b, index, bits), byte), last);
      bytes.push_back(arith::ExtUIOp::create(b, words, loadStored(row, 1)));
    }
    for (int64_t i = 0; i < streamCodes; ++i) {
      int64_t first = i * bits / 8, bit = i * bits % 8;
      Value word = bytes[first];
      if (bit + bits > 8) {
        Value high = arith::ShLIOp::create(b, bytes[first + 1], constantLike(b, words, 8));
        word = arith::OrIOp::create(b, word, high);
      }
      storeNumber(add(b, multiply(b, index, streamCodes), i),
                  extractFromWord(b, storage, word, bit, /*excess=*/false), Value());
    }
  });
}

/// Codes in panels of as many rows as there are lanes.
void Panel::unpackCodes() {
  if (cutsBytes(side()))
    return unpackStream();
  int64_t perElement = getCodesPerElement(side()), group = side().getGroup();
  Value elements = divideUp(b, kSize, perElement), zero = indexConstant(b, 0);
  coordinates[c.k] = zero;
  if (group % perElement != 0)
    return forEach(b, zero, elements, 1, [&](Value element) { unpackElement(element, Value()); });
  forEach(b, zero, getGroupCount(b, side(), kSize), 1, [&](Value index) {
    Value begin = zero, end = elements;
    if (group) {
      begin = multiply(b, index, group / perElement);
      end = minimum(b, add(b, begin, group / perElement), elements);
    }
    forEach(b, begin, end, 1, [&](Value element) { unpackElement(element, index); });
  });
}

/// Row `row` of the panel of codes, `step` elements a lane.
Value Panel::loadStored(Value row, int64_t step) {
  SmallVector<Value> indices = applyMap(b, side().map, coordinates);
  indices.pop_back_n(2);
  indices.append({divide(b, coordinates[*c.n], lanes), row, indexConstant(b, 0)});
  auto type = VectorType::get(lanes * step, side().getType().getElementType());
  return vector::LoadOp::create(b, type, side().data, indices);
}

/// The codes of step `step` of a block: a word of each row and plane.
void Panel::unpackWord(Value block, int64_t step, Value scale, Value zero) {
  LayoutAttr layout = side().layout;
  BlockCodes codes = getBlockCodes(side());
  SmallVector<Value> stored;
  for (int64_t word : codes.getStepWords(step))
    stored.push_back(
        loadStored(add(b, multiply(b, block, codes.getWords()), word), layout.getStep()));
  auto store = [&](Value number, int64_t offset) {
    Value k = add(b, multiply(b, block, layout.getBlock()), offset);
    vector::StoreOp::create(b, number, scratch.numbers, ValueRange{k, indexConstant(b, 0)});
  };
  if (c.integer)
    for (auto [code, offset] : getWordIntegers(b, side().scheme, layout, step, stored))
      store(getNumber(b, c, side(), code, Value(), zero), offset);
  else
    for (auto [number, offset] :
         getWordNumbers(b, target, side().scheme, layout, step, stored, zero))
      store(convertFloat(b, arith::MulFOp::create(b, number, scale), c.computeType), offset);
}

/// Codes in blocks of lanes, groups being whole blocks.
void Panel::unpackBlocks() {
  int64_t block = side().layout.getBlock(), group = side().getGroup();
  int64_t steps = getBlockCodes(side()).getSteps();
  Value zero = indexConstant(b, 0), blocks = divideUp(b, kSize, block);
  coordinates[c.k] = zero;
  forEach(b, zero, blocks, 1, [&](Value index) {
    Value own = group ? divide(b, index, group / block) : zero;
    Value scale = c.integer ? Value() : loadVector(scratch.scales, own);
    Value zeroPoint = scratch.zeroPoints ? loadVector(scratch.zeroPoints, own) : Value();
    if (zeroPoint && !c.integer)
      zeroPoint = arith::SIToFPOp::create(b, scale.getType(), zeroPoint);
    for (int64_t step = 0; step < steps; ++step)
      unpackWord(index, step, scale, zeroPoint);
  });
}

/// Columns of codes of a trellis.
void Panel::unpackTrellis() {
  Value zero = indexConstant(b, 0);
  int64_t width = getTrellisLanes(target);
  auto type = VectorType::get(width, b.getF32Type());
  forEach(b, zero, getGroupCount(b, side(), kSize), 1, [&](Value group) {
    auto [begin, end] = getGroupBounds(b, side(), group, kSize);
    SmallVector<Value> scales(lanes / width);
    for (int64_t first = 0; !c.integer && first < lanes; first += width)
      scales[first / width] = vector::LoadOp::create(b, type, scratch.scales,
                                                     ValueRange{group, indexConstant(b, first)});
    forEach(b, begin, end, 1, [&](Value k) {
      for (auto [part, codes] : llvm::enumerate(loadTrellis(b, target, c, coordinates, k))) {
        Value wide = arith::ExtSIOp::create(b, type.clone(b.getI32Type()), codes);
        vector::StoreOp::create(b, getNumber(b, c, side(), wide, scales[part], Value()),
                                scratch.numbers, ValueRange{k, indexConstant(b, part * width)});
      }
    });
  });
}

/// Floats that lie side by side along n.
void Panel::copyVectors() {
  auto type = VectorType::get(lanes, side().getType().getElementType());
  forEach(b, indexConstant(b, 0), kSize, 1, [&](Value k) {
    coordinates[c.k] = k;
    Value stored =
        vector::LoadOp::create(b, type, side().data, applyMap(b, side().map, coordinates));
    vector::StoreOp::create(b, convertFloat(b, stored, c.computeType), scratch.numbers,
                            ValueRange{k, indexConstant(b, 0)});
  });
}

/// Rows of a block that is transposed in registers: the widest vector that every target has.
static constexpr int64_t transposeWidth = 4;

/// Four numbers along k of each of four lanes from `firstLane` on.
void Panel::transposeBlock(Value k, int64_t firstLane) {
  auto type = VectorType::get(transposeWidth, side().getType().getElementType());
  Coordinates own = coordinates;
  own[c.k] = k;
  SmallVector<Value> rows;
  for (int64_t lane = 0; lane < transposeWidth; ++lane) {
    own[*c.n] = add(b, coordinates[*c.n], firstLane + lane);
    Value row = vector::LoadOp::create(b, type, side().data, applyMap(b, side().map, own));
    rows.push_back(convertFloat(b, row, c.computeType));
  }
  auto shuffle = [&](Value lhs, Value rhs, ArrayRef<int64_t> mask) {
    return vector::ShuffleOp::create(b, lhs, rhs, mask);
  };
  Value low02 = shuffle(rows[0], rows[2], {0, 4, 1, 5}),
        low13 = shuffle(rows[1], rows[3], {0, 4, 1, 5});
  Value high02 = shuffle(rows[0], rows[2], {2, 6, 3, 7}),
        high13 = shuffle(rows[1], rows[3], {2, 6, 3, 7});
  Value columns[] = {shuffle(low02, low13, {0, 4, 1, 5}), shuffle(low02, low13, {2, 6, 3, 7}),
                     shuffle(high02, high13, {0, 4, 1, 5}), shuffle(high02, high13, {2, 6, 3, 7})};
  for (auto [i, column] : llvm::enumerate(columns))
    vector::StoreOp::create(b, column, scratch.numbers,
                            ValueRange{add(b, k, i), indexConstant(b, firstLane)});
}

/// Floats that lie side by side along k.
void Panel::transposeVectors() {
  Value whole = multiply(b, divide(b, kSize, transposeWidth), transposeWidth);
  forEach(b, indexConstant(b, 0), whole, transposeWidth, [&](Value k) {
    for (int64_t lane = 0; lane < lanes; lane += transposeWidth)
      transposeBlock(k, lane);
  });
  unpackScalars(whole);
}

/// Anything else, element by element; from `kBegin` on where the side has no groups.
void Panel::unpackScalars(Value kBegin) {
  Value first = c.n ? coordinates[*c.n] : Value();
  auto at = [&](Value memref, Value row, Value lane) {
    return memref ? Value(memref::LoadOp::create(b, memref, ValueRange{row, lane})) : Value();
  };
  forEach(b, indexConstant(b, 0), getGroupCount(b, side(), kSize), 1, [&](Value group) {
    auto [begin, end] = getGroupBounds(b, side(), group, kSize);
    forEach(b, kBegin ? kBegin : begin, end, 1, [&](Value k) {
      coordinates[c.k] = k;
      forEach(b, indexConstant(b, 0), used, 1, [&](Value lane) {
        setLane(first, lane);
        Value scale = c.integer ? Value() : at(scratch.scales, group, lane);
        Value number = getNumber(b, c, side(), loadCode(b, side(), coordinates), scale,
                                 at(scratch.zeroPoints, group, lane));
        memref::StoreOp::create(b, number, scratch.numbers, ValueRange{k, lane});
      });
    });
  });
  if (c.n)
    coordinates[*c.n] = first;
}

static Panel createPanel(ImplicitLocOpBuilder &b, const Contraction &c, const Target &target,
                         ArrayRef<Value> sizes, const Coordinates &coordinates, int64_t lanes) {
  Value nSize = c.n ? sizes[*c.n] : indexConstant(b, 1);
  Value left = c.n ? subtract(b, nSize, coordinates[*c.n]) : nSize;
  Value used = minimum(b, left, indexConstant(b, lanes));
  if (!ShapedType::isDynamic(c.getStaticSize(c.n)) && c.getStaticSize(c.n) % lanes == 0)
    used = indexConstant(b, lanes);
  return {b, c, target, sizes[c.k], coordinates, lanes, used, nSize, c.hasColumnPanels(lanes), {}};
}

PanelScratch unpackParams(ImplicitLocOpBuilder &b, const Contraction &c, const Target &target,
                          ArrayRef<Value> sizes, const Coordinates &coordinates, int64_t lanes) {
  Panel panel = createPanel(b, c, target, sizes, coordinates, lanes);
  panel.unpackParams();
  return panel.scratch;
}

PanelScratch unpackPanel(ImplicitLocOpBuilder &b, const Contraction &c, const Target &target,
                         ArrayRef<Value> sizes, const Coordinates &coordinates, int64_t lanes) {
  const Side &side = c.columns;
  Panel panel = createPanel(b, c, target, sizes, coordinates, lanes);
  bool isPanel = panel.isPanel;
  Value rows = sizes[c.k];
  int64_t block = 1;
  if (isPanel)
    block = side.layout.getBlock() ? side.layout.getBlock()
            : cutsBytes(side)      ? streamCodes
                                   : getCodesPerElement(side);
  rows = multiply(b, divideUp(b, rows, block), block);
  bool isWords = isPanel && isInWords(side);
  panel.scratch.numbers = allocate(b, {rows, indexConstant(b, lanes)}, getNumberType(c));
  panel.unpackParams();
  bool alongN = isContiguousAlong(side.data, side.map, c.n);
  bool alongK = c.n && isContiguousAlong(side.data, side.map, c.k) && lanes % transposeWidth == 0;
  if (isTrellis(side)) {
    panel.unpackTrellis();
  } else if (isWords) {
    panel.unpackBlocks();
  } else if (isPanel && !side.layout.getBlock()) {
    panel.unpackCodes();
  } else if (!side.scheme && (alongN || alongK)) {
    Value isFull = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, panel.used,
                                                 indexConstant(b, lanes));
    ifThenElse(
        b, isFull, [&] { alongN ? panel.copyVectors() : panel.transposeVectors(); },
        [&] { panel.unpackScalars(); });
  } else {
    panel.unpackScalars();
  }
  return panel.scratch;
}

} // namespace qlinalg::kernels
