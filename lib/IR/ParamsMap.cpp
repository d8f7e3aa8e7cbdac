//===- ParamsMap.cpp - Which elements share a scale -----------------------===//

#include "QLinalg/ParamsMap.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qlinalg {

std::optional<SmallVector<ParamsResult>> getParamsResults(AffineMap map) {
  SmallVector<ParamsResult> results;
  llvm::SmallBitVector seen(map.getNumDims());
  for (AffineExpr expr : map.getResults()) {
    int64_t group = 1;
    if (auto division = dyn_cast<AffineBinaryOpExpr>(expr)) {
      auto divisor = dyn_cast<AffineConstantExpr>(division.getRHS());
      if (division.getKind() != AffineExprKind::FloorDiv || !divisor || divisor.getValue() < 1)
        return std::nullopt;
      group = divisor.getValue();
      expr = division.getLHS();
    }
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || seen.test(dim.getPosition()))
      return std::nullopt;
    seen.set(dim.getPosition());
    results.push_back({dim.getPosition(), group});
  }
  return results;
}

SmallVector<int64_t> getParamsShape(AffineMap map, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> result;
  std::optional<SmallVector<ParamsResult>> params = getParamsResults(map);
  assert(params && "expected a params map");
  for (auto [dim, group] : *params)
    result.push_back(ShapedType::isDynamic(shape[dim]) ? ShapedType::kDynamic
                                                       : llvm::divideCeil(shape[dim], group));
  return result;
}

AffineMap getParamsMap(const Scheme &scheme, unsigned rank, unsigned kDim, MLIRContext *context) {
  SmallVector<AffineExpr> results;
  if (scheme.granularity == Granularity::Tensor || isDowncast(scheme.storage))
    return AffineMap::get(rank, 0, results, context);
  bool grouped = scheme.group > 0;
  for (unsigned dim = 0; dim < rank; ++dim) {
    AffineExpr expr = getAffineDimExpr(dim, context);
    if (dim != kDim)
      results.push_back(expr);
    else if (grouped)
      // A group of one is written as the dimension itself: affine maps simplify `d floordiv 1`.
      results.push_back(expr.floorDiv(scheme.group));
  }
  return AffineMap::get(rank, 0, results, context);
}

AffineMap getParamsMap(const Scheme &scheme, unsigned rank, MLIRContext *context) {
  return getParamsMap(scheme, rank, rank - 1, context);
}

} // namespace qlinalg
