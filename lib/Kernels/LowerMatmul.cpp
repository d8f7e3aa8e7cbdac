//===- LowerMatmul.cpp - qlinalg.matmul into parallel loops of panels -----===//
//
//   rows = lhs as numbers to multiply
//   parallel for each index of the outer dimensions and each panel of n:
//     scratch = panel of rhs, unpacked (for few rows: nothing, numbers are made in registers)
//     for each tile of rows: for k: tile += rows x scratch
//
// Matmuls of one input share its rows, and their panels one loop.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/LowerToCpu.h"

#include "QLinalg/Kernels/AmxTile.h"
#include "QLinalg/Kernels/DotAlongK.h"
#include "QLinalg/Kernels/FloatTile.h"
#include "QLinalg/Kernels/I8mmTile.h"
#include "QLinalg/Kernels/KernelReport.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/MatmulGroup.h"
#include "QLinalg/Kernels/MicroKernel.h"
#include "QLinalg/Kernels/PlainTile.h"
#include "QLinalg/Kernels/TrellisCodes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg {

/// Columns in a panel where no layout says it: two vectors of AVX2, one of AVX512, four of NEON.
static constexpr int64_t defaultLanes = 16;

/// Multiplications below which waking other threads costs more than it saves (about 5
/// microseconds).
static constexpr int64_t leastParallelWork = 1 << 16;

/// For `branchOnRows`: no number of rows is too many.
static constexpr int64_t anyRows = std::numeric_limits<int64_t>::max();

static int64_t getLanes(MatmulOp op) {
  for (LayoutAttr layout : {op.getRhsLayoutAttr(), op.getLhsLayoutAttr()})
    if (layout && !layout.isRows())
      return layout.getPanel();
  return defaultLanes;
}

/// For floats without a layout, two registers where that does not leave one empty.
static int64_t getFloatLanes(const Contraction &c, const Target &target) {
  int64_t n = c.getStaticSize(c.n), lanes = target.getLanes(), panel = target.getPanelRows();
  return ShapedType::isDynamic(n) || llvm::divideCeil(n, lanes) % 2 == 0 || n > 4 * panel ? panel
                                                                                          : lanes;
}

namespace {
/// Rows as a plan takes them, for all matmuls of a group that take them so.
struct SharedRows {
  DotPlan plan;
  Side side;
  unsigned k;
  std::optional<unsigned> m;
  bool hasColumnZeroPoints;
  DotRows rows;
};

/// What matmuls of one input share in the block in which they stand.
struct Group {
  Block *block;
  SmallVector<SharedRows, 1> rows;
  /// Over the panels of each.
  SmallVector<scf::ParallelOp> loops;
};

/// The loops around the tiles.
struct Lowering {
  ImplicitLocOpBuilder &b;
  const Contraction &c;
  const Target &target;
  int64_t lanes;
  bool report;
  SmallVector<Value> sizes;
  bool parallel;
  Group &group;

  void say(const DotPlan *plan, int64_t tileRows);
  bool splitsRows() const;
  Value getRowEnd(const Coordinates &coordinates);
  void forEachPanel(function_ref<void(const Coordinates &)> body);
  void branchOnRows(int64_t most, function_ref<void(bool)> body);
  void lowerPlain();
  int64_t getMostRowsInPlace(FloatSource source) const;
  void lowerFloat();
  void lowerDecoded(Value rows, const Coordinates &coordinates);
  void lowerPanels();
  DotRows shareRows(const DotPlan &plan);
  void lowerDot(const DotPlan &plan);
  void emitDot(const DotPlan &plan, const DotRows &rows, const Coordinates &coordinates, bool few);
};
} // namespace

void Lowering::say(const DotPlan *plan, int64_t tileRows) {
  if (report)
    emitRemark(b.getLoc()) << describeKernel(c, target, plan, tileRows);
}

/// Panels from which each thread has some.
static constexpr int64_t manyPanels = 16;

/// Rows of a part where panels are few: whole tiles of every height, and enough to unpack a panel
/// for.
static constexpr int64_t partRows = 96;

/// Rows are shared among threads too. The same for any number of threads, as a tile's height may
/// say in which order it adds.
bool Lowering::splitsRows() const {
  auto isDynamic = [&](unsigned dim) { return ShapedType::isDynamic(c.staticSizes[dim]); };
  if (!parallel || !c.m || (!isDynamic(*c.m) && c.staticSizes[*c.m] < 2 * partRows) ||
      (c.n && isDynamic(*c.n)) || llvm::any_of(c.outer, isDynamic))
    return false;
  int64_t panels = c.n ? llvm::divideCeil(c.staticSizes[*c.n], lanes) : 1;
  for (unsigned dim : c.outer)
    panels *= c.staticSizes[dim];
  return panels < manyPanels;
}

/// Where the rows of a part end; null where there is but one.
Value Lowering::getRowEnd(const Coordinates &coordinates) {
  if (!splitsRows())
    return nullptr;
  return minimum(b, add(b, coordinates[*c.m], partRows), sizes[*c.m]);
}

/// Calls `body` for each index of the outer dimensions, each part of the rows and each panel of n.
void Lowering::forEachPanel(function_ref<void(const Coordinates &)> body) {
  SmallVector<Value> counts;
  for (unsigned dim : c.outer)
    counts.push_back(sizes[dim]);
  bool splits = splitsRows();
  if (splits)
    counts.push_back(divideUp(b, sizes[*c.m], partRows));
  counts.push_back(c.n ? divideUp(b, sizes[*c.n], lanes) : indexConstant(b, 1));
  Value total = counts.front();
  for (Value count : ArrayRef(counts).drop_front())
    total = multiply(b, total, count);
  forEachParallel(b, total, parallel, [&](Value linear) {
    SmallVector<Value> indices = delinearize(b, linear, counts);
    Coordinates coordinates(sizes.size());
    for (auto [dim, index] : llvm::zip(c.outer, indices))
      coordinates[dim] = index;
    if (c.n)
      coordinates[*c.n] = multiply(b, indices.back(), lanes);
    if (c.m)
      coordinates[*c.m] =
          splits ? multiply(b, indices[c.outer.size()], partRows) : indexConstant(b, 0);
    body(coordinates);
  });
  if (parallel && b.getInsertionBlock() == group.block)
    group.loops.push_back(cast<scf::ParallelOp>(*std::prev(b.getInsertionPoint())));
}

void Lowering::lowerPlain() {
  Value rows = expandRows(b, c, sizes, parallel);
  forEachPanel([&](const Coordinates &coordinates) {
    PanelScratch panel = unpackPanel(b, c, target, sizes, coordinates, lanes);
    PlainTile tile(b, c, target, sizes, rows, panel, lanes);
    say(nullptr, tile.getGreatestHeight());
    MicroKernel{b, c, sizes, lanes, tile, getRowEnd(coordinates)}.emit(coordinates);
    panel.free(b);
  });
  if (rows != c.rows.data)
    memref::DeallocOp::create(b, rows);
}

/// Rows for which columns are unpacked in registers, each time anew: what a shift and a mask make
/// of a register is cheaper than memory; two shuffles are so for fewer.
static int64_t getMostDirectRows(const DotPlan &plan) {
  return plan.product == DotProduct::Words || plan.digits > 1 ? 4 : 16;
}

/// Rows from which numbers of 16 bits are worth a panel and a pass over the rows.
static constexpr int64_t leastWordRows = 48;

/// `body` with whether there are at most `most` rows.
void Lowering::branchOnRows(int64_t most, function_ref<void(bool)> body) {
  int64_t m = c.getStaticSize(c.m);
  if (!ShapedType::isDynamic(m) || most == anyRows)
    return body(most == anyRows || m <= most);
  Value few =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ule, sizes[*c.m], indexConstant(b, most));
  ifThenElse(b, few, [&] { body(true); }, [&] { body(false); });
}

/// Columns that lie near enough to one another along k to be read where they are for any rows.
static constexpr int64_t nearColumns = 128;

/// Rows for which columns are not unpacked into memory: of codes, those of one tile, or of two
/// where that is cheap.
int64_t Lowering::getMostRowsInPlace(FloatSource source) const {
  if (source == FloatSource::Trellis)
    return getTrellisHeight(target);
  if (source == FloatSource::Words)
    return target.vectorRegisters >= 32 || c.columns.isInteger() ? 8 : 4;
  int64_t n = c.getStaticSize(c.n);
  bool isNear = c.columns.layout || (!ShapedType::isDynamic(n) && n <= nearColumns);
  return isNear && c.columns.getType().getElementType() == c.computeType ? anyRows : 24;
}

/// Rows for which columns along k are not transposed: what each sum's lanes cost to add is paid for
/// each row.
static constexpr int64_t mostRowsAlongK = 16;

void Lowering::lowerFloat() {
  if (canDotAlongK(c))
    return branchOnRows(mostRowsAlongK, [&](bool few) {
      few ? forEachPanel([&](const Coordinates &coordinates) {
        dotAlongK(b, c, target, sizes, coordinates, lanes);
      })
          : lowerPanels();
    });
  lowerPanels();
}

/// A panel of a trellis, decoded once and multiplied as panels of as many columns as the target's
/// tiles take.
void Lowering::lowerDecoded(Value rows, const Coordinates &coordinates) {
  PanelScratch panel = unpackPanel(b, c, target, sizes, coordinates, lanes);
  int64_t width = target.getPanelRows();
  Value n = coordinates[*c.n];
  Value end = minimum(b, indexConstant(b, lanes), subtract(b, sizes[*c.n], n));
  FloatTile tile(b, c, target, sizes, rows, width, FloatSource::Scratch);
  say(nullptr, tile.getGreatestHeight());
  forEach(b, indexConstant(b, 0), end, width, [&](Value first) {
    auto numbers = cast<TypedValue<MemRefType>>(panel.numbers);
    OpFoldResult k = memref::getMixedSize(b, b.getLoc(), numbers, 0);
    tile.usePanel(
        memref::SubViewOp::create(b, numbers, ArrayRef<OpFoldResult>{b.getIndexAttr(0), first},
                                  ArrayRef<OpFoldResult>{k, b.getIndexAttr(width)},
                                  ArrayRef<OpFoldResult>{b.getIndexAttr(1), b.getIndexAttr(1)}));
    Coordinates own = coordinates;
    own[*c.n] = add(b, n, first);
    MicroKernel{b, c, sizes, width, tile, getRowEnd(coordinates)}.emit(own);
  });
  panel.free(b);
}

void Lowering::lowerPanels() {
  FloatSource direct = getDirectSource(c, lanes);
  int64_t block = direct == FloatSource::Words ? c.columns.layout.getBlock() : 1;
  Value rows = expandRows(b, c, sizes, parallel, block);
  forEachPanel([&](const Coordinates &coordinates) {
    auto emit = [&](bool few) {
      if (isTrellis(c.columns) && !few)
        return lowerDecoded(rows, coordinates);
      FloatTile tile(b, c, target, sizes, rows, lanes, few ? direct : FloatSource::Scratch);
      PanelScratch panel = tile.preparePanel(coordinates);
      if (!few || !ShapedType::isDynamic(c.getStaticSize(c.m)))
        say(nullptr, tile.getGreatestHeight());
      MicroKernel{b, c, sizes, lanes, tile, getRowEnd(coordinates)}.emit(coordinates);
      panel.free(b);
    };
    if (direct == FloatSource::Scratch)
      emit(false);
    else
      branchOnRows(getMostRowsInPlace(direct), emit);
  });
  if (rows != c.rows.data)
    memref::DeallocOp::create(b, rows);
}

/// The rows times one panel.
void Lowering::emitDot(const DotPlan &plan, const DotRows &rows, const Coordinates &coordinates,
                       bool few) {
  DotPanel panel;
  auto emit = [&](auto tile) {
    if (!few || !ShapedType::isDynamic(c.getStaticSize(c.m)))
      say(&plan, tile.getGreatestHeight());
    if constexpr (std::is_same_v<decltype(tile), AmxTile>) {
      panel = tile.preparePanel(coordinates);
      MemoryKernel{b, c, sizes, lanes, tile, getRowEnd(coordinates)}.emit(coordinates);
    } else {
      panel = tile.preparePanel(coordinates, few);
      MicroKernel{b, c, sizes, lanes, tile, getRowEnd(coordinates)}.emit(coordinates);
    }
  };
  switch (plan.matrix) {
  case MatrixUnit::Amx:
    emit(AmxTile(b, c, plan, target, sizes, rows));
    break;
  case MatrixUnit::I8mm:
    emit(I8mmTile(b, c, plan, target, sizes, rows));
    break;
  case MatrixUnit::None:
    emit(DotTile(b, c, plan, target, sizes, rows));
    break;
  }
  panel.free(b);
}

/// Those of an earlier matmul of the group, or new ones, which live as long as the group.
DotRows Lowering::shareRows(const DotPlan &plan) {
  bool hasColumnZeroPoints = static_cast<bool>(c.columns.zeroPoints);
  for (const SharedRows &shared : group.rows)
    if (shared.plan == plan && shared.side.data == c.rows.data && shared.side.map == c.rows.map &&
        shared.side.scheme == c.rows.scheme && shared.k == c.k && shared.m == c.m &&
        shared.hasColumnZeroPoints == hasColumnZeroPoints)
      return shared.rows;
  DotRows rows = prepareRows(b, c, plan, sizes, parallel);
  group.rows.push_back({plan, c.rows, c.k, c.m, hasColumnZeroPoints, rows});
  return rows;
}

void Lowering::lowerDot(const DotPlan &plan) {
  auto emitAll = [&](const DotPlan &plan, std::optional<bool> few) {
    bool isShared = b.getInsertionBlock() == group.block;
    DotRows rows = isShared ? shareRows(plan) : prepareRows(b, c, plan, sizes, parallel);
    forEachPanel([&](const Coordinates &coordinates) {
      auto emit = [&](bool few) { emitDot(plan, rows, coordinates, few); };
      few ? emit(*few) : branchOnRows(getMostDirectRows(plan), emit);
    });
    if (!isShared)
      rows.free(b);
  };
  if (plan.quantizesRows && plan.product == DotProduct::Words)
    emitAll(plan, false);
  else if (std::optional<DotPlan> matrix = planMatrix(c, plan, target))
    branchOnRows(getMostDirectRows(plan), [&](bool few) { emitAll(few ? plan : *matrix, few); });
  else
    emitAll(plan, {});
}

static Contraction analyze(MatmulOp op, const Target &target, int64_t &lanes) {
  lanes = getLanes(op);
  Contraction c = analyzeContraction(op, lanes);
  if (!c.integer && !c.columns.layout)
    lanes = getFloatLanes(c, target);
  return c;
}

static void lowerMember(Lowering lowering) {
  const Contraction &c = lowering.c;
  if (std::optional<DotPlan> plan = planDot(c, lowering.target))
    lowering.lowerDot(*plan);
  else if (std::optional<DotPlan> words = planWords(c, lowering.target))
    lowering.branchOnRows(leastWordRows - 1, [&](bool few) {
      std::optional<DotPlan> digits = planDigits(c, lowering.target);
      if (few && !digits)
        return lowering.lowerFloat();
      lowering.lowerDot(few ? *digits : *words);
    });
  else if (c.integer)
    lowering.lowerPlain();
  else
    lowering.lowerFloat();
}

void lowerMatmuls(RewriterBase &rewriter, ArrayRef<MatmulOp> ops, const Target &target,
                  bool report) {
  Operation *last = ops.back();
  Group group{last->getBlock(), {}, {}};
  int64_t lanes, work = 0;
  for (MatmulOp op : ops)
    work += analyze(op, target, lanes).getWork();
  ImplicitLocOpBuilder b(last->getLoc(), rewriter);
  b.setInsertionPoint(last);
  for (MatmulOp op : ops) {
    b.setLoc(op.getLoc());
    Contraction c = analyze(op, target, lanes);
    lowerMember(
        {b, c, target, lanes, report, getLoopSizes(b, c), work >= leastParallelWork, group});
  }
  for (const SharedRows &shared : group.rows)
    shared.rows.free(b);
  mergeParallelLoops(rewriter, group.loops);
  for (MatmulOp op : ops)
    rewriter.eraseOp(op);
}

} // namespace qlinalg
