//===- QuantizeContraction.cpp - linalg contraction to matmul -------------===//
//
// linalg.matmul ins(%x, %w) outs(%init)
//   ->
// %rows = linalg.transpose %w                       (unless its rows are K already)
// %scales = qlinalg.choose_params %rows
// %codes = qlinalg.quantize %rows scales %scales
// qlinalg.matmul lhs(%x) rhs(%codes scales %scales) outs(%init)
//
//===----------------------------------------------------------------------===//

#include "QuantizeContraction.h"

#include "QLinalg/ParamsMap.h"
#include "ScaledRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// The activation with one dimension K
//===----------------------------------------------------------------------===//

namespace {
/// A dimension of the activation, or a part of one that is summed over.
struct Piece {
  int64_t size;
  /// Where it stands in the weight's memory; -1 for what is not summed over.
  int64_t stride;
  unsigned loop;
};

struct Activation {
  Value value;
  /// The loop of each dimension; K's is `kLoop`.
  SmallVector<unsigned> loops;
};
} // namespace

/// K's parts in the order of the activation; dimensions that stay are parts of their own.
static SmallVector<SmallVector<Piece>> splitDims(const WeightContraction &contraction) {
  auto type = cast<RankedTensorType>(contraction.activation.getType());
  SmallVector<SmallVector<Piece>> dims(type.getRank());
  for (auto [index, dim] : llvm::enumerate(dims)) {
    unsigned loop = contraction.activationMap.getDimPosition(index);
    const auto *reduced =
        llvm::find_if(contraction.reduced, [&](const auto &entry) { return entry.first == loop; });
    if (reduced == contraction.reduced.end()) {
      dim.push_back({type.getDimSize(index), -1, loop});
      continue;
    }
    for (const Atom &atom : reduced->second)
      dim.push_back({atom.size, atom.stride, loop});
    // A dimension of size 1 can stand anywhere in K: before all others.
    if (dim.empty())
      dim.push_back({1, INT64_MAX, loop});
  }
  return dims;
}

/// Splits the dimensions of `value` into `dims`, whose reduced parts are static.
static Value expandDims(OpBuilder &builder, Location loc, Value value,
                        ArrayRef<SmallVector<Piece>> dims) {
  if (llvm::all_of(dims, [](const auto &dim) { return dim.size() == 1; }))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<ReassociationIndices> groups;
  SmallVector<int64_t> shape;
  for (const SmallVector<Piece> &dim : dims) {
    ReassociationIndices &group = groups.emplace_back();
    for (const Piece &piece : dim) {
      group.push_back(shape.size());
      shape.push_back(piece.size);
    }
  }
  // The parts of K are static where the weight's are; a dynamic dimension that is split becomes
  // static first.
  SmallVector<int64_t> whole(type.getShape());
  for (auto [index, dim] : llvm::enumerate(dims))
    if (dim.size() > 1)
      whole[index] =
          std::accumulate(dim.begin(), dim.end(), int64_t(1),
                          [](int64_t product, const Piece &p) { return product * p.size; });
  auto wholeType = RankedTensorType::get(whole, type.getElementType());
  if (wholeType != type)
    value = tensor::CastOp::create(builder, loc, wholeType, value);
  return tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()), value, groups);
}

/// `value` with the dimensions of `permutation`, as linalg.transpose.
static Value transpose(OpBuilder &builder, Location loc, Value value,
                       ArrayRef<int64_t> permutation) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, value);
  SmallVector<OpFoldResult> permuted;
  for (int64_t dim : permutation)
    permuted.push_back(sizes[dim]);
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  Value empty = tensor::EmptyOp::create(builder, loc, permuted, element);
  return linalg::TransposeOp::create(builder, loc, value, empty, permutation)->getResult(0);
}

/// Brings K's parts together in the weight's order and makes them one dimension of loop `kLoop`.
static Activation gatherReduction(OpBuilder &builder, Location loc,
                                  const WeightContraction &contraction, unsigned kLoop) {
  SmallVector<SmallVector<Piece>> dims = splitDims(contraction);
  Activation result{contraction.activation, {}};
  SmallVector<Piece> pieces;
  for (const SmallVector<Piece> &dim : dims)
    llvm::append_range(pieces, dim);
  auto isReduced = [](const Piece &piece) { return piece.stride >= 0; };

  const Piece *first = llvm::find_if(pieces, isReduced), *end = pieces.end();
  const Piece *last = std::find_if_not(first, end, isReduced);
  bool inPlace = std::none_of(last, end, isReduced) &&
                 std::is_sorted(first, last,
                                [](const Piece &a, const Piece &b) { return a.stride > b.stride; });
  if (!inPlace) {
    result.value = expandDims(builder, loc, result.value, dims);
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, pieces.size()));
    llvm::sort(order, [&](int64_t a, int64_t b) {
      const Piece &x = pieces[a], &y = pieces[b];
      if (isReduced(x) != isReduced(y))
        return isReduced(y);
      return x.stride != y.stride ? x.stride > y.stride : a < b;
    });
    if (!llvm::is_sorted(order))
      result.value = transpose(builder, loc, result.value, order);
    SmallVector<Piece> sorted;
    for (int64_t index : order)
      sorted.push_back(pieces[index]);
    dims = llvm::map_to_vector(sorted, [](const Piece &p) { return SmallVector<Piece>{p}; });
  }

  SmallVector<ReassociationIndices> groups;
  for (auto [index, dim] : llvm::enumerate(dims)) {
    bool reduced = isReduced(dim.front());
    if (!reduced || result.loops.empty() || result.loops.back() != kLoop) {
      groups.emplace_back();
      result.loops.push_back(reduced ? kLoop : dim.front().loop);
    }
    groups.back().push_back(index);
  }
  if (groups.size() != dims.size())
    result.value = tensor::CollapseShapeOp::create(builder, loc, result.value, groups);
  return result;
}

//===----------------------------------------------------------------------===//
// Its codes
//===----------------------------------------------------------------------===//

/// Scales of K as the scheme of a matmul's operand whose weight holds them: 1.
static QuantizedValue moveScalesAway(OpBuilder &builder, Location loc, QuantizedValue value) {
  Scheme scheme = value.scheme.getValue();
  scheme.granularity = Granularity::Tensor;
  value.scheme = SchemeAttr::get(builder.getContext(), scheme);
  if (value.zeroPoints) {
    // All alike.
    auto all = cast<DenseElementsAttr>(
        cast<arith::ConstantOp>(value.zeroPoints.getDefiningOp()).getValue());
    auto type = RankedTensorType::get({}, all.getElementType());
    value.zeroPoints = arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type, all.getSplatValue<APInt>()));
  }
  auto one = DenseElementsAttr::get(RankedTensorType::get({}, builder.getF32Type()), 1.0f);
  value.scales = arith::ConstantOp::create(builder, loc, one);
  return value;
}

/// Codes of `value`, whose dimension `kDim` is K.
static QuantizedValue quantizeActivation(OpBuilder &builder, Location loc, Value value,
                                         unsigned kDim, const ActivationCoding &coding) {
  if (!coding.scales)
    return quantizeValue(builder, loc, value, kDim, coding.scheme);
  QuantizedValue result{{}, {}, {}, coding.scheme};
  bool alongK = coding.scheme.getValue().granularity == Granularity::Channel;
  SmallVector<AffineExpr> indices;
  if (alongK)
    indices.push_back(builder.getAffineDimExpr(kDim));
  AffineMap map = AffineMap::get(cast<RankedTensorType>(value.getType()).getRank(), 0, indices,
                                 builder.getContext());
  result.scales = arith::ConstantOp::create(builder, loc, coding.scales);
  if (coding.zeroPoints)
    result.zeroPoints = arith::ConstantOp::create(builder, loc, coding.zeroPoints);
  result.codes = QuantizeOp::create(builder, loc, value, result.scales, result.zeroPoints,
                                    coding.scheme, AffineMapAttr::get(map));
  return alongK ? moveScalesAway(builder, loc, result) : result;
}

//===----------------------------------------------------------------------===//
// The matmul
//===----------------------------------------------------------------------===//

namespace {
/// One side of the matmul with the maps of what is there.
struct Operands {
  Value data, scales, zeroPoints;
  SchemeAttr scheme;
  AffineMap map, paramsMap;
};
} // namespace

static AffineMap mapOfLoops(ArrayRef<unsigned> loops, unsigned numLoops, MLIRContext *context) {
  SmallVector<AffineExpr> exprs;
  for (unsigned loop : loops)
    exprs.push_back(getAffineDimExpr(loop, context));
  return AffineMap::get(numLoops, 0, exprs, context);
}

/// A quantized value whose dimensions run over `loops`, the one at `kDim` over K.
static Operands operandsOf(const QuantizedValue &value, ArrayRef<unsigned> loops, unsigned kDim,
                           unsigned numLoops) {
  MLIRContext *context = value.codes.getContext();
  Operands result{value.codes, value.scales, value.zeroPoints, value.scheme, {}, {}};
  result.map = mapOfLoops(loops, numLoops, context);
  result.paramsMap =
      getParamsMap(value.scheme.getValue(), loops.size(), kDim, context).compose(result.map);
  return result;
}

/// Codes and parameters with one dimension for each loop that the weight keeps.
static void matchLoops(OpBuilder &builder, Location loc, const WeightContraction &contraction,
                       QuantizedValue &value) {
  SmallVector<int64_t> sizes;
  for (const auto &[loop, dim] : contraction.kept)
    sizes.push_back(
        std::accumulate(dim.begin(), dim.end(), int64_t(1),
                        [](int64_t product, const Atom &a) { return product * a.size; }));
  const Scheme &scheme = value.scheme.getValue();
  value.codes = reshapeLeading(builder, loc, value.codes, sizes, 1);
  if (scheme.granularity == Granularity::Tensor)
    return;
  unsigned trailing = scheme.group ? 1 : 0;
  value.scales = reshapeLeading(builder, loc, value.scales, sizes, trailing);
  if (value.zeroPoints)
    value.zeroPoints = reshapeLeading(builder, loc, value.zeroPoints, sizes, trailing);
}

static MatmulOp createMatmul(RewriterBase &rewriter, linalg::LinalgOp op, const Operands &lhs,
                             const Operands &rhs, AffineMap initMap, StringRef site) {
  SmallVector<AffineMap> maps;
  for (const Operands *side : {&lhs, &rhs}) {
    maps.push_back(side->map);
    if (side->scales)
      maps.push_back(side->paramsMap);
    if (side->zeroPoints)
      maps.push_back(side->paramsMap);
  }
  maps.push_back(initMap);
  Value init = op.getDpsInitOperand(0)->get();
  return rewriter.replaceOpWithNewOp<MatmulOp>(
      op, TypeRange(init.getType()), lhs.data, lhs.scales, lhs.zeroPoints, rhs.data, rhs.scales,
      rhs.zeroPoints, /*bias=*/Value(), /*multiplier=*/Value(), init,
      rewriter.getAffineMapArrayAttr(maps), lhs.scheme, rhs.scheme, /*lhs_layout=*/LayoutAttr(),
      /*rhs_layout=*/LayoutAttr(), Epilogue::None, AccumulatorAttr(), rewriter.getStringAttr(site));
}

MatmulOp quantizeContraction(RewriterBase &rewriter, WeightContraction &contraction,
                             QuantizedWeights &weights, WeightCoding weightCoding,
                             const ActivationCoding &activationCoding, StringRef site) {
  linalg::LinalgOp op = contraction.op;
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  // What gave the activation may have been rewritten since the contraction was matched.
  contraction.activation = op.getDpsInputOperand(contraction.weightIsLhs ? 1 : 0)->get();

  // The loops that stay, in their order, then K.
  SmallVector<int> newLoop(op.getNumLoops(), -1);
  unsigned kLoop = 0;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (llvm::none_of(contraction.reduced, [&](const auto &e) { return e.first == loop; }))
      newLoop[loop] = kLoop++;
  unsigned numLoops = kLoop + 1;
  auto renumber = [&](unsigned loop) { return static_cast<unsigned>(newLoop[loop]); };

  if (activationCoding.scheme &&
      activationCoding.scheme.getValue().granularity == Granularity::Channel)
    weightCoding.factors = activationCoding.scales;
  else if (activationCoding.factors)
    weightCoding.factors = activationCoding.factors;
  QuantizedValue codes = weights.get(rewriter, contraction.weight.root, contraction.keptAtoms,
                                     contraction.reducedAtoms, weightCoding);
  matchLoops(rewriter, loc, contraction, codes);
  SmallVector<unsigned> weightLoops;
  for (const auto &[loop, dim] : contraction.kept)
    weightLoops.push_back(renumber(loop));
  weightLoops.push_back(kLoop);
  Operands weight = operandsOf(codes, weightLoops, weightLoops.size() - 1, numLoops);

  Activation gathered = gatherReduction(rewriter, loc, contraction, op.getNumLoops());
  SmallVector<unsigned> loops;
  for (unsigned loop : gathered.loops)
    loops.push_back(loop == op.getNumLoops() ? kLoop : renumber(loop));
  unsigned kDim = llvm::find(loops, kLoop) - loops.begin();
  if (activationCoding.reciprocals)
    gathered.value = scaleRows(rewriter, loc, gathered.value, kDim, activationCoding.reciprocals);
  Operands activation{
      gathered.value, {}, {}, {}, mapOfLoops(loops, numLoops, rewriter.getContext()), {}};
  if (activationCoding.scheme)
    activation =
        operandsOf(quantizeActivation(rewriter, loc, gathered.value, kDim, activationCoding), loops,
                   kDim, numLoops);

  SmallVector<unsigned> initLoops;
  for (unsigned i = 0; i < contraction.initMap.getNumResults(); ++i)
    initLoops.push_back(renumber(contraction.initMap.getDimPosition(i)));
  AffineMap initMap = mapOfLoops(initLoops, numLoops, rewriter.getContext());
  return contraction.weightIsLhs ? createMatmul(rewriter, op, weight, activation, initMap, site)
                                 : createMatmul(rewriter, op, activation, weight, initMap, site);
}

} // namespace qlinalg
