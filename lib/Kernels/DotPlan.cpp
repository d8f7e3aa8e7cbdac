//===- DotPlan.cpp - How a matmul uses a dot product instruction ----------===//

#include "QLinalg/Kernels/DotPlan.h"

#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/IntegerSums.h"
#include "QLinalg/Kernels/PanelLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include <numeric>

using namespace mlir;

namespace qlinalg::kernels {

Type DotPlan::getElementType(MLIRContext *context) const {
  return IntegerType::get(context, product == DotProduct::Words ? 16 : 8);
}

VectorType DotPlan::getVectorType(MLIRContext *context) const {
  return VectorType::get(lanes * getLaneElements(), getElementType(context));
}

VectorType DotPlan::getSumType(MLIRContext *context) const {
  return VectorType::get(lanes, IntegerType::get(context, 32));
}

int64_t DotPlan::getStep() const {
  switch (matrix) {
  case MatrixUnit::Amx:
    return run ? std::gcd(run, amxBytes) : amxBytes;
  case MatrixUnit::I8mm:
    return 8;
  default:
    return block;
  }
}

int64_t DotPlan::getStepRows() const {
  return matrix == MatrixUnit::Amx ? amxRows : matrix == MatrixUnit::I8mm ? 2 : 1;
}

/// vpmaddubsw adds two products of an unsigned and a signed byte in 16 bits, and `pairs` of its
/// results are added there. A row's code is at most 128, with or without sign.
static bool fitsIn16Bits(int64_t greatestColumn, int64_t pairs) {
  return 2 * greatestColumn * 128 * pairs <= std::numeric_limits<int16_t>::max();
}

/// Lanes of a block whose pairs 16 bits hold, halves of it; 0 if not even one's.
static int64_t getPairedLanes(int64_t bits, int64_t block) {
  int64_t lanes = block / 4;
  while (lanes > 0 && !fitsIn16Bits((1 << bits) - 1, lanes))
    lanes /= 2;
  return lanes;
}

static DotProduct chooseProduct(const Target &target, int64_t bits, int64_t block) {
  if (target.dot != DotUnit::MultiplyAdd)
    return DotProduct::Bytes;
  return getPairedLanes(bits, block) > 0 ? DotProduct::BytePairs : DotProduct::Words;
}

/// The columns are signed bytes whose pairs are proved to fit 16 bits, and lie as they are.
static bool hasSignedPairs(const Contraction &c, const Target &target) {
  SchemeAttr rows = c.rows.scheme;
  LayoutAttr proved =
      getPanelLayout(c.op, c.columns.scheme, rows ? std::optional(rows) : std::nullopt, target);
  return c.columns.layout == proved && proved != getPanelLayout(c.columns.scheme, target);
}

/// The columns lie as the instruction reads them.
static bool hasDotColumns(const Contraction &c, const Target &target) {
  const Side &columns = c.columns;
  if (target.dot == DotUnit::None || !c.hasColumnPanels(target.getPanelRows()) ||
      !columns.isInteger() || columns.layout.getStep() != laneBytes)
    return false;
  // Bytes might be read with another sign.
  return bitWidth(columns.scheme.getStorage()) < 8 ||
         columns.layout == getPanelLayout(columns.scheme, target) || hasSignedPairs(c, target);
}

/// What does not depend on the rows.
static DotPlan planColumns(const Contraction &c, const Target &target, DotProduct product,
                           int64_t run) {
  const Side &columns = c.columns;
  Storage storage = columns.scheme.getStorage();
  int64_t zero = columns.zeroPoints ? 0 : impliedZeroPoint(columns.scheme.getValue());
  DotPlan plan;
  plan.product = product;
  plan.unit = target.dot;
  plan.lanes = target.getLanes();
  plan.vectors = target.getPanelRows() / target.getLanes();
  plan.block = columns.layout.getBlock();
  plan.run = run;
  plan.bits = bitWidth(storage);
  plan.pairedLanes = getPairedLanes(plan.bits, plan.block);
  plan.columnOffset = getStoredOffset(columns.scheme, columns.layout, target) + zero;
  plan.rowOffset = 0;
  plan.quantizesRows = false;
  return plan;
}

std::optional<DotPlan> planDot(const Contraction &c, const Target &target) {
  if (!c.integer || !c.computeType.isF32() || !hasDotColumns(c, target) || c.rows.layout ||
      bitWidth(c.rows.scheme.getStorage()) != 8)
    return std::nullopt;
  IntegerRuns runs = getIntegerRuns(c);
  int64_t block = c.columns.layout.getBlock(), bits = bitWidth(c.columns.scheme.getStorage());
  if (runs.width > 32 || !runs.isEvery() || runs.step % block != 0)
    return std::nullopt;
  DotProduct product =
      hasSignedPairs(c, target) ? DotProduct::ProvedPairs : chooseProduct(target, bits, block);
  DotPlan plan = planColumns(c, target, product, runs.step);
  // Columns are unsigned, so rows are signed; or the other way round.
  bool wantsUnsigned = plan.product == DotProduct::ProvedPairs;
  if (isUnsigned(c.rows.scheme.getStorage()) != wantsUnsigned)
    plan.rowOffset = wantsUnsigned ? 128 : -128;
  return plan;
}

/// A tile's sums go through memory after each run: shorter ones are no faster than dot products.
static constexpr int64_t leastAmxStep = 32;

std::optional<DotPlan> planMatrix(const Contraction &c, const DotPlan &dot, const Target &target) {
  if (target.matrix == MatrixUnit::None || !c.m || dot.product != DotProduct::Bytes ||
      dot.digits > 1)
    return std::nullopt;
  DotPlan plan = dot;
  plan.matrix = target.matrix;
  if (plan.run % plan.getStep() != 0 ||
      (plan.matrix == MatrixUnit::Amx && plan.getStep() < leastAmxStep))
    return std::nullopt;
  return plan;
}

/// Elements of a run of rows that are quantized: as long as sums of 16 by 8 bits fit 32.
static constexpr int64_t greatestWordRun = 128;

std::optional<DotPlan> planWords(const Contraction &c, const Target &target) {
  bool isFloat = !c.rows.scheme && !c.rows.layout && c.computeType.isF32();
  if (!isFloat || !hasDotColumns(c, target) || target.dot == DotUnit::SignedDot)
    return std::nullopt;
  // A run is a group of columns or a part of one, of whole blocks.
  int64_t group = c.columns.getGroup(), run = group ? group : greatestWordRun;
  while (run > greatestWordRun && run % 2 == 0)
    run /= 2;
  if (run > greatestWordRun || run % c.columns.layout.getBlock() != 0)
    return std::nullopt;
  DotPlan plan = planColumns(c, target, DotProduct::Words, run);
  plan.quantizesRows = true;
  return plan;
}

/// As many bits as f32 has.
static constexpr int64_t floatDigits = 3;

std::optional<DotPlan> planDigits(const Contraction &c, const Target &target) {
  std::optional<DotPlan> plan = planWords(c, target);
  if (!plan || target.dot != DotUnit::Vnni)
    return std::nullopt;
  plan->product = DotProduct::Bytes;
  plan->digits = floatDigits;
  return plan;
}

static Value callIntrinsic(ImplicitLocOpBuilder &b, Type type, const Twine &name,
                           ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands).getResult(0);
}

/// Pairs of 16 bits multiplied and added.
static Value multiplyAddWords(ImplicitLocOpBuilder &b, const DotPlan &plan, Value lhs, Value rhs) {
  StringRef name = plan.lanes == 16 ? "llvm.x86.avx512.pmaddw.d.512" : "llvm.x86.avx2.pmadd.wd";
  return callIntrinsic(b, plan.getSumType(b.getContext()), name, {lhs, rhs});
}

/// Pairs of an unsigned and a signed byte multiplied and added, saturating.
static Value multiplyAddBytes(ImplicitLocOpBuilder &b, const DotPlan &plan, Value lhs, Value rhs) {
  StringRef name =
      plan.lanes == 16 ? "llvm.x86.avx512.pmaddubs.w.512" : "llvm.x86.avx2.pmadd.ub.sw";
  auto type = VectorType::get(plan.lanes * 2, b.getI16Type());
  return callIntrinsic(b, type, name, {lhs, rhs});
}

Value addDot(ImplicitLocOpBuilder &b, const DotPlan &plan, Value sum, Value columns, Value row) {
  Type type = sum.getType();
  switch (plan.unit) {
  case DotUnit::Vnni: {
    StringRef name = plan.product == DotProduct::Words ? "vpdpwssd" : "vpdpbusd";
    return callIntrinsic(b, type, "llvm.x86.avx512." + name + "." + Twine(plan.lanes * 32),
                         {sum, columns, row});
  }
  case DotUnit::SignedDot:
    return callIntrinsic(b, type, "llvm.aarch64.neon.sdot.v4i32.v16i8", {sum, columns, row});
  default:
    break;
  }
  if (plan.product == DotProduct::Words)
    return arith::AddIOp::create(b, sum, multiplyAddWords(b, plan, columns, row));
  if (plan.product == DotProduct::ProvedPairs)
    return addPairs(b, plan, sum, multiplyAddBytes(b, plan, row, columns));
  return arith::AddIOp::create(b, sum, multiplyAddBytes(b, plan, columns, row));
}

Value addPairs(ImplicitLocOpBuilder &b, const DotPlan &plan, Value sum, Value pairs) {
  Value ones = constantLike(b, pairs.getType(), 1);
  return arith::AddIOp::create(b, sum, multiplyAddWords(b, plan, pairs, ones));
}

} // namespace qlinalg::kernels
