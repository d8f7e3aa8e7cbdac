//===- MemoryKernel.cpp - Rows times one panel, with sums in memory -------===//

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Epilogue.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/Kernels/MicroKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

void MemoryKernel::emitTile(const Coordinates &coordinates, int64_t height, Value rows) {
  Value products = tile.multiplyRows(coordinates, height, rows);
  auto store = [&](const ResultStore &results, const Coordinates &own, Value product,
                   int64_t vectorLanes) {
    if (!c.keepsIntegers)
      product = convertFloat(b, product, c.computeType);
    results.store(own, addToTile(b, c, loadInit(b, c, own, vectorLanes), product));
  };
  branchOnFullPanel(b, c, sizes, lanes, coordinates, [&](bool isFull) {
    if (!isFull)
      return forEachResult(b, c, sizes, lanes, coordinates, rows,
                           [&](const Coordinates &own, Value row, Value lane) {
                             Value product =
                                 memref::LoadOp::create(b, products, ValueRange{row, lane});
                             store(ResultStore(b, c, own), own, product, 0);
                           });
    ResultStore results(b, c, coordinates, lanes);
    forEach(b, indexConstant(b, 0), rows, 1, [&](Value row) {
      Coordinates own = coordinates;
      own[*c.m] = add(b, own[*c.m], row);
      Type element = cast<MemRefType>(products.getType()).getElementType();
      auto type = VectorType::get(lanes, element);
      Value product =
          vector::LoadOp::create(b, type, products, ValueRange{row, indexConstant(b, 0)});
      store(results, own, product, lanes);
    });
  });
}

/// The highest tiles first, then one of the least height for what is left over.
void MemoryKernel::emit(const Coordinates &coordinates) {
  int64_t greatest = tile.getGreatestHeight(), step = tile.getHeightStep();
  Value begin = coordinates[*c.m], size = rowEnd ? rowEnd : sizes[*c.m];
  Value whole = add(b, begin, multiply(b, divide(b, subtract(b, size, begin), greatest), greatest));
  auto emitAt = [&](Value m, int64_t height, Value rows) {
    Coordinates own = coordinates;
    own[*c.m] = m;
    emitTile(own, height, rows);
  };
  forEach(b, begin, whole, greatest,
          [&](Value m) { emitAt(m, greatest, indexConstant(b, greatest)); });
  Value rest = subtract(b, size, whole);
  if (int64_t m = c.getStaticSize(c.m); !rowEnd && !ShapedType::isDynamic(m)) {
    if (m % greatest)
      emitAt(whole, llvm::alignTo(m % greatest, step), rest);
    return;
  }
  for (int64_t height = step; height <= greatest; height += step) {
    auto compare = [&](arith::CmpIPredicate predicate, int64_t bound) {
      return arith::CmpIOp::create(b, predicate, rest, indexConstant(b, bound));
    };
    Value fits = arith::AndIOp::create(b, compare(arith::CmpIPredicate::ugt, height - step),
                                       compare(arith::CmpIPredicate::ule, height));
    ifThenElse(b, fits, [&] { emitAt(whole, height, rest); }, nullptr);
  }
}

} // namespace qlinalg::kernels
