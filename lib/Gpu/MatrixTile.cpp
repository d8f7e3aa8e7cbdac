//===- MatrixTile.cpp - Tiles of mma.sync ---------------------------------===//
//
// A block of warps computes a tile of results. K passes through shared memory in stages of 64 bytes
// a row: while one is multiplied the next are copied there, past the registers.
//
//   for each step of K:
//     wait for its copies; barrier; start the copies of a later step into the stage that was read
//     last for each 32 of K: ldmatrix of both sides, mma.sync of all fragments
//   each thread: subtract zero points, scale, add, store its results
//
// Where zero points are subtracted, the sums of the other side's codes are products with ones: they
// come in the layout of the results.
//
//===----------------------------------------------------------------------===//

#include "MatrixTile.h"

#include "Launch.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// Of mma.sync.m16n8k32: rows, columns and K, and the bytes of a piece of a row in shared memory.
static constexpr int64_t fragmentRows = 16, fragmentColumns = 8, fragmentK = 32, piece = 16;

MatrixTile chooseMatrixTile(const GpuTarget &target, int64_t rows, int64_t columns, int64_t outer) {
  // Wide tiles read each byte for more results; below a block for each of about 100 multiprocessors
  // most of the GPU would wait. 128 x 128 holds 64 sums a thread in 8 warps.
  MatrixTile wide{2, 4, 64, 32, 3}, small{2, 2, 32, 32, 4}, flat{1, 4, 16, 16, 4};
  auto countBlocks = [&](const MatrixTile &tile) {
    return (rows + tile.getRows() - 1) / tile.getRows() *
           ((columns + tile.getColumns() - 1) / tile.getColumns()) * outer;
  };
  constexpr int64_t multiprocessors = 100;
  if (wide.getSharedBytes() <= target.sharedBytes && countBlocks(wide) >= multiprocessors)
    return wide;
  return rows <= flat.getRows() ? flat : small;
}

BlockGrid::BlockGrid(ImplicitLocOpBuilder &b, const Contraction &c, int64_t rows, int64_t columns) {
  SmallVector<Value> loops = getLoopSizes(b, c);
  Value one = indexConstant(b, 1), outer = one;
  for (unsigned dim : c.outer) {
    outerSizes.push_back(loops[dim]);
    outer = multiply(b, outer, loops[dim]);
  }
  auto atLeastOne = [&](Value size) { return b.createOrFold<arith::MaxUIOp>(size, one); };
  sizes = {c.n ? atLeastOne(divideUp(b, loops[*c.n], columns)) : one,
           c.m ? atLeastOne(divideUp(b, loops[*c.m], rows)) : one, atLeastOne(outer)};
}

Coordinates BlockGrid::getOuter(ImplicitLocOpBuilder &b, const Contraction &c, Value z) const {
  Coordinates coordinates(c.staticSizes.size());
  SmallVector<Value> indices = delinearize(b, z, outerSizes);
  for (auto [dim, index] : llvm::zip(c.outer, indices))
    coordinates[dim] = index;
  return coordinates;
}

namespace {
/// One side of a tile in shared memory: `rows` rows of a stage, stage after stage.
struct StagedRows {
  const CodeRows &source;
  int64_t rows;
  /// Of the rows of the whole problem, and the first of the block's, i32.
  Value count, first;
  /// Of the first row at K = 0 in global memory, i64; of the first stage in shared memory, i32.
  Value global, shared;
  /// From one row to the next in global memory, i64; null where there is but one.
  Value stride;
};

/// The sums of one warp: [fragment along rows][along columns], four registers each.
using Sums = SmallVector<Value>;

class TileKernel {
public:
  TileKernel(ImplicitLocOpBuilder &b, const Contraction &c, const MatrixTile &tile,
             const CodeRows &rows, const CodeRows &columns, int64_t k)
      : b(b), i{b}, c(c), tile(tile), rowCodes(rows), columnCodes(columns), k(k) {}

  /// In the launch; `loops` are the sizes of all loops.
  void emit(mlir::gpu::LaunchOp launch, const BlockGrid &grid, ArrayRef<Value> loops, Value memory);

private:
  int64_t countRowFragments() const { return tile.warpRows / fragmentRows; }
  int64_t countColumnFragments() const { return tile.warpColumns / fragmentColumns; }
  /// Sums of results, then of rows' codes, then of columns' codes, as they are needed.
  int64_t countSums() const {
    int64_t results = countRowFragments() * countColumnFragments();
    if (columnCodes.hasZero())
      results += countRowFragments();
    if (rowCodes.hasZero())
      results += countColumnFragments();
    return 4 * results;
  }

  Value swizzle(Value row, Value pieceOfRow);
  void copyStage(const StagedRows &side, Value stage, Value kBegin);
  void copyPiece(const StagedRows &side, Value stage, Value kBegin, Value piece, int64_t width);
  Sums multiplyStage(Value stage, Sums sums);
  SmallVector<Value> loadFragments(const StagedRows &side, Value stage, Value firstRow,
                                   int64_t step, bool isRows);
  void storeResults(const Coordinates &outer, ArrayRef<Value> sums);

  ImplicitLocOpBuilder &b;
  Instructions i;
  const Contraction &c;
  const MatrixTile &tile;
  const CodeRows &rowCodes, &columnCodes;
  int64_t k;
  StagedRows rows{rowCodes, 0, {}, {}, {}, {}, {}}, columns{columnCodes, 0, {}, {}, {}, {}, {}};
  /// i32: of the thread in the block, in its warp, and the first row and column of its warp in the
  /// tile.
  Value thread, lane, warpRow, warpColumn;
};
} // namespace

/// Where piece `pieceOfRow` (0 to 3) of row `row` stands, in bytes from the stage's beginning.
/// Eight rows of ldmatrix, and eight threads that copy, touch all 32 banks.
Value TileKernel::swizzle(Value row, Value pieceOfRow) {
  Value turn = i.remainder(i.divide(row, 2), 4);
  Value place = i.exclusiveOr(pieceOfRow, turn);
  return i.add(i.multiply(row, MatrixTile::stageK), i.multiply(place, piece));
}

/// `width` bytes number `part` of a stage; what lies beyond the problem becomes 0.
void TileKernel::copyPiece(const StagedRows &side, Value stage, Value kBegin, Value part,
                           int64_t width) {
  int64_t perRow = MatrixTile::stageK / width;
  Value row = i.divide(part, perRow), at = i.multiply(i.remainder(part, perRow), width);
  Value source = i.add(side.first, row), kAt = i.add(kBegin, at);
  auto isBelow = [&](Value value, Value limit) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value, limit);
  };
  Value isInside = arith::AndIOp::create(b, isBelow(source, side.count), isBelow(kAt, i.number(k)));
  Value target = i.add(swizzle(row, i.divide(at, piece)), i.remainder(at, piece));
  target = i.add(i.add(side.shared, target), i.multiply(stage, side.rows * MatrixTile::stageK));
  // An address that is not read is one that could be.
  Value zero = i.number(0);
  source = arith::SelectOp::create(b, isInside, source, zero);
  kAt = arith::SelectOp::create(b, isInside, kAt, zero);
  Value address = i.add(side.global, i.toI64(kAt));
  if (side.stride)
    address = i.add(address, b.createOrFold<arith::MulIOp>(i.toI64(source), side.stride));
  if (width >= 4)
    return i.copyAsync(target, address, width,
                       arith::SelectOp::create(b, isInside, i.number(width), zero));
  Type type = b.getIntegerType(8 * width);
  auto branch = scf::IfOp::create(b, type, isInside, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, i.load(address, type, width));
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, i.number(0, 8 * width));
  }
  i.storeShared(branch.getResult(0), target, width);
}

void TileKernel::copyStage(const StagedRows &side, Value stage, Value kBegin) {
  int64_t width = side.source.width, parts = side.rows * MatrixTile::stageK / width;
  int64_t threads = tile.getThreads();
  if (parts / threads <= 8 && parts % threads == 0) {
    for (int64_t n = 0; n < parts / threads; ++n)
      copyPiece(side, stage, kBegin, i.add(thread, n * threads), width);
    return;
  }
  forEach(b, i.toIndex(thread), indexConstant(b, parts), threads,
          [&](Value part) { copyPiece(side, stage, kBegin, i.toI32(part), width); });
}

/// Of rows: the four registers of a 16 x 32 fragment; of columns: two registers each of two 8 x 32
/// fragments. Matrix q of ldmatrix is (rows 8 (q % 2), piece q / 2) of rows and (columns 8 (q / 2),
/// piece q % 2) of columns.
SmallVector<Value> TileKernel::loadFragments(const StagedRows &side, Value stage, Value firstRow,
                                             int64_t step, bool isRows) {
  Value matrix = i.divide(lane, 8), within = i.remainder(lane, 8);
  Value low = i.remainder(matrix, 2), high = i.divide(matrix, 2);
  Value row = i.add(i.add(firstRow, i.multiply(isRows ? low : high, 8)), within);
  Value part = i.add(isRows ? high : low, step * fragmentK / piece);
  Value address = i.add(side.shared, swizzle(row, part));
  return i.loadMatrices(i.add(address, i.multiply(stage, side.rows * MatrixTile::stageK)));
}

Sums TileKernel::multiplyStage(Value stage, Sums sums) {
  int64_t m = countRowFragments(), n = countColumnFragments();
  Value ones = i.number(0x01010101);
  for (int64_t step = 0; step < MatrixTile::stageK / fragmentK; ++step) {
    SmallVector<SmallVector<Value>> a, bPairs;
    for (int64_t x = 0; x < m; ++x)
      a.push_back(loadFragments(rows, stage, i.add(warpRow, x * fragmentRows), step, true));
    for (int64_t y = 0; y < n / 2; ++y)
      bPairs.push_back(
          loadFragments(columns, stage, i.add(warpColumn, 2 * y * fragmentColumns), step, false));
    auto columnRegisters = [&](int64_t y) { return ArrayRef(bPairs[y / 2]).slice(y % 2 * 2, 2); };
    int64_t next = 0;
    auto multiplyInto = [&](StringRef aType, StringRef bType, ArrayRef<Value> aRegisters,
                            ArrayRef<Value> bRegisters) {
      SmallVector<Value> sum =
          i.multiplyBytes(aType, bType, aRegisters, bRegisters, ArrayRef(sums).slice(next, 4));
      llvm::copy(sum, sums.begin() + next);
      next += 4;
    };
    for (int64_t x = 0; x < m; ++x)
      for (int64_t y = 0; y < n; ++y)
        multiplyInto(rowCodes.getType(), columnCodes.getType(), a[x], columnRegisters(y));
    SmallVector<Value> four(4, ones), two(2, ones);
    if (columnCodes.hasZero())
      for (int64_t x = 0; x < m; ++x)
        multiplyInto(rowCodes.getType(), rowCodes.getType(), a[x], two);
    if (rowCodes.hasZero())
      for (int64_t y = 0; y < n; ++y)
        multiplyInto(columnCodes.getType(), columnCodes.getType(), four, columnRegisters(y));
  }
  return sums;
}

void TileKernel::storeResults(const Coordinates &outer, ArrayRef<Value> sums) {
  int64_t m = countRowFragments(), n = countColumnFragments();
  int64_t rowSums = 4 * m * n, columnSums = rowSums + (columnCodes.hasZero() ? 4 * m : 0);
  Value group = i.divide(lane, 4), member = i.remainder(lane, 4);
  Value firstRow = i.add(i.add(rows.first, warpRow), group);
  Value firstColumn = i.add(i.add(columns.first, warpColumn), i.multiply(member, 2));
  for (int64_t x = 0; x < m; ++x)
    for (int64_t y = 0; y < n; ++y)
      for (int64_t r = 0; r < 4; ++r) {
        Value row = i.add(firstRow, x * fragmentRows + r / 2 * 8);
        Value column = i.add(firstColumn, y * fragmentColumns + r % 2);
        Value isRow = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, row, rows.count);
        Value isColumn = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column, columns.count);
        ifThenElse(
            b, arith::AndIOp::create(b, isRow, isColumn),
            [&] {
              Coordinates at = outer;
              if (c.m)
                at[*c.m] = i.toIndex(row);
              if (c.n)
                at[*c.n] = i.toIndex(column);
              Value sum = subtractZeros(i, sums[4 * (x * n + y) + r],
                                        columnCodes.hasZero() ? sums[rowSums + 4 * x + r] : Value(),
                                        rowCodes.hasZero() ? sums[columnSums + 4 * y + r] : Value(),
                                        rowCodes.getZero(i, at), columnCodes.getZero(i, at), k);
              finishResult(i, c, at, sum);
            },
            nullptr);
      }
}

void TileKernel::emit(mlir::gpu::LaunchOp launch, const BlockGrid &grid, ArrayRef<Value> loops,
                      Value memory) {
  Coordinates outer = grid.getOuter(b, c, launch.getBlockIds().z);
  thread = i.toI32(launch.getThreadIds().x);
  lane = i.remainder(thread, 32);
  Value warp = i.divide(thread, 32);
  warpRow = i.multiply(i.divide(warp, tile.columnWarps), tile.warpRows);
  warpColumn = i.multiply(i.remainder(warp, tile.columnWarps), tile.warpColumns);
  Value shared = i.sharedAddressOf(memory);
  auto setUp = [&](StagedRows &side, int64_t size, std::optional<unsigned> loop, Value block) {
    side.rows = size;
    side.count = loop ? i.toI32(loops[*loop]) : i.number(1);
    side.first = i.multiply(i.toI32(block), size);
    side.global = side.source.getAddress(i, outer);
    side.stride = loop ? side.source.strides[*loop] : Value();
    side.shared = shared;
    shared = i.add(shared, tile.stages * size * MatrixTile::stageK);
  };
  setUp(rows, tile.getRows(), c.m, launch.getBlockIds().y);
  setUp(columns, tile.getColumns(), c.n, launch.getBlockIds().x);

  int64_t steps = (k + MatrixTile::stageK - 1) / MatrixTile::stageK;
  auto copyStep = [&](Value stage, Value step) {
    Value kBegin = i.multiply(step, MatrixTile::stageK);
    copyStage(rows, stage, kBegin);
    copyStage(columns, stage, kBegin);
    i.commitCopies();
  };
  for (int64_t stage = 0; stage < tile.stages - 1; ++stage)
    copyStep(i.number(stage), i.number(stage));
  Sums zeros(countSums(), i.number(0));
  Sums sums = forCarrying(b, indexConstant(b, 0), indexConstant(b, steps), 1, zeros,
                          [&](Value index, ValueRange carried) {
                            Value step = i.toI32(index);
                            // All but the latest stages - 2 are there: this step's among them.
                            i.waitForCopies(tile.stages - 2);
                            i.barrier();
                            Value later = i.add(step, tile.stages - 1);
                            copyStep(i.remainder(later, tile.stages), later);
                            return multiplyStage(i.remainder(step, tile.stages), Sums(carried));
                          });
  storeResults(outer, sums);
}

void launchMatrixTiles(ImplicitLocOpBuilder &b, const Contraction &c, const MatrixTile &tile) {
  Instructions i{b};
  int64_t k = c.staticSizes[c.k];
  SmallVector<Value> loops = getLoopSizes(b, c);
  CodeRows rows = analyzeRows(i, c.rows, c.m, c.k, k),
           columns = analyzeRows(i, c.columns, c.n, c.k, k);
  BlockGrid grid(b, c, tile.getRows(), tile.getColumns());
  launchBlocks(b, "matmul_mma", grid.sizes, tile.getThreads(), [&](mlir::gpu::LaunchOp launch) {
    auto space =
        mlir::gpu::AddressSpaceAttr::get(b.getContext(), mlir::gpu::AddressSpace::Workgroup);
    auto type =
        MemRefType::get({tile.getSharedBytes()}, b.getI8Type(), MemRefLayoutAttrInterface(), space);
    Value memory = launch.addWorkgroupAttribution(type, b.getLoc());
    TileKernel(b, c, tile, rows, columns, k).emit(launch, grid, loops, memory);
  });
}

} // namespace qlinalg::gpu
