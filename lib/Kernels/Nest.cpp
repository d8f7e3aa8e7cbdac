//===- Nest.cpp - The loops of one linalg op ------------------------------===//

#include "QLinalg/Kernels/Nest.h"

#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/NestBody.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qlinalg::kernels {

bool Nest::isReduction(unsigned dim) const {
  linalg::LinalgOp linalgOp = op;
  return linalgOp.getIteratorTypesArray()[dim] == utils::IteratorType::reduction;
}

/// Position of `dim` among the results of `map`, behind all if it is none of them.
static unsigned getPosition(AffineMap map, unsigned dim) {
  return map.getResultPosition(getAffineDimExpr(dim, map.getContext()))
      .value_or(map.getNumResults());
}

SmallVector<unsigned> Nest::getParallelDims() const {
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    if (!isUnit(dim) && !isReduction(dim))
      dims.push_back(dim);
  AffineMap result = maps.back();
  llvm::sort(dims, [&](unsigned lhs, unsigned rhs) {
    return std::pair(getPosition(result, lhs), lhs) < std::pair(getPosition(result, rhs), rhs);
  });
  return dims;
}

SmallVector<unsigned> Nest::getReductionDims() const {
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    if (!isUnit(dim) && isReduction(dim))
      dims.push_back(dim);
  return dims;
}

bool Nest::isWhole() const {
  int64_t size = sizes[*vectorDim];
  return !ShapedType::isDynamic(size) && size % lanes == 0;
}

int64_t Nest::getWork() const {
  int64_t work = 1;
  for (int64_t size : sizes)
    work *= ShapedType::isDynamic(size) ? 16 : size;
  // An expansion takes about as long as eight plain operations.
  linalg::LinalgOp linalgOp = op;
  auto isMath = [](Operation &op) { return isa<math::MathDialect>(op.getDialect()); };
  return work * (1 + 8 * llvm::count_if(*linalgOp.getBlock(), isMath));
}

std::optional<Nest> analyzeNest(linalg::LinalgOp op) {
  Nest nest{op, op.getStaticLoopRanges(), op.getIndexingMapsArray(), std::nullopt, 1, std::nullopt};
  SmallVector<unsigned> parallel = nest.getParallelDims();
  for (OpOperand &init : op.getDpsInitsMutable()) {
    AffineMap map = op.getMatchingIndexingMap(&init);
    auto isPlain = [](AffineExpr expr) { return isa<AffineDimExpr, AffineConstantExpr>(expr); };
    if (!llvm::all_of(map.getResults(), isPlain))
      return std::nullopt;
    if (!llvm::all_of(parallel, [&](unsigned dim) { return map.isFunctionOfDim(dim); }))
      return std::nullopt;
  }
  return nest;
}

SmallVector<Value> getLoopSizes(ImplicitLocOpBuilder &b, const Nest &nest) {
  linalg::LinalgOp op = nest.op;
  return llvm::map_to_vector(op.createLoopRanges(b, b.getLoc()), [&](const Range &range) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), range.size);
  });
}

//===----------------------------------------------------------------------===//
// The loop that runs in vectors
//===----------------------------------------------------------------------===//

bool liesAsVector(Type type) {
  return type.isIndex() || (type.isIntOrFloat() && type.getIntOrFloatBitWidth() % 8 == 0);
}

Along getAlong(const Nest &nest, OpOperand &operand, unsigned dim) {
  AffineMap map = nest.maps[operand.getOperandNumber()];
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type || !map.isFunctionOfDim(dim))
    return Along::Invariant;
  for (AffineExpr expr : map.getResults().drop_back())
    if (expr.isFunctionOfDim(dim))
      return Along::Strided;
  AffineExpr last = map.getResults().back();
  AffineExpr self = getAffineDimExpr(dim, map.getContext());
  bool isOneApart = last == self;
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(last); sum && sum.getKind() == AffineExprKind::Add)
    isOneApart = (sum.getLHS() == self && !sum.getRHS().isFunctionOfDim(dim)) ||
                 (sum.getRHS() == self && !sum.getLHS().isFunctionOfDim(dim));
  return isOneApart && type.isLastDimUnitStride() && liesAsVector(type.getElementType())
             ? Along::Contiguous
             : Along::Strided;
}

/// Lanes that fill a register with the op's elements: those of 32 bits where sizes differ.
static int64_t getLanes(const Nest &nest, unsigned dim, const Target &target) {
  SmallVector<unsigned> widths;
  linalg::LinalgOp op = nest.op;
  for (Value operand : op->getOperands()) {
    Type type = getElementTypeOrSelf(operand.getType());
    widths.push_back(type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 64);
  }
  bool areEqual = llvm::all_equal(widths) && llvm::isPowerOf2_32(widths.front());
  unsigned width = areEqual ? std::max(widths.front(), 8u) : 32;
  int64_t lanes = target.vectorBits / width, size = nest.sizes[dim];
  return ShapedType::isDynamic(size)
             ? lanes
             : std::min<int64_t>(lanes, llvm::PowerOf2Ceil(static_cast<uint64_t>(size)));
}

/// How many inputs are strided along `dim`; nothing where it cannot run in vectors.
static std::optional<unsigned> countStrided(const Nest &nest, unsigned dim) {
  linalg::LinalgOp op = nest.op;
  // Shorter than what a vector is worth.
  if (!ShapedType::isDynamic(nest.sizes[dim]) && nest.sizes[dim] < 4)
    return std::nullopt;
  for (OpOperand &init : op.getDpsInitsMutable()) {
    Along along = getAlong(nest, init, dim);
    if (along != (nest.isReduction(dim) ? Along::Invariant : Along::Contiguous))
      return std::nullopt;
  }
  if (!canRunInVectors(nest, dim))
    return std::nullopt;
  return llvm::count_if(op.getDpsInputOperands(), [&](OpOperand *input) {
    return getAlong(nest, *input, dim) == Along::Strided;
  });
}

/// A parallel loop along which a strided input lies.
static std::optional<unsigned> getInnerDim(const Nest &nest, ArrayRef<unsigned> outer) {
  linalg::LinalgOp op = nest.op;
  for (unsigned dim : nest.getParallelDims())
    if (dim != *nest.vectorDim && !llvm::is_contained(outer, dim))
      for (OpOperand *input : op.getDpsInputOperands())
        if (getAlong(nest, *input, *nest.vectorDim) == Along::Strided &&
            getAlong(nest, *input, dim) == Along::Contiguous)
          return dim;
  return std::nullopt;
}

void chooseVectorDim(Nest &nest, ArrayRef<unsigned> outer, const Target &target) {
  nest.vectorDim = nest.innerDim = std::nullopt;
  nest.lanes = 1;
  unsigned fewest = 0;
  SmallVector<unsigned> dims = nest.getReductionDims();
  llvm::append_range(dims, nest.getParallelDims());
  for (unsigned dim : dims) {
    std::optional<unsigned> strided;
    if (!llvm::is_contained(outer, dim))
      strided = countStrided(nest, dim);
    // Of equals the later one: parallel before reduction, and innermost.
    if (strided && (!nest.vectorDim || *strided <= fewest)) {
      nest.vectorDim = dim;
      fewest = *strided;
    }
  }
  if (!nest.vectorDim)
    return;
  nest.lanes = getLanes(nest, *nest.vectorDim, target);
  if (fewest != 0)
    nest.innerDim = getInnerDim(nest, outer);
}

} // namespace qlinalg::kernels
