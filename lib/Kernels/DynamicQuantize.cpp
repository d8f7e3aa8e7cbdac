//===- DynamicQuantize.cpp - dynamic_quantize into two sweeps -------------===//
//
//   parallel for each index that has scales of its own, for each group:
//     range = extremes of the set, as integers that are ordered as the floats are
//     scale, zero point = chooseParams(range)
//     for each vector of the set, which is in cache now: codes = number / scale, rounded and
//     clamped
//
// As an integer a NaN lies beyond infinity: it ends up in the range without being looked for.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Kernels/LowerToCpu.h"

#include "QLinalg/ChooseParams.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Loops.h"
#include "QLinalg/ParamsMap.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/bit.h"

#include <limits>

using namespace mlir;
using namespace qlinalg::kernels;

namespace qlinalg {

/// Elements below which waking other threads costs more than it saves.
static constexpr int64_t leastParallelElements = 1 << 15;

/// 1.5 * 2^23: f32 of this size are integers, so that adding it rounds to nearest even, and the
/// lowest bits of the sum are those of the integer.
static constexpr double roundingAddend = 0x1.8p23;

namespace {
using Values = SmallVector<Value>;

/// Elements begin .. begin + size of one dimension. A set that shares its scale is a box of such.
struct Extent {
  unsigned dim;
  Value begin, size;
};

/// Offsets begin .. end into an extent, `lanes` of them at a time.
struct Steps {
  Value begin, end;
  int64_t lanes;
};

struct SetKernel {
  ImplicitLocOpBuilder &b;
  DynamicQuantizeOp op;
  SchemeAttr scheme;
  /// Of the input.
  Values sizes;
  SmallVector<ParamsResult> results;
  /// Of the widest vectors; 1 where elements do not lie side by side.
  int64_t greatestLanes;

  /// All sets of one index of the dimensions that have scales of their own.
  void emitSets(ArrayRef<Value> indices);

private:
  /// What to do with `lanes` elements from `at` on: gives the next of the carried values.
  using Visit = function_ref<Values(const Values &at, int64_t lanes, ValueRange carried)>;

  /// `at` holds the indices of the input that the set does not range over, `params` those of its
  /// scale.
  void emitSet(const Values &at, ArrayRef<Extent> box, ArrayRef<Value> params);
  SmallVector<Steps> splitIntoSteps(Value size);
  Values sweep(Values at, ArrayRef<Extent> box, Values range, Visit visit);
  Value load(const Values &at, int64_t lanes);
  Value getKey(Value number);
  Value getNumber(Value key);
  Values extendRange(ValueRange range, ValueRange other);
  Values reduceLanes(ValueRange range);
  Value clamp(Value quotient, Value zero);
  Value encode(Value number, ValueRange params, bool isNormal);
  void storeCodes(const Values &at, ArrayRef<Extent> box, ValueRange params, bool isNormal);
};
} // namespace

//===----------------------------------------------------------------------===//
// Over the elements of a set
//===----------------------------------------------------------------------===//

/// A known size that vectors do not divide ends with one that overlaps; an unknown one, which may
/// be shorter than a vector, goes on element by element.
SmallVector<Steps> SetKernel::splitIntoSteps(Value size) {
  Value zero = indexConstant(b, 0);
  std::optional<int64_t> known = getConstantIntValue(size);
  if (greatestLanes == 1 || known == 0)
    return {{zero, size, 1}};
  if (!known) {
    Value whole = subtract(b, size, remainder(b, size, greatestLanes));
    return {{zero, whole, greatestLanes}, {whole, size, 1}};
  }
  int64_t lanes = std::min<int64_t>(greatestLanes, llvm::bit_floor<uint64_t>(*known));
  SmallVector<Steps> steps{{zero, indexConstant(b, *known - *known % lanes), lanes}};
  if (*known % lanes != 0)
    steps.push_back({indexConstant(b, *known - lanes), size, lanes});
  return steps;
}

/// Visits each element of the box. What is carried is a range, of each lane within a run and of
/// numbers between runs, or nothing.
Values SetKernel::sweep(Values at, ArrayRef<Extent> box, Values range, Visit visit) {
  if (box.empty())
    return visit(at, 1, range);
  const Extent &extent = box.front();
  if (box.size() > 1)
    return forCarrying(b, indexConstant(b, 0), extent.size, 1, range,
                       [&](Value offset, ValueRange carried) {
                         at[extent.dim] = add(b, extent.begin, offset);
                         return sweep(at, box.drop_front(), Values(carried), visit);
                       });
  for (const Steps &steps : splitIntoSteps(extent.size)) {
    Values initial;
    for (Value number : range) {
      Type type = number.getType();
      initial.push_back(
          constantLike(b, steps.lanes == 1 ? type : VectorType::get(steps.lanes, type), 0));
    }
    Values partial = forCarrying(b, steps.begin, steps.end, steps.lanes, initial,
                                 [&](Value offset, ValueRange carried) {
                                   at[extent.dim] = add(b, extent.begin, offset);
                                   return visit(at, steps.lanes, carried);
                                 });
    range = extendRange(range, reduceLanes(partial));
  }
  return range;
}

Value SetKernel::load(const Values &at, int64_t lanes) {
  Value input = op.getInput();
  if (lanes == 1)
    return memref::LoadOp::create(b, input, at);
  auto type = VectorType::get(lanes, getElementTypeOrSelf(input.getType()));
  return vector::LoadOp::create(b, type, input, at);
}

//===----------------------------------------------------------------------===//
// The range
//===----------------------------------------------------------------------===//

/// An integer that is ordered as |number| is, unsigned, or (affine) as number is, signed: then the
/// lower bits of negative numbers are inverted.
Value SetKernel::getKey(Value number) {
  if (getElementTypeOrSelf(number.getType()).isF64())
    number = convertFloat(b, number, b.getF32Type());
  unsigned width = getElementTypeOrSelf(number.getType()).getIntOrFloatBitWidth();
  Type type = getTypeLike(b.getIntegerType(width), number.getType());
  Value bits = arith::BitcastOp::create(b, type, number);
  if (!scheme.hasZeroPoints())
    return arith::AndIOp::create(
        b, bits, constantLike(b, type, static_cast<double>((int64_t(1) << (width - 1)) - 1)));
  Value signs = arith::ShRSIOp::create(b, bits, constantLike(b, type, width - 1));
  Value lower = arith::ShRUIOp::create(b, signs, constantLike(b, type, 1));
  return arith::XOrIOp::create(b, bits, lower);
}

/// The number of a key, as f32.
Value SetKernel::getNumber(Value key) {
  Type element = getElementTypeOrSelf(op.getInput().getType());
  Type type = element.isF64() ? b.getF32Type() : element;
  if (scheme.hasZeroPoints())
    key = getKey(arith::BitcastOp::create(b, type, key));
  return convertFloat(b, arith::BitcastOp::create(b, type, key), b.getF32Type());
}

/// `{greatest}`, or (affine) `{least, greatest}`, of both.
Values SetKernel::extendRange(ValueRange range, ValueRange other) {
  if (range.empty())
    return {};
  if (!scheme.hasZeroPoints())
    return {arith::MaxUIOp::create(b, range[0], other[0])};
  return {arith::MinSIOp::create(b, range[0], other[0]),
          arith::MaxSIOp::create(b, range[1], other[1])};
}

Values SetKernel::reduceLanes(ValueRange range) {
  Values numbers;
  for (auto [i, value] : llvm::enumerate(range)) {
    auto kind = !scheme.hasZeroPoints() ? vector::CombiningKind::MAXUI
                : i == 0                ? vector::CombiningKind::MINSI
                                        : vector::CombiningKind::MAXSI;
    numbers.push_back(isa<VectorType>(value.getType())
                          ? Value(vector::ReductionOp::create(b, kind, value))
                          : value);
  }
  return numbers;
}

//===----------------------------------------------------------------------===//
// The codes
//===----------------------------------------------------------------------===//

/// Between the least and the greatest code, less `zero`. They are integers: clamping before
/// rounding gives what clamping after it does.
Value SetKernel::clamp(Value quotient, Value zero) {
  auto limit = [&](int64_t code) {
    Value wide = arith::SubIOp::create(b, constantLike(b, b.getI32Type(), code), zero);
    return splat(b, arith::SIToFPOp::create(b, b.getF32Type(), wide), quotient.getType());
  };
  Value greatest = limit(maxCode(scheme.getStorage())), least = limit(minCode(scheme.getStorage()));
  Value isLess = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, quotient, greatest);
  Value lower = arith::SelectOp::create(b, isLess, quotient, greatest);
  Value isGreater = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, lower, least);
  return arith::SelectOp::create(b, isGreater, lower, least);
}

/// `params` are the scale and the zero point as it is added, in f32 and i32. A scale that is not
/// normal may be NaN (then the code is 0) or far from what it was rounded from.
Value SetKernel::encode(Value number, ValueRange params, bool isNormal) {
  Value scale = params[0], zero = params[1];
  Value real = convertFloat(b, number, b.getF32Type());
  Value quotient = divideByScale(b, scheme, real, scale, isNormal);
  Type type = quotient.getType();
  if (scheme.getValue().rounding == Rounding::Away)
    quotient = math::RoundOp::create(b, quotient);
  // max|x| divided by an f32 within 2^-24 of max|x| / 127 is nearer to 127 than to 128.
  if (!isNormal || scheme.hasZeroPoints() || !scheme.getScaleType().isF32())
    quotient = clamp(quotient, zero);
  Value rounded = arith::AddFOp::create(b, quotient, constantLike(b, type, roundingAddend));
  Value wide = arith::BitcastOp::create(b, getTypeLike(b.getI32Type(), type), rounded);
  wide = arith::AddIOp::create(b, wide, splat(b, zero, type));
  Value code = arith::TruncIOp::create(b, getTypeLike(scheme.getCodeType(), type), wide);
  if (isNormal)
    return code;
  Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, scale, scale);
  Value mask = arith::ExtSIOp::create(b, scheme.getCodeType(), isNumber);
  return arith::AndIOp::create(b, code, splat(b, mask, type));
}

void SetKernel::storeCodes(const Values &at, ArrayRef<Extent> box, ValueRange params,
                           bool isNormal) {
  sweep(at, box, {}, [&](const Values &at, int64_t lanes, ValueRange) -> Values {
    Value code = encode(load(at, lanes), params, isNormal);
    if (lanes == 1)
      memref::StoreOp::create(b, code, op.getCodes(), at);
    else
      vector::StoreOp::create(b, code, op.getCodes(), at);
    return {};
  });
}

void SetKernel::emitSet(const Values &at, ArrayRef<Extent> box, ArrayRef<Value> params) {
  unsigned keyBits =
      std::min(32u, getElementTypeOrSelf(op.getInput().getType()).getIntOrFloatBitWidth());
  Values zeros(scheme.hasZeroPoints() ? 2 : 1, constantLike(b, b.getIntegerType(keyBits), 0));
  Values range = sweep(at, box, zeros, [&](const Values &at, int64_t lanes, ValueRange carried) {
    return extendRange(carried, Values(carried.size(), getKey(load(at, lanes))));
  });
  Values extremes = llvm::map_to_vector(range, [&](Value key) { return getNumber(key); });
  Values chosen = chooseParams(b, scheme, extremes);
  for (auto [value, out] : llvm::zip_equal(chosen, op.getInits().drop_front()))
    memref::StoreOp::create(b, value, out, params);
  Storage storage = scheme.getStorage();
  Value zero = constantLike(b, b.getI32Type(), impliedZeroPoint(scheme.getValue()));
  if (scheme.hasZeroPoints())
    zero = isUnsigned(storage) ? Value(arith::ExtUIOp::create(b, b.getI32Type(), chosen[1]))
                               : arith::ExtSIOp::create(b, b.getI32Type(), chosen[1]);
  Value scale = convertFloat(b, chosen[0], b.getF32Type());
  Value isNormal =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, scale,
                            constantLike(b, scale.getType(), std::numeric_limits<float>::min()));
  ifThenElse(
      b, isNormal, [&] { storeCodes(at, box, {scale, zero}, /*isNormal=*/true); },
      [&] { storeCodes(at, box, {scale, zero}, /*isNormal=*/false); });
}

//===----------------------------------------------------------------------===//
// Over the sets
//===----------------------------------------------------------------------===//

static bool isContiguous(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(cast<MemRefType>(memref.getType()).getStridesAndOffset(strides, offset)) &&
         !strides.empty() && strides.back() == 1;
}

/// Vectors of codes fill a register, where there is one byte to a code and sets lie side by side
/// along the last dimension.
static int64_t getGreatestLanes(DynamicQuantizeOp op, ArrayRef<ParamsResult> results,
                                const Target &target) {
  int64_t rank = cast<MemRefType>(op.getInput().getType()).getRank();
  bool splitsLast = llvm::any_of(
      results, [&](ParamsResult result) { return result.group == 1 && result.dim + 1 == rank; });
  bool vectors = !splitsLast && bitWidth(op.getScheme().getStorage()) == 8 &&
                 isContiguous(op.getInput()) && isContiguous(op.getCodes());
  return vectors ? target.vectorBits / 8 : 1;
}

/// `body` at each index, by several threads if there are `elements` enough.
static void forEachSet(ImplicitLocOpBuilder &b, ArrayRef<Value> counts, Value elements,
                       function_ref<void(ArrayRef<Value>)> body) {
  auto serial = [&] { forEachIndex(b, counts, body); };
  auto parallel = [&] {
    Values zeros(counts.size(), indexConstant(b, 0)), ones(counts.size(), indexConstant(b, 1));
    auto loop = scf::ParallelOp::create(b, zeros, counts, ones);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(Values(loop.getInductionVars()));
  };
  bool one = llvm::all_of(counts, [](Value count) { return getConstantIntValue(count) == 1; });
  if (std::optional<int64_t> known = getConstantIntValue(elements); known || one)
    return one || *known < leastParallelElements ? serial() : parallel();
  Value isEnough = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, elements,
                                         indexConstant(b, leastParallelElements));
  ifThenElse(b, isEnough, parallel, serial);
}

/// One set, or one a group, of which the last may be shorter.
void SetKernel::emitSets(ArrayRef<Value> indices) {
  Values at(sizes.size());
  std::optional<ParamsResult> grouped;
  for (ParamsResult result : results)
    if (result.group != 1)
      grouped = result;
    else {
      at[result.dim] = indices.front();
      indices = indices.drop_front();
    }
  auto emitGroup = [&](Value group, Value groupSize) {
    SmallVector<Extent> box;
    for (auto [dim, size] : llvm::enumerate(sizes))
      if (grouped && grouped->dim == dim)
        box.push_back({grouped->dim, multiply(b, group, grouped->group), groupSize});
      else if (!at[dim])
        box.push_back({static_cast<unsigned>(dim), indexConstant(b, 0), size});
    emitSet(at, box, llvm::map_to_vector(results, [&](ParamsResult result) {
              return result.group == 1 ? at[result.dim] : group;
            }));
  };
  if (!grouped)
    return emitGroup(nullptr, nullptr);
  Value size = sizes[grouped->dim], whole = divide(b, size, grouped->group);
  forEach(b, indexConstant(b, 0), whole, 1,
          [&](Value group) { emitGroup(group, indexConstant(b, grouped->group)); });
  Value rest = remainder(b, size, grouped->group);
  if (getConstantIntValue(rest) == 0)
    return;
  Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, indexConstant(b, 0));
  ifThenElse(b, isThere, [&] { emitGroup(whole, rest); }, nullptr);
}

void lowerDynamicQuantize(RewriterBase &rewriter, DynamicQuantizeOp op, const Target &target) {
  ImplicitLocOpBuilder b(op.getLoc(), rewriter);
  b.setInsertionPoint(op);
  Values sizes, counts;
  Value elements = indexConstant(b, 1);
  int64_t rank = cast<MemRefType>(op.getInput().getType()).getRank();
  for (int64_t dim = 0; dim < rank; ++dim) {
    sizes.push_back(b.createOrFold<memref::DimOp>(op.getInput(), dim));
    elements = multiply(b, elements, sizes.back());
  }
  SmallVector<ParamsResult> results = *getParamsResults(op.getParamsMap());
  for (ParamsResult result : results)
    if (result.group == 1)
      counts.push_back(sizes[result.dim]);
  SetKernel kernel{b, op, op.getScheme(), sizes, results, getGreatestLanes(op, results, target)};
  forEachSet(b, counts, elements, [&](ArrayRef<Value> indices) { kernel.emitSets(indices); });
  rewriter.eraseOp(op);
}

} // namespace qlinalg
