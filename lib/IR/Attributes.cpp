//===- Attributes.cpp - Schemes, layouts, accumulators --------------------===//

#include "QLinalg/QLinalgDialect.h"

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// #qlinalg.scheme
//===----------------------------------------------------------------------===//

Type SchemeAttr::getCodeType() const {
  switch (getStorage()) {
  case Storage::F8E4M3FN:
    return Float8E4M3FNType::get(getContext());
  case Storage::BF16:
    return BFloat16Type::get(getContext());
  case Storage::F16:
    return Float16Type::get(getContext());
  default:
    return IntegerType::get(getContext(), bitWidth(getStorage()));
  }
}

Type SchemeAttr::getScaleType() const {
  switch (getValue().scales) {
  case FloatType::F16:
    return Float16Type::get(getContext());
  case FloatType::BF16:
    return BFloat16Type::get(getContext());
  default:
    return Float32Type::get(getContext());
  }
}

Type SchemeAttr::getZeroPointType() const {
  return IntegerType::get(getContext(), zeroPointWidth(getStorage()));
}

LogicalResult SchemeAttr::verify(function_ref<InFlightDiagnostic()> emitError, Scheme value) {
  bool grouped =
      value.granularity == Granularity::Group || value.granularity == Granularity::TokenGroup;
  if (grouped && value.group < 1)
    return emitError() << "expected a group of 1 or more, got " << value.group;
  if (!grouped && value.group != 0)
    return emitError() << "expected no group with granularity "
                       << StringRef(::qlinalg::name(value.granularity));
  if (!value.symmetric && !qlinalg::isInteger(value.storage))
    return emitError() << "expected an integer storage for an affine scheme, got "
                       << StringRef(::qlinalg::name(value.storage));
  if (value.positive && (!value.symmetric || !isUnsigned(value.storage)))
    return emitError() << "expected an unsigned integer storage without zero points for a positive "
                          "scheme, got "
                       << StringRef(::qlinalg::name(value.storage));
  if (value.scales == FloatType::F64)
    return emitError() << "expected scales of f32, f16 or bf16, got f64";
  Scheme plain;
  plain.storage = value.storage;
  plain.granularity = Granularity::Tensor;
  if (::qlinalg::isDowncast(value.storage) && !(value == plain))
    return emitError() << "expected neither granularity nor scales for storage "
                       << StringRef(::qlinalg::name(value.storage));
  return success();
}

/// Parses `granularity [= n]` into `scheme`.
static ParseResult parseGranularityInto(AsmParser &parser, Scheme &scheme) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<Granularity> granularity = parseGranularity(keyword);
  if (!granularity)
    return parser.emitError(loc) << "expected a granularity (tensor, channel, group, token or "
                                    "token_group), got '"
                                 << keyword << "'";
  scheme.granularity = *granularity;
  if (granularity == Granularity::Group || granularity == Granularity::TokenGroup)
    return failure(parser.parseEqual() || parser.parseInteger(scheme.group));
  return success();
}

/// Parses a keyword with `parse` into `result`; `expected` says what is allowed.
template <typename T>
static ParseResult parseName(AsmParser &parser, std::optional<T> (*parse)(std::string_view),
                             StringRef expected, T &result) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<T> value = parse(keyword);
  if (!value)
    return parser.emitError(loc) << "expected " << expected << ", got '" << keyword << "'";
  result = *value;
  return success();
}

/// Parses one of the settings that follow the granularity.
static ParseResult parseSetting(AsmParser &parser, Scheme &scheme) {
  StringRef key;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&key))
    return failure();
  if (key == "symmetric" || key == "affine" || key == "positive") {
    scheme.symmetric = key != "affine";
    scheme.positive = key == "positive";
    return success();
  }
  if (parser.parseEqual())
    return failure();
  if (key == "scales")
    return parseName<FloatType>(parser, parseFloatType, "f32, f16 or bf16", scheme.scales);
  if (key == "rounding")
    return parseName<Rounding>(parser, parseRounding, "even or away", scheme.rounding);
  if (key == "division")
    return parseName<Division>(parser, parseDivision, "divide or reciprocal", scheme.division);
  return parser.emitError(loc)
         << "expected symmetric, affine, positive, scales, rounding or division, got '" << key
         << "'";
}

Attribute SchemeAttr::parse(AsmParser &parser, Type) {
  Scheme scheme;
  scheme.granularity = Granularity::Tensor;
  if (parser.parseLess() ||
      parseName<Storage>(parser, parseStorage, "a storage such as int8, uint4 or nf4",
                         scheme.storage))
    return {};
  if (succeeded(parser.parseOptionalComma())) {
    if (parseGranularityInto(parser, scheme))
      return {};
    while (succeeded(parser.parseOptionalComma()))
      if (parseSetting(parser, scheme))
        return {};
  } else if (!qlinalg::isDowncast(scheme.storage)) {
    return parser.emitError(parser.getCurrentLocation())
               << "expected a granularity after " << StringRef(::qlinalg::name(scheme.storage)),
           Attribute();
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<SchemeAttr>(parser.getContext(), scheme);
}

void SchemeAttr::print(AsmPrinter &printer) const {
  const Scheme &scheme = getValue();
  printer << "<" << StringRef(::qlinalg::name(scheme.storage));
  if (!isDowncast())
    printer << ", " << StringRef(::qlinalg::name(scheme.granularity));
  if (scheme.group)
    printer << " = " << scheme.group;
  if (isInteger())
    printer << (scheme.positive ? ", positive" : scheme.symmetric ? ", symmetric" : ", affine");
  if (scheme.scales != FloatType::F32)
    printer << ", scales = " << StringRef(::qlinalg::name(scheme.scales));
  if (scheme.rounding != Rounding::Even)
    printer << ", rounding = " << StringRef(::qlinalg::name(scheme.rounding));
  if (scheme.division != Division::Divide)
    printer << ", division = " << StringRef(::qlinalg::name(scheme.division));
  printer << ">";
}

//===----------------------------------------------------------------------===//
// #qlinalg.layout
//===----------------------------------------------------------------------===//

/// A panel's rows lie in the lanes of vectors: more fill no register, and pad small weights beyond
/// memory.
static constexpr int64_t largestPanel = 1024;

/// More bytes of one row side by side than any instruction takes.
static constexpr int64_t largestStep = 64;
static constexpr int64_t largestBlock = 1024;

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t panel,
                                 int64_t step, int64_t block, bool excess) {
  if (panel < 0 || panel > largestPanel)
    return emitError() << "expected a panel of 1 to " << largestPanel << " rows, got " << panel;
  if (step < 1 || step > largestStep)
    return emitError() << "expected a step of 1 to " << largestStep << " bytes, got " << step;
  if (block < 0 || block > largestBlock)
    return emitError() << "expected a block of 1 to " << largestBlock << " codes, got " << block;
  if (panel == 0 && (step != 1 || block != 0 || excess))
    return emitError() << "expected a panel with step, block and excess, got rows";
  if (block == 0 && (step != 1 || excess))
    return emitError() << "expected a block with step and excess";
  return success();
}

/// `panel = 16 (, step = 4, block = 32 (, excess)?)?`; what is written must not be 0.
static ParseResult parsePanel(AsmParser &parser, int64_t &panel, int64_t &step, int64_t &block,
                              bool &excess) {
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseEqual() || parser.parseInteger(panel))
    return failure();
  if (panel == 0)
    return parser.emitError(loc) << "expected a panel of 1 to " << largestPanel << " rows, got 0";
  if (failed(parser.parseOptionalComma()))
    return success();
  loc = parser.getCurrentLocation();
  if (parser.parseKeyword("step") || parser.parseEqual() || parser.parseInteger(step) ||
      parser.parseComma() || parser.parseKeyword("block") || parser.parseEqual() ||
      parser.parseInteger(block))
    return failure();
  if (block == 0)
    return parser.emitError(loc) << "expected a block of 1 to " << largestBlock << " codes, got 0";
  if (failed(parser.parseOptionalComma()))
    return success();
  excess = true;
  return parser.parseKeyword("excess");
}

Attribute LayoutAttr::parse(AsmParser &parser, Type) {
  int64_t panel = 0, step = 1, block = 0;
  bool excess = false;
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&keyword))
    return {};
  if (keyword == "panel") {
    if (parsePanel(parser, panel, step, block, excess))
      return {};
  } else if (keyword != "rows") {
    return parser.emitError(loc) << "expected rows or panel, got '" << keyword << "'", Attribute();
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<LayoutAttr>(loc, parser.getContext(), panel, step, block, excess);
}

void LayoutAttr::print(AsmPrinter &printer) const {
  if (isRows()) {
    printer << "<rows>";
    return;
  }
  printer << "<panel = " << getPanel();
  if (getBlock())
    printer << ", step = " << getStep() << ", block = " << getBlock();
  if (getExcess())
    printer << ", excess";
  printer << ">";
}

/// The bytes of K of a row in blocks, cut into steps; nothing if a plane of a block is not whole
/// steps of bytes.
static std::optional<int64_t> getSteps(LayoutAttr layout, Type code, int64_t columns) {
  int64_t bits = code.getIntOrFloatBitWidth(), block = layout.getBlock();
  if (bits > 8 || (layout.getExcess() && !isa<IntegerType>(code)))
    return std::nullopt;
  for (BitPlane plane : bitPlanes(bits))
    if (block * plane.width % (8 * layout.getStep()) != 0)
      return std::nullopt;
  return llvm::divideCeil(columns, block) * (block * bits / 8) / layout.getStep();
}

RankedTensorType LayoutAttr::getPackedType(RankedTensorType logical) const {
  int64_t rank = logical.getRank();
  if (rank < (isRows() ? 1 : 2) ||
      (isRows() ? logical.isDynamicDim(rank - 1) : !logical.hasStaticShape()))
    return {};
  Type element = logical.getElementType();
  int64_t bits = element.getIntOrFloatBitWidth(), columns = logical.getShape().back();
  SmallVector<int64_t> shape(logical.getShape());
  if (isTrellis(*this) && isa<IntegerType>(element) && isTrellisWidth(bits)) {
    shape[rank - 2] = llvm::divideCeil(shape[rank - 2], getPanel());
    shape.push_back(getPanel() * bits / 8);
    return RankedTensorType::get(shape, IntegerType::get(getContext(), 8));
  }
  if (getBlock()) {
    std::optional<int64_t> steps = getSteps(*this, element, columns);
    if (!steps)
      return {};
    columns = *steps;
  } else if (bits < 8) {
    columns = bytesPerRow(bits, columns);
  }
  shape.back() = columns;
  if (bits < 8)
    element = IntegerType::get(getContext(), 8);
  if (!isRows()) {
    shape[rank - 2] = llvm::divideCeil(shape[rank - 2], getPanel());
    shape.push_back(getPanel() * getStep());
  }
  return RankedTensorType::get(shape, element);
}

//===----------------------------------------------------------------------===//
// #qlinalg.accumulator
//===----------------------------------------------------------------------===//

LogicalResult AccumulatorAttr::verify(function_ref<InFlightDiagnostic()> emitError, unsigned width,
                                      int64_t bound) {
  if (width != 16 && width != 32 && width != 64)
    return emitError() << "expected an accumulator of 16, 32 or 64 bits, got " << width;
  if (bound < 0 || (width < 64 && bound > llvm::maxIntN(width)))
    return emitError() << "expected a bound that " << width << " bits hold, got " << bound;
  return success();
}

} // namespace qlinalg
