//===- ChainNumbers.cpp - Multipliers and biases when compiling -----------===//
//
// A sum of a matmul in integers stands for sum * sx * sw. The scales are f32 (or narrower), so
// sx * sw is exact in f64; a quotient of such products is rounded to f64 once more, which is far
// below the 31 bits that are kept. A bias b becomes round(b / (sx * sw)), ties to even.
//
//===----------------------------------------------------------------------===//

#include "Chain.h"
#include "WeightRows.h"

#include "QLinalg/Constants.h"
#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Numerics/Quantize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Known numbers
//===----------------------------------------------------------------------===//

/// What `value` is a reshape of: the numbers stand in the same order.
static Value beforeReshapes(Value value) {
  while (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

const std::byte *KnownNumbers::getBytes(Value value, std::string &why) {
  ElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant))) {
    std::optional<ConstantBytes> bytes = getConstantBytes(constant);
    if (!bytes) {
      why = "expected the bytes of a constant in the module, got an elided or cut-off resource";
      return nullptr;
    }
    copies.emplace_back(bytes->data(), bytes->data() + bytes->size());
    return copies.back().data();
  }
  auto load = value.getDefiningOp<ml_program::GlobalLoadConstOp>();
  if (!load) {
    why = "expected scales, zero points and a bias that are constant, got ones made at run time";
    return nullptr;
  }
  StringRef name = load.getGlobalAttr().getLeafReference();
  if (!hasFiles) {
    why = ("expected parameters=FILE with the bytes of parameter '" + name + "'").str();
    return nullptr;
  }
  FailureOr<const std::byte *> bytes = files.find(name, cast<RankedTensorType>(value.getType()));
  if (mlir::failed(bytes)) {
    failed = true;
    why = ("expected parameter '" + name + "' in the files").str();
    return nullptr;
  }
  return *bytes;
}

std::optional<SmallVector<double>> KnownNumbers::getFloats(Value value, std::string &why) {
  value = beforeReshapes(value);
  auto type = cast<RankedTensorType>(value.getType());
  std::optional<FloatType> element = floatTypeOf(type.getElementType());
  const std::byte *bytes = element && type.hasStaticShape() ? getBytes(value, why) : nullptr;
  if (!bytes)
    return std::nullopt;
  std::vector<float> floats(type.getNumElements());
  loadFloats(*element, bytes, type.getNumElements(), floats.data());
  return SmallVector<double>(floats.begin(), floats.end());
}

std::optional<int64_t> KnownNumbers::getZeroPoint(Value value, SchemeAttr scheme,
                                                  std::string &why) {
  if (!value)
    return impliedZeroPoint(scheme.getValue());
  const std::byte *bytes = getBytes(value, why);
  if (!bytes)
    return std::nullopt;
  auto code = static_cast<uint8_t>(*bytes);
  return isUnsigned(scheme.getStorage()) ? code : static_cast<int8_t>(code);
}

//===----------------------------------------------------------------------===//
// The scale of sums, and the bias in it
//===----------------------------------------------------------------------===//

static MappedNumbers<double> getMapped(SmallVector<double> values, Value tensor, AffineMap map) {
  return {std::move(values), map,
          SmallVector<int64_t>(cast<RankedTensorType>(tensor.getType()).getShape())};
}

/// Element by element; one of them is one number, or both have one map.
static bool combine(const MappedNumbers<double> &lhs, const MappedNumbers<double> &rhs,
                    MappedNumbers<double> &result, function_ref<double(double, double)> compute) {
  if (!lhs.isOne() && !rhs.isOne() && lhs.map != rhs.map)
    return false;
  result = lhs.isOne() ? rhs : lhs;
  for (auto [i, value] : llvm::enumerate(result.values))
    value = compute(lhs.values[lhs.isOne() ? 0 : i], rhs.values[rhs.isOne() ? 0 : i]);
  return true;
}

/// The scale of the sums: that of lhs times that of rhs.
static std::optional<MappedNumbers<double>> getSumScales(MatmulOp op, KnownNumbers &numbers,
                                                         std::string &why) {
  MappedNumbers<double> sides[2], product;
  for (bool isLhs : {true, false}) {
    std::optional<SchemeAttr> scheme = isLhs ? op.getLhsScheme() : op.getRhsScheme();
    if (!scheme || !scheme->isInteger()) {
      why = "expected two sides of integers";
      return std::nullopt;
    }
    if (scheme->getValue().group) {
      why = "expected scales of channels or of the whole, got groups: sums of groups are added as "
            "floats";
      return std::nullopt;
    }
    Value scales = isLhs ? op.getLhsScales() : op.getRhsScales();
    std::optional<SmallVector<double>> values = numbers.getFloats(scales, why);
    if (!values)
      return std::nullopt;
    sides[isLhs ? 0 : 1] =
        getMapped(*values, scales, isLhs ? op.getLhsScalesMap() : op.getRhsScalesMap());
  }
  if (combine(sides[0], sides[1], product, [](double x, double y) { return x * y; }))
    return product;
  why = "expected one scale for one side, got many for both";
  return std::nullopt;
}

/// Without dimensions of size 1 that are mapped to 0: a row of a matrix is a vector.
static void dropConstants(MappedNumbers<double> &numbers) {
  SmallVector<AffineExpr> results;
  SmallVector<int64_t> shape;
  for (auto [expr, size] : llvm::zip_equal(numbers.map.getResults(), numbers.shape))
    if (!isa<AffineConstantExpr>(expr)) {
      results.push_back(expr);
      shape.push_back(size);
    }
  numbers.map = AffineMap::get(numbers.map.getNumDims(), 0, results, numbers.map.getContext());
  numbers.shape = shape;
}

static std::optional<MappedNumbers<int32_t>>
getBias(MatmulOp op, KnownNumbers &numbers, const MappedNumbers<double> &scales, std::string &why) {
  if (!op.getBias())
    return MappedNumbers<int32_t>{};
  std::optional<SmallVector<double>> values = numbers.getFloats(op.getBias(), why);
  if (!values)
    return std::nullopt;
  MappedNumbers<double> bias = getMapped(*values, op.getBias(), op.getBiasMap());
  dropConstants(bias);
  MappedNumbers<double> scaled;
  if (!combine(bias, scales, scaled, [](double b, double s) { return std::nearbyint(b / s); })) {
    why = "expected a bias along the dimension of the scales";
    return std::nullopt;
  }
  MappedNumbers<int32_t> result{{}, scaled.map, scaled.shape};
  for (double value : scaled.values) {
    if (!(std::abs(value) <= std::numeric_limits<int32_t>::max())) {
      why = "expected a bias that 32 bits hold in the scale of the sums";
      return std::nullopt;
    }
    result.values.push_back(static_cast<int32_t>(value));
  }
  return result;
}

/// The greatest |sum| that codes allow, or that freezing found.
static std::optional<int64_t> getSumBound(MatmulOp op) {
  if (std::optional<AccumulatorAttr> proof = op.getAccumulator())
    return proof->getBound();
  int64_t k = op.getStaticLoopSizes()[op.getReductionDim()];
  int64_t product = largestDifference(op.getLhsScheme()->getValue()) *
                    largestDifference(op.getRhsScheme()->getValue());
  if (ShapedType::isDynamic(k) || k > std::numeric_limits<int32_t>::max() / product)
    return std::nullopt;
  return k * product;
}

std::optional<IntegerForm> planIntegers(MatmulOp op, KnownNumbers &numbers, std::string &why) {
  if (op.getMultiplier() ||
      (op.getEpilogue() != Epilogue::None && op.getEpilogue() != Epilogue::Relu)) {
    why = "expected a bias and relu after the sums and nothing else";
    return std::nullopt;
  }
  std::optional<MappedNumbers<double>> scales = getSumScales(op, numbers, why);
  if (!scales)
    return std::nullopt;
  std::optional<MappedNumbers<int32_t>> bias = getBias(op, numbers, *scales, why);
  if (!bias)
    return std::nullopt;
  std::optional<int64_t> bound = getSumBound(op);
  if (!bound) {
    why = "expected sums that 32 bits hold";
    return std::nullopt;
  }
  int64_t sums = *bound;
  for (int32_t number : bias->values)
    bound = std::max(*bound, std::abs(int64_t(number)) + sums);
  if (*bound > std::numeric_limits<int32_t>::max()) {
    why = "expected sums that 32 bits hold with the bias";
    return std::nullopt;
  }
  return IntegerForm{*scales, *bias, *bound};
}

DenseI64ArrayAttr getRange(const Clamp &clamp, QuantizeOp quantize, KnownNumbers &numbers,
                           std::string &why) {
  const Scheme &scheme = quantize.getScheme().getValue();
  std::optional<SmallVector<double>> scales = numbers.getFloats(quantize.getScales(), why);
  std::optional<int64_t> zeroPoint =
      numbers.getZeroPoint(quantize.getZeroPoints(), quantize.getScheme(), why);
  if (!scales || !zeroPoint)
    return {};
  auto scale = static_cast<float>(scales->front());
  if (!(scale > 0)) {
    why = "expected a positive scale where values are clamped, got " + std::to_string(scale);
    return {};
  }
  auto getCode = [&](double bound) -> int64_t {
    auto number = static_cast<float>(bound);
    auto zero = static_cast<std::byte>(*zeroPoint);
    std::byte code;
    encode(scheme, {&number, 1, 1}, reinterpret_cast<const std::byte *>(&scale), &zero, &code);
    return isUnsigned(scheme.storage) ? static_cast<uint8_t>(code) : static_cast<int8_t>(code);
  };
  int64_t range[] = {getCode(clamp.least), getCode(clamp.greatest)};
  return DenseI64ArrayAttr::get(quantize.getContext(), range);
}

std::optional<MappedNumbers<FixedPointScale>>
divideScales(const MappedNumbers<double> &numerators, const MappedNumbers<double> &denominators,
             std::string &why) {
  MappedNumbers<double> quotients;
  if (!combine(numerators, denominators, quotients, [](double x, double y) { return x / y; })) {
    why = "expected scales along one dimension";
    return std::nullopt;
  }
  MappedNumbers<FixedPointScale> result{{}, quotients.map, quotients.shape};
  for (double quotient : quotients.values) {
    std::optional<FixedPointScale> scale = toFixedPoint(quotient);
    if (!scale) {
      why = "expected a multiplier from 0 to 2^30, got " + std::to_string(quotient);
      return std::nullopt;
    }
    result.values.push_back(*scale);
  }
  return result;
}

} // namespace qlinalg
