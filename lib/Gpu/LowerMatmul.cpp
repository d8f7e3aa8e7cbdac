//===- LowerMatmul.cpp - qlinalg.matmul into one launch -------------------===//

#include "LowerToGpu.h"
#include "MatrixTile.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// Rows for which each byte of the weights is still read but once by dp4a.
static constexpr int64_t mostDotRows = 4;

static bool isLast(AffineMap map, unsigned dim) {
  return map.getNumResults() > 0 && map.getDimPosition(map.getNumResults() - 1) == dim;
}

/// Sums of K products, with zero points subtracted, as 32 bits.
static bool fitsSum(MatmulOp op, int64_t k) {
  if (op.keepsIntegers())
    return true;
  if (AccumulatorAttr accumulator = op.getAccumulatorAttr())
    return accumulator.getWidth() <= 32;
  int64_t product = largestDifference(op.getLhsScheme()->getValue()) *
                    largestDifference(op.getRhsScheme()->getValue());
  return k <= std::numeric_limits<int32_t>::max() / product;
}

/// Kernels run along k, which has as many elements as they were made for.
static StringRef whyNotAlongK(MatmulOp op) {
  unsigned k = op.getReductionDim();
  if (!isLast(op.getLhsMap(), k) || !isLast(op.getRhsMap(), k))
    return "expected k to be last in memory on both sides";
  int64_t size = op.getStaticLoopSizes()[k];
  return ShapedType::isDynamic(size) || size == 0 ? "expected a known size of k" : "";
}

/// One side is codes, the other floats.
static StringRef whyNoWeightKernel(MatmulOp op) {
  bool isLhs = op.getLhsScheme().has_value();
  if (isLhs == op.getRhsScheme().has_value())
    return "expected codes on a side, and scales";
  SchemeAttr scheme = isLhs ? *op.getLhsScheme() : *op.getRhsScheme();
  std::optional<LayoutAttr> layout = isLhs ? op.getLhsLayout() : op.getRhsLayout();
  if (bitWidth(scheme.getStorage()) > 8)
    return "expected codes of at most 8 bits";
  if (layout ? !layout->isRows() : bitWidth(scheme.getStorage()) < 8)
    return "expected codes in rows, as files hold them";
  if (StringRef why = whyNotAlongK(op); !why.empty())
    return why;
  for (Value value : {isLhs ? op.getRhs() : op.getLhs(), op.getInit()})
    if (getElementTypeOrSelf(value.getType()).isF64())
      return "expected floats of at most 32 bits";
  return "";
}

StringRef whyNoKernel(MatmulOp op) {
  if (!op.isInteger())
    return whyNoWeightKernel(op);
  for (SchemeAttr scheme : {*op.getLhsScheme(), *op.getRhsScheme()}) {
    if (bitWidth(scheme.getStorage()) != 8)
      return "expected codes of 8 bits";
    if (scheme.getValue().group != 0)
      return "expected scales without groups";
  }
  if (op.getLhsLayout() || op.getRhsLayout() || op.getSums())
    return "expected sides without a layout";
  if (StringRef why = whyNotAlongK(op); !why.empty())
    return why;
  if (!fitsSum(op, op.getStaticLoopSizes()[op.getReductionDim()]))
    return "expected sums that are proved to fit 32 bits";
  if (getElementTypeOrSelf(op.getInit().getType()).isF64())
    return "expected results of at most 32 bits";
  return "";
}

/// A view whose last dimension is not dense is copied first.
static void makeDense(ImplicitLocOpBuilder &b, Side &side) {
  SmallVector<int64_t> strides;
  int64_t offset;
  MemRefType type = side.getType();
  if (succeeded(type.getStridesAndOffset(strides, offset)) && strides.back() == 1)
    return;
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      sizes.push_back(memref::DimOp::create(b, side.data, dim));
  Value copy =
      memref::AllocOp::create(b, MemRefType::get(type.getShape(), type.getElementType()), sizes);
  memref::CopyOp::create(b, side.data, copy);
  side.data = copy;
}

static void say(MatmulOp op, const MatrixTile *tile) {
  if (!tile) {
    op.emitRemark() << "dp4a, a warp for each column";
    return;
  }
  op.emitRemark() << "mma.sync.m16n8k32, blocks of " << tile->getRows() << " x "
                  << tile->getColumns() << " results by " << tile->rowWarps * tile->columnWarps
                  << " warps, " << tile->stages << " stages of " << MatrixTile::stageK
                  << " bytes of k, " << tile->getSharedBytes() << " bytes of shared memory";
}

void lowerMatmul(RewriterBase &rewriter, MatmulOp op, const GpuTarget &target, bool report) {
  rewriter.setInsertionPoint(op);
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  Contraction c = analyzeContraction(op, /*lanes=*/8);
  if (!c.integer && c.rows.scheme) {
    std::swap(c.rows, c.columns);
    std::swap(c.m, c.n);
  }
  Value rowData = c.rows.data, columnData = c.columns.data;
  if (c.integer)
    makeDense(b, c.rows);
  makeDense(b, c.columns);
  if (!c.integer) {
    launchWeightDots(b, c);
    if (report)
      op.emitRemark() << "products of f32, a warp for each column";
    if (c.columns.data != columnData)
      memref::DeallocOp::create(b, c.columns.data);
    rewriter.eraseOp(op);
    return;
  }
  int64_t m = c.getStaticSize(c.m), n = c.getStaticSize(c.n), outer = 1;
  for (unsigned dim : c.outer)
    outer *= ShapedType::isDynamic(c.staticSizes[dim]) ? 1 : c.staticSizes[dim];
  // Unknown sizes: as many as fill tiles.
  constexpr int64_t many = 1 << 12;
  MatrixTile tile = chooseMatrixTile(target, ShapedType::isDynamic(m) ? many : m,
                                     ShapedType::isDynamic(n) ? many : n, outer);
  auto dots = [&] { launchRowDots(b, c); };
  auto matrices = [&] { launchMatrixTiles(b, c, tile); };
  bool few = !ShapedType::isDynamic(m) && m <= mostDotRows;
  if (!target.hasIntegerMatrices() || few) {
    dots();
  } else if (ShapedType::isDynamic(m)) {
    Value rows = getLoopSizes(b, c)[*c.m];
    Value isFew =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ule, rows, indexConstant(b, mostDotRows));
    ifThenElse(b, isFew, dots, matrices);
  } else {
    matrices();
  }
  if (report)
    say(op, !target.hasIntegerMatrices() || few ? nullptr : &tile);
  for (auto [before, side] : {std::pair(rowData, &c.rows), {columnData, &c.columns}})
    if (side->data != before)
      memref::DeallocOp::create(b, side->data);
  rewriter.eraseOp(op);
}

} // namespace qlinalg::gpu
