//===- Generic.cpp - linalg.generic with scalar bodies --------------------===//

#include "Generic.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace qlinalg {

Value createEmpty(ImplicitLocOpBuilder &b, RankedTensorType type, Sizes sizes) {
  SmallVector<Value> dynamicSizes;
  for (auto [i, size] : llvm::enumerate(sizes))
    if (type.isDynamicDim(i))
      dynamicSizes.push_back(getValueOrCreateConstantIndexOp(b, b.getLoc(), size));
  return tensor::EmptyOp::create(b, type, dynamicSizes);
}

Value createFilled(ImplicitLocOpBuilder &b, RankedTensorType type, Sizes sizes, Value value) {
  return linalg::FillOp::create(b, value, createEmpty(b, type, sizes)).getResult(0);
}

linalg::GenericOp createGeneric(ImplicitLocOpBuilder &b, ValueRange inputs, ValueRange outputs,
                                ArrayRef<AffineMap> maps, const llvm::SmallBitVector &reduced,
                                Body body) {
  SmallVector<utils::IteratorType> iterators(maps.front().getNumDims(),
                                             utils::IteratorType::parallel);
  for (unsigned dim : reduced.set_bits())
    iterators[dim] = utils::IteratorType::reduction;
  return linalg::GenericOp::create(b, outputs.getTypes(), inputs, outputs, maps, iterators,
                                   [&](OpBuilder &builder, Location loc, ValueRange elements) {
                                     ImplicitLocOpBuilder inner(loc, builder);
                                     linalg::YieldOp::create(inner, body(inner, elements));
                                   });
}

SmallVector<Value> getLoopIndices(ImplicitLocOpBuilder &b, unsigned rank) {
  SmallVector<Value> indices;
  for (unsigned dim = 0; dim < rank; ++dim)
    indices.push_back(linalg::IndexOp::create(b, dim));
  return indices;
}

linalg::GenericOp createElementwise(ImplicitLocOpBuilder &b, ArrayRef<RankedTensorType> types,
                                    Sizes sizes, ValueRange inputs, ArrayRef<AffineMap> maps,
                                    Body body) {
  unsigned rank = types.front().getRank();
  SmallVector<Value> outputs;
  SmallVector<AffineMap> allMaps(maps);
  for (RankedTensorType type : types) {
    outputs.push_back(createEmpty(b, type, sizes));
    allMaps.push_back(b.getMultiDimIdentityMap(rank));
  }
  return createGeneric(b, inputs, outputs, allMaps, llvm::SmallBitVector(rank), body);
}

} // namespace qlinalg
