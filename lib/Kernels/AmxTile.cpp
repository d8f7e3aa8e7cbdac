//===- AmxTile.cpp - A tile of AMX's instructions -------------------------===//

#include "QLinalg/Kernels/AmxTile.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/PanelLayout.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

/// Columns of a register of sums.
static constexpr int64_t amxColumns = 16;

int64_t AmxTile::getGreatestHeight() const { return 2 * plan.getStepRows(); }

/// Columns of bytes are read as they lie, unless the last step would read past them.
bool AmxTile::needsUnpacking() const {
  int64_t kSize = c.staticSizes[c.k];
  return DotTile::needsUnpacking() || ShapedType::isDynamic(kSize) || kSize % plan.getStep() != 0;
}

DotPanel AmxTile::preparePanel(const Coordinates &coordinates) {
  DotTile::preparePanel(coordinates, /*few=*/false);
  auto allocateSums = [&](Type element) {
    auto type = MemRefType::get({getGreatestHeight(), plan.getPanel()}, element);
    return Value(memref::AllocOp::create(b, type, b.getI64IntegerAttr(64)));
  };
  panel.products = allocateSums(b.getI32Type());
  if (!c.keepsIntegers)
    panel.floats = allocateSums(b.getF32Type());
  return panel;
}

/// A register of rows, from element `k` on.
Value AmxTile::loadRows(const Coordinates &coordinates, int64_t row, Value k) {
  // What lies between one row and the next.
  Value stride = memref::DimOp::create(b, rows.numbers, rows.dims.size());
  for (size_t i = rows.dims.size(); i-- > 0 && rows.dims[i] != *c.m;)
    stride = multiply(b, stride, memref::DimOp::create(b, rows.numbers, i));
  auto type = amx::TileType::get({plan.getStepRows(), plan.getStep()}, b.getI8Type());
  return amx::TileLoadOp::create(b, type, rows.numbers, getRowIndices(coordinates, row, k), stride);
}

/// A register of columns from `column` of the panel on.
Value AmxTile::loadColumns(const Coordinates &coordinates, int64_t column, Value k) {
  Value lane = divide(b, k, laneBytes), byte = indexConstant(b, column * laneBytes);
  auto type =
      amx::TileType::get({plan.getStep() / laneBytes, amxColumns * laneBytes}, b.getI8Type());
  if (panel.numbers)
    return amx::TileLoadOp::create(b, type, panel.numbers, ValueRange{lane, byte});
  return amx::TileLoadOp::create(b, type, c.columns.data,
                                 getStoredIndices(coordinates, lane, byte));
}

/// The products of one run as they are, to memory.
void AmxTile::storeSums(const Coordinates &coordinates, Value begin, Value end, int64_t height) {
  int64_t rowTiles = height / plan.getStepRows(), columnTiles = plan.getPanel() / amxColumns;
  auto type = amx::TileType::get({plan.getStepRows(), amxColumns}, b.getI32Type());
  Vectors sums;
  for (int64_t i = 0; i < rowTiles * columnTiles; ++i)
    sums.push_back(amx::TileZeroOp::create(b, type));
  auto addStep = [&](Value k, ValueRange carried) {
    Vectors next, columns;
    for (int64_t column = 0; column < columnTiles; ++column)
      columns.push_back(loadColumns(coordinates, column * amxColumns, k));
    for (int64_t row = 0; row < rowTiles; ++row) {
      Value numbers = loadRows(coordinates, row * plan.getStepRows(), k);
      for (Value column : columns)
        next.push_back(amx::TileMulIOp::create(b, type, numbers, column, carried[next.size()],
                                               /*isZextLhs=*/false, /*isZextRhs=*/true));
    }
    return next;
  };
  sums = plan.run == plan.getStep() ? addStep(begin, sums)
                                    : forCarrying(b, begin, end, plan.getStep(), sums, addStep);
  for (auto [i, sum] : llvm::enumerate(sums))
    amx::TileStoreOp::create(b, panel.products,
                             ValueRange{indexConstant(b, i / columnTiles * plan.getStepRows()),
                                        indexConstant(b, i % columnTiles * amxColumns)},
                             sum);
}

Tile::Vectors AmxTile::zeros() {
  return Vectors(plan.vectors, constantLike(b, getFloatsType(), 0));
}

Tile::Vectors AmxTile::loadRow(Value memref, Value row) {
  Vectors vectors;
  for (int64_t vector = 0; vector < plan.vectors; ++vector)
    vectors.push_back(loadPerLane(memref, row, vector));
  return vectors;
}

void AmxTile::storeRow(ArrayRef<Value> vectors, Value memref, Value row) {
  for (auto [vector, value] : llvm::enumerate(vectors))
    vector::StoreOp::create(b, value, memref,
                            ValueRange{row, indexConstant(b, vector * plan.lanes)});
}

/// Adds the sums of one run to the floats, or leaves the integers mended.
void AmxTile::scaleSums(const Coordinates &coordinates, Value run, Value begin, Value rows) {
  forEach(b, indexConstant(b, 0), rows, 1, [&](Value row) {
    Coordinates own = coordinates;
    own[*c.m] = add(b, own[*c.m], row);
    Vectors integers = loadRow(panel.products, row);
    if (Value start = loadRunStart(own, 0, run))
      for (Value &integer : integers)
        integer = arith::AddIOp::create(b, integer, start);
    integers = mendSums(own, run, begin, integers);
    if (c.keepsIntegers)
      return storeRow(integers, panel.products, row);
    Vectors floats = plan.run == 0
                         ? scaleRows(own, addScaled(own, run, begin, integers, zeros()))
                         : addScaled(own, run, begin, integers, loadRow(panel.floats, row));
    storeRow(floats, panel.floats, row);
  });
}

Value AmxTile::multiplyRows(const Coordinates &coordinates, int64_t height, Value rows) {
  auto forEachRow = [&](function_ref<void(Value)> body) {
    forEach(b, indexConstant(b, 0), rows, 1, body);
  };
  if (plan.run != 0) // not where sums stay integers
    forEachRow([&](Value row) { storeRow(zeros(), panel.floats, row); });
  forEachRun({}, [&](Value run, Value begin, Value end, ValueRange) {
    storeSums(coordinates, begin, end, height);
    scaleSums(coordinates, run, begin, rows);
    return Vectors();
  });
  if (plan.run != 0 && !scalesRuns())
    forEachRow([&](Value row) {
      Coordinates own = coordinates;
      own[*c.m] = add(b, own[*c.m], row);
      storeRow(scaleRows(own, loadRow(panel.floats, row)), panel.floats, row);
    });
  return c.keepsIntegers ? panel.products : panel.floats;
}

} // namespace qlinalg::kernels
