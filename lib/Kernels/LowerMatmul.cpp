//===- LowerMatmul.cpp - qlinalg.matmul into parallel loops of panels -----===//
//
//   rows = expanded lhs
//   parallel for each index of the outer dimensions and each panel of n:
//     scratch = panel of rhs, unpacked
//     for each tile of rows: for k: tile += rows x scratch
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/LowerToCpu.h"

#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/MicroKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg {

/// Columns in a panel where no layout says it: two vectors of AVX2, one of AVX512, four of NEON.
static constexpr int64_t defaultLanes = 16;

/// Multiplications below which waking other threads costs more than it saves (about 5
/// microseconds).
static constexpr int64_t leastParallelWork = 1 << 16;

static int64_t getLanes(MatmulOp op) {
  for (LayoutAttr layout : {op.getRhsLayoutAttr(), op.getLhsLayoutAttr()})
    if (layout && !layout.isRows())
      return layout.getPanel();
  return defaultLanes;
}

/// The indices of `sizes` (the first varies slowest) that number `linear` stands for.
static SmallVector<Value> delinearize(ImplicitLocOpBuilder &b, Value linear,
                                      ArrayRef<Value> sizes) {
  SmallVector<Value> indices(sizes.size());
  for (size_t i = sizes.size(); i-- > 0;) {
    if (i == 0) {
      indices[i] = linear;
      break;
    }
    indices[i] = b.createOrFold<arith::RemUIOp>(linear, sizes[i]);
    linear = b.createOrFold<arith::DivUIOp>(linear, sizes[i]);
  }
  return indices;
}

void lowerMatmul(RewriterBase &rewriter, MatmulOp op, const Target &target) {
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  b.setInsertionPoint(op);
  int64_t lanes = getLanes(op);
  Contraction c = analyzeContraction(op, lanes);
  bool parallel = c.getWork() >= leastParallelWork;
  SmallVector<Value> sizes = getLoopSizes(b, c);
  Value rows = expandRows(b, c, sizes, parallel);
  SmallVector<Value> counts;
  for (unsigned dim : c.outer)
    counts.push_back(sizes[dim]);
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
      coordinates[*c.m] = indexConstant(b, 0);
    PanelScratch panel = unpackPanel(b, c, sizes, coordinates, lanes);
    MicroKernel{b, c, target, sizes, rows, panel, lanes}.emit(coordinates);
    panel.free(b);
  });
  if (rows != c.rows.data)
    memref::DeallocOp::create(b, rows);
  rewriter.eraseOp(op);
}

} // namespace qlinalg
