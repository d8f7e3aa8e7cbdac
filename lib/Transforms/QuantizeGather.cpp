//===- QuantizeGather.cpp - Rows looked up from codes ---------------------===//
//
// linalg.generic { %row = …; yield tensor.extract %table[%row, %j] }
//   ->
// %c = linalg.generic { %row = …; yield tensor.extract %codes[%row, %j] }      (bytes, then
// unpacked, below 8 bits) %s = linalg.generic { %row = …; yield tensor.extract %scales[%row, %g] }
// %x = qlinalg.dequantize %c scales %s
//
//===----------------------------------------------------------------------===//

#include "QuantizeGather.h"

#include "QLinalg/ParamsMap.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

std::optional<WeightGather> matchWeightGather(linalg::GenericOp op) {
  if (op->getNumResults() != 1 || op.getNumReductionLoops() != 0 || !op.hasPureTensorSemantics() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return std::nullopt;
  Value yielded = op.getBody()->getTerminator()->getOperand(0);
  while (Operation *cast = yielded.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::TruncFOp>(cast))
      break;
    yielded = cast->getOperand(0);
  }
  auto extract = yielded.getDefiningOp<tensor::ExtractOp>();
  if (!extract || extract.getIndices().size() != 2 || !isa<mlir::FloatType>(extract.getType()))
    return std::nullopt;
  auto column = extract.getIndices()[1].getDefiningOp<linalg::IndexOp>();
  std::string why;
  FailureOr<WeightView> table = traceWeight(extract.getTensor(), why);
  if (!column || failed(table) || table->getRootType().getRank() != 2 ||
      extract.getTensor() != table->root)
    return std::nullopt;
  unsigned loop = column.getDim();
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  // Only the result may run over the columns, and over all of them.
  bool onlyInit = llvm::none_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    return op.getMatchingIndexingMap(operand).isFunctionOfDim(loop);
  });
  bool rowIsFree = true;
  op.getBody()->walk([&](linalg::IndexOp index) {
    if (index.getDim() == loop)
      for (Operation *user : index->getUsers())
        rowIsFree &= user == extract && extract.getIndices()[0] != index.getResult();
  });
  if (!onlyInit || !rowIsFree || !op.getBody()->getArguments().back().use_empty() ||
      type.getDimSize(loop) != table->getRootType().getDimSize(1))
    return std::nullopt;
  return WeightGather{op, extract, *table, loop};
}

/// The gather's loop over columns runs over the `size` columns of `table` instead, or is left out
/// where `table` has rows only.
static Value gatherFrom(OpBuilder &builder, WeightGather &gather, Value table) {
  linalg::GenericOp op = gather.op;
  Location loc = op.getLoc();
  auto tableType = cast<RankedTensorType>(table.getType());
  bool hasColumns = tableType.getRank() == 2;
  unsigned loop = gather.column;
  MLIRContext *context = op.getContext();

  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, op.getDpsInits()[0]);
  if (hasColumns)
    sizes[loop] = builder.getIndexAttr(tableType.getDimSize(1));
  else
    sizes.erase(sizes.begin() + loop);
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, tableType.getElementType());

  // Loops after the one left out move up.
  unsigned numLoops = sizes.size();
  SmallVector<AffineExpr> moved;
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
    moved.push_back(!hasColumns && dim == loop
                        ? getAffineConstantExpr(0, context)
                        : getAffineDimExpr(dim - (!hasColumns && dim > loop), context));
  SmallVector<AffineMap> maps;
  for (OpOperand *operand : op.getDpsInputOperands())
    maps.push_back(
        op.getMatchingIndexingMap(operand).replaceDimsAndSymbols(moved, {}, numLoops, 0));
  maps.push_back(builder.getMultiDimIdentityMap(numLoops));
  SmallVector<utils::IteratorType> iterators(numLoops, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location, ValueRange arguments) {
    IRMapping mapping;
    mapping.map(op.getBody()->getArguments().drop_back(), arguments.drop_back());
    Value extracted;
    for (Operation &inner : op.getBody()->without_terminator()) {
      if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
        if (hasColumns || index.getDim() != loop)
          mapping.map(index.getResult(),
                      linalg::IndexOp::create(
                          b, loc, index.getDim() - (!hasColumns && index.getDim() > loop))
                          .getResult());
        continue;
      }
      if (&inner == gather.extract) {
        SmallVector<Value> indices{mapping.lookupOrDefault(gather.extract.getIndices()[0])};
        if (hasColumns)
          indices.push_back(mapping.lookupOrDefault(gather.extract.getIndices()[1]));
        extracted = tensor::ExtractOp::create(b, loc, table, indices);
        break;
      }
      b.clone(inner, mapping);
    }
    linalg::YieldOp::create(b, loc, extracted);
  };
  return linalg::GenericOp::create(builder, loc, empty.getType(), op.getDpsInputs(), empty, maps,
                                   iterators, body)
      .getResult(0);
}

/// Codes of the gathered rows. Those below 8 bits are gathered as bytes, so that only what was
/// looked up is unpacked; not where the columns are not innermost in the result, as `unpack` wants
/// its bytes there.
static Value gatherCodes(OpBuilder &builder, WeightGather &gather, Value codes) {
  auto type = cast<RankedTensorType>(codes.getType());
  if (type.getElementTypeBitWidth() >= 8 || gather.column + 1 != gather.op.getNumLoops())
    return gatherFrom(builder, gather, codes);
  Location loc = gather.op.getLoc();
  auto rows = LayoutAttr::getRows(builder.getContext());
  Value packed = PackOp::create(builder, loc, rows.getPackedType(type), codes, rows);
  Value gathered = gatherFrom(builder, gather, packed);
  SmallVector<int64_t> shape(cast<RankedTensorType>(gathered.getType()).getShape());
  shape[gather.column] = type.getDimSize(1);
  return UnpackOp::create(builder, loc, RankedTensorType::get(shape, type.getElementType()),
                          gathered, rows);
}

/// Parameters of the gathered rows; one for all (granularity `tensor`) stays as it is.
static Value gatherParams(OpBuilder &builder, WeightGather &gather, Value params) {
  if (!params || cast<RankedTensorType>(params.getType()).getRank() == 0)
    return params;
  return gatherFrom(builder, gather, params);
}

void quantizeGather(RewriterBase &rewriter, WeightGather &gather, QuantizedWeights &weights,
                    const WeightCoding &coding) {
  linalg::GenericOp op = gather.op;
  rewriter.setInsertionPoint(op);
  RankedTensorType rootType = gather.table.getRootType();
  Atom rows{rootType.getDimSize(0), rootType.getDimSize(1), 0};
  Atom columns{rootType.getDimSize(1), 1, 1};
  QuantizedValue table = weights.get(rewriter, gather.table.root, {rows}, {columns}, coding);
  Value codes = gatherCodes(rewriter, gather, table.codes);
  Value scales = gatherParams(rewriter, gather, table.scales);
  Value zeroPoints = gatherParams(rewriter, gather, table.zeroPoints);
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  auto map = AffineMapAttr::get(
      getParamsMap(coding.scheme.getValue(), type.getRank(), gather.column, rewriter.getContext()));
  rewriter.replaceOpWithNewOp<DequantizeOp>(op, type, codes, scales, zeroPoints, coding.scheme,
                                            map);
}

} // namespace qlinalg
