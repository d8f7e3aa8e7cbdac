//===- DynamicQuantize.cpp - dynamic_quantize, a block for each row -------===//
//
//   each block: one row
//     every thread: the range of the elements that are its own; of the warps, then of the block
//     scale, zero point = chooseParams(range), in every thread; one writes them
//     every thread: codes of its elements, which are in cache now
//
// As an integer a NaN lies beyond infinity: it ends up in the range without being looked for.
//
//===----------------------------------------------------------------------===//

#include "Instructions.h"
#include "Launch.h"
#include "LowerToGpu.h"
#include "QLinalg/ChooseParams.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Epilogue.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/ParamsMap.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg::gpu {

/// Of a block: rows of some thousand elements keep each thread busy, and several blocks fit.
static constexpr int64_t rowThreads = 128, rowWarps = rowThreads / 32;

StringRef whyNoKernel(DynamicQuantizeOp op) {
  Storage storage = op.getScheme().getStorage();
  if (storage != Storage::Int8 && storage != Storage::UInt8)
    return "expected codes of 8 bits";
  std::optional<SmallVector<ParamsResult>> results = getParamsResults(op.getParamsMap());
  unsigned rank = op.getParamsMap().getNumDims();
  if (!results || results->size() + 1 != rank)
    return "expected a scale for each row";
  for (auto [dim, result] : llvm::enumerate(*results))
    if (result.dim != dim || result.group != 1)
      return "expected a scale for each row";
  if (getElementTypeOrSelf(op.getInput().getType()).isF64())
    return "expected floats of at most 32 bits";
  return "";
}

namespace {
/// One row; all values are those of one thread.
struct RowKernel {
  ImplicitLocOpBuilder &b;
  Instructions i;
  DynamicQuantizeOp op;
  SmallVector<Value> at;
  Value thread, size, memory;

  bool isAffine() { return op.getScheme().hasZeroPoints(); }

  Value load(Value k) {
    SmallVector<Value> indices(at);
    indices.push_back(k);
    return convertFloat(b, memref::LoadOp::create(b, op.getInput(), indices), b.getF32Type());
  }

  /// Ordered, signed, as the number is, or as its magnitude where only that matters.
  Value getKey(Value number) {
    Value bits = arith::BitcastOp::create(b, b.getI32Type(), number);
    if (!isAffine())
      return arith::AndIOp::create(b, bits, i.number(0x7FFFFFFF));
    Value signs = arith::ShRSIOp::create(b, bits, i.number(31));
    return arith::XOrIOp::create(b, bits, arith::ShRUIOp::create(b, signs, i.number(1)));
  }
  Value getNumber(Value key) {
    if (isAffine())
      key = getKey(arith::BitcastOp::create(b, b.getF32Type(), key));
    return arith::BitcastOp::create(b, b.getF32Type(), key);
  }

  /// The greatest, or (affine) the least and the greatest.
  SmallVector<Value> extend(ValueRange range, ValueRange other) {
    if (!isAffine())
      return {arith::MaxSIOp::create(b, range[0], other[0])};
    return {arith::MinSIOp::create(b, range[0], other[0]),
            arith::MaxSIOp::create(b, range[1], other[1])};
  }

  SmallVector<Value> getRange();
  void emit();
};
} // namespace

SmallVector<Value> RowKernel::getRange() {
  SmallVector<Value> zeros(isAffine() ? 2 : 1, i.number(0));
  SmallVector<Value> range =
      forCarrying(b, i.toIndex(thread), size, rowThreads, zeros, [&](Value k, ValueRange carried) {
        SmallVector<Value> keys(carried.size(), getKey(load(k)));
        return extend(carried, keys);
      });
  for (int64_t mask = 16; mask > 0; mask /= 2) {
    SmallVector<Value> other =
        llvm::map_to_vector(range, [&](Value value) { return i.shuffle(value, mask); });
    range = extend(range, other);
  }
  // Lane 0 of each warp writes its range; then every thread reads those of all.
  Value lane = i.remainder(thread, 32), warp = i.toIndex(i.divide(thread, 32));
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, i.number(0));
  ifThenElse(
      b, isFirst,
      [&] {
        for (auto [n, value] : llvm::enumerate(range))
          memref::StoreOp::create(b, value, memory, ValueRange{indexConstant(b, n), warp});
      },
      nullptr);
  i.barrier();
  range.clear();
  for (int64_t w = 0; w < rowWarps; ++w) {
    SmallVector<Value> other;
    for (size_t n = 0; n < zeros.size(); ++n)
      other.push_back(
          memref::LoadOp::create(b, memory, ValueRange{indexConstant(b, n), indexConstant(b, w)}));
    range = w == 0 ? other : extend(range, other);
  }
  return range;
}

void RowKernel::emit() {
  SmallVector<Value> extremes =
      llvm::map_to_vector(getRange(), [&](Value key) { return getNumber(key); });
  SmallVector<Value> chosen = chooseParams(b, op.getScheme(), extremes);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, thread, i.number(0));
  ifThenElse(
      b, isFirst,
      [&] {
        for (auto [value, out] : llvm::zip_equal(chosen, op.getInits().drop_front()))
          memref::StoreOp::create(b, value, out, at);
      },
      nullptr);
  Storage storage = op.getScheme().getStorage();
  Value scale = convertFloat(b, chosen[0], b.getF32Type());
  forEach(b, i.toIndex(thread), size, rowThreads, [&](Value k) {
    Value code = encodeNumber(b, op.getScheme(), {minCode(storage), maxCode(storage)}, load(k),
                              scale, isAffine() ? chosen[1] : Value());
    SmallVector<Value> indices(at);
    indices.push_back(k);
    memref::StoreOp::create(b, code, op.getCodes(), indices);
  });
}

void lowerDynamicQuantize(RewriterBase &rewriter, DynamicQuantizeOp op) {
  rewriter.setInsertionPoint(op);
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  Value one = indexConstant(b, 1), rows = one;
  SmallVector<Value> sizes;
  int64_t rank = cast<MemRefType>(op.getInput().getType()).getRank();
  for (int64_t dim = 0; dim < rank; ++dim)
    sizes.push_back(b.createOrFold<memref::DimOp>(op.getInput(), dim));
  for (Value size : ArrayRef(sizes).drop_back())
    rows = multiply(b, rows, size);
  // A grid has at least one block.
  Value blocks = b.createOrFold<arith::MaxUIOp>(rows, one);
  launchBlocks(b, "quantize_rows", {blocks, one, one}, rowThreads, [&](mlir::gpu::LaunchOp launch) {
    auto space =
        mlir::gpu::AddressSpaceAttr::get(b.getContext(), mlir::gpu::AddressSpace::Workgroup);
    auto type = MemRefType::get({2, rowWarps}, b.getI32Type(), MemRefLayoutAttrInterface(), space);
    Value memory = launch.addWorkgroupAttribution(type, b.getLoc());
    Value row = launch.getBlockIds().x;
    Value isRow = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, row, rows);
    ifThenElse(
        b, isRow,
        [&] {
          Instructions i{b};
          SmallVector<Value> at = delinearize(b, row, ArrayRef(sizes).drop_back());
          RowKernel{b, i, op, at, i.toI32(launch.getThreadIds().x), sizes.back(), memory}.emit();
        },
        nullptr);
  });
  rewriter.eraseOp(op);
}

} // namespace qlinalg::gpu
