//===- Freeze.cpp - quantize of a constant into codes and parameters ------===//
//
// %s = qlinalg.choose_params %w ; %q = qlinalg.quantize %w scales %s      (%w leads to a constant)
//   ->
// %s = arith.constant dense_resource<…> ; %q = qlinalg.unpack (arith.constant dense_resource<…>)
//
// or ml_program.global_load_const of what was written to the parameter file. Where the scales are
// dequantized from codes of theirs, those codes and their scales are what is kept.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "AccumulatorProof.h"
#include "FrozenCache.h"
#include "FrozenTrellis.h"
#include "InputMoments.h"
#include "ParameterFiles.h"
#include "ScaledRows.h"
#include "WeightSource.h"

#include "QLinalg/Constants.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/ParamsMap.h"
#include "QLinalg/TrellisOps.h"
#include "QLinalg/WeightFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace qlinalg {
#define GEN_PASS_DEF_FREEZE
#include "QLinalg/Passes.h.inc"

namespace {

/// What chooses the parameters of a quantize. Scales that are codes pass through three ops more.
struct ParamsOps {
  ChooseParamsOp chosen, ofScales;
  QuantizeOp scaleCodes;
};

/// Each value by itself.
bool isNearest(const WeightMethod &method) {
  return !method.codes && !method.ranges && method.method == Method::Nearest;
}

/// Bits of the codes of a trellis that `op`'s become; 0 where they stay.
int64_t getTrellisBits(QuantizeOp op) {
  auto bits = op->getAttrOfType<IntegerAttr>(trellisAttrName);
  return bits ? bits.getInt() : 0;
}

/// A quantize of a view of a constant, perhaps scaled.
struct Target {
  QuantizeOp op;
  ParamsOps params;
  WeightView view;
  ScaledRows scaled;
  WeightMethod method;
  /// The layer, for messages and for the names of what it becomes.
  std::string name;
  /// The constant's bytes: an attribute, or the parameter of that name.
  ElementsAttr constant;
};

/// What the codes of one weight became: constants, or the names of parameters.
struct Frozen {
  TypedAttr codes, scales, zeroPoints, scaleScales;
  std::string base;
  WeightFacts facts{0, {}};
};

/// "[3, 5]": where element `offset` stands in a tensor of `shape`.
std::string formatIndex(int64_t offset, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (int dim = shape.size() - 1; dim >= 0; --dim) {
    index[dim] = offset % shape[dim];
    offset /= shape[dim];
  }
  return formatShape(index);
}

/// The sites of the matmuls that read `codes`, perhaps reshaped.
void collectSites(Value codes, llvm::SetVector<StringRef> &sites) {
  for (Operation *user : codes.getUsers()) {
    auto matmul = dyn_cast<MatmulOp>(user);
    if (matmul && matmul.getSite())
      sites.insert(*matmul.getSite());
    if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(user))
      collectSites(user->getResult(0), sites);
  }
}

struct FreezePass : impl::FreezeBase<FreezePass> {
  using FreezeBase::FreezeBase;

  void runOnOperation() override {
    std::optional<WeightMethod> standard = readMethod(getOperation(), method);
    if (!standard)
      return signalPassFailure();
    bases.clear();
    // Quantizes of one weight by one scheme, in whichever functions, are frozen once.
    llvm::MapVector<Attribute, std::vector<Target>> weights;
    WalkResult walk = getOperation().walk([&](QuantizeOp op) -> WalkResult {
      std::optional<Target> target = matchTarget(op);
      if (failed(checkTrellis(op, target.has_value())))
        return WalkResult::interrupt();
      if (!target)
        return WalkResult::advance();
      target->method = *standard;
      if (Attribute own = op->getAttr(methodAttrName)) {
        auto name = dyn_cast<StringAttr>(own);
        std::optional<WeightMethod> read = readMethod(op, name ? name.getValue() : "");
        if (!read)
          return WalkResult::interrupt();
        target->method = *read;
      }
      if (getTrellisBits(op) && !isNearest(target->method) &&
          target->method.codes != CodeMethod::Gptq) {
        op.emitOpError() << "expected method=nearest or gptq for codes of a trellis";
        return WalkResult::interrupt();
      }
      weights[keyOf(*target)].push_back(std::move(*target));
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    ParameterFiles files(getOperation());
    if (failed(files.open(parameters, outputParameters)) ||
        failed(moments.open(getOperation(), statistics, heldOut)))
      return signalPassFailure();
    for (auto &[key, targets] : weights)
      if (failed(freeze(targets, files)))
        return signalPassFailure();
    if (failed(files.finish()))
      return signalPassFailure();
    FrozenCache(outputParameters).drop();
  }

private:
  static std::optional<WeightMethod> readMethod(Operation *op, StringRef name) {
    std::optional<WeightMethod> parsed = parseWeightMethod(name);
    if (!parsed)
      emitError(op->getLoc()) << "expected " << weightMethodNames << " for method, got '" << name
                              << "'";
    return parsed;
  }

  /// The parameters of `codes` are chosen from its own input.
  static bool isChosenFrom(ChooseParamsOp params, QuantizeOp codes) {
    return params && params.getInput() == codes.getInput() &&
           params.getScheme() == codes.getScheme() && params.getParamsMap() == codes.getParamsMap();
  }

  /// Scales chosen from the same values, as they are or dequantized from codes in groups whose
  /// scales are chosen from them; for casts none.
  static std::optional<ParamsOps> matchParams(QuantizeOp op) {
    ParamsOps ops;
    Value scales = op.getScales();
    if (!scales)
      return ops;
    if (auto dequantize = scales.getDefiningOp<DequantizeOp>()) {
      ops.scaleCodes = dequantize.getInput().getDefiningOp<QuantizeOp>();
      if (!ops.scaleCodes || dequantize.getScheme() != ops.scaleCodes.getScheme() ||
          dequantize.getScales() != ops.scaleCodes.getScales() || dequantize.getZeroPoints() ||
          dequantize.getParamsMap() != ops.scaleCodes.getParamsMap() ||
          !ops.scaleCodes.getScheme().isInteger() ||
          op.getScheme().getValue().granularity != Granularity::Group)
        return std::nullopt;
      unsigned rank = ops.scaleCodes.getType().getRank();
      const Scheme &scheme = ops.scaleCodes.getScheme().getValue();
      ops.ofScales = ops.scaleCodes.getScales().getDefiningOp<ChooseParamsOp>();
      if (!isChosenFrom(ops.ofScales, ops.scaleCodes) || scheme.granularity != Granularity::Group ||
          ops.scaleCodes.getParamsMap() != getParamsMap(scheme, rank, op.getContext()))
        return std::nullopt;
      scales = ops.scaleCodes.getInput();
    }
    ops.chosen = scales.getDefiningOp<ChooseParamsOp>();
    if (!isChosenFrom(ops.chosen, op) || ops.chosen.getZeroPoints() != op.getZeroPoints())
      return std::nullopt;
    return ops;
  }

  /// Only constants become codes of a trellis, by rows of a matrix.
  static LogicalResult checkTrellis(QuantizeOp op, bool isTarget) {
    if (!op->hasAttr(trellisAttrName))
      return success();
    Scheme scheme = op.getScheme().getValue();
    if (scheme.storage != Storage::Int16 || !scheme.symmetric ||
        scheme.granularity == Granularity::Tensor || !isTrellisWidth(getTrellisBits(op)))
      return op.emitOpError() << "expected int16 by channel or group, symmetric, for codes of a "
                                 "trellis of 2 to 8 bits, got "
                              << op.getScheme() << " and " << op->getAttr(trellisAttrName);
    if (!isTarget || op.getType().getRank() < 2)
      return op.emitOpError() << "expected a constant matrix for codes of a trellis";
    return success();
  }

  /// Quantizes of a constant whose parameters are chosen from the same constant, and casts of one.
  std::optional<Target> matchTarget(QuantizeOp op) {
    std::string why;
    ScaledRows scaled = peelScalings(op.getInput());
    FailureOr<WeightView> view = traceWeight(scaled.rows, why);
    if (failed(view) || view->dims.empty() || !floatTypeOf(view->getRootType().getElementType()))
      return std::nullopt;
    std::optional<ParamsOps> params = matchParams(op);
    if (!params)
      return std::nullopt;
    unsigned rank = view->dims.size();
    // Rows of K: the form that --qlinalg-quantize makes. Others stay and are computed at run time.
    if (op.getParamsMap() != getParamsMap(op.getScheme().getValue(), rank, op.getContext()))
      return std::nullopt;
    Target target{op,
                  *params,
                  *view,
                  std::move(scaled),
                  {},
                  getWeightName(view->root),
                  getRootConstant(view->root)};
    llvm::SetVector<StringRef> sites;
    collectSites(op.getResult(), sites);
    if (target.name.empty() && !sites.empty())
      target.name = sites.front().str();
    if (target.name.empty())
      target.name = "weight";
    return target;
  }

  LogicalResult freeze(MutableArrayRef<Target> targets, ParameterFiles &files) {
    Target &target = targets.front();
    QuantizeOp op = target.op;
    Scheme scheme = op.getScheme().getValue();
    int64_t trellis = getTrellisBits(op);
    WeightRows rows(target.view, target.scaled.scalings);
    FailureOr<WeightSource> source = openWeight(op.getLoc(), target.view.root, target.name, files);
    if (failed(source))
      return failure();

    Frozen frozen;
    frozen.base = uniqueBase(target.name);
    frozen.facts.bytes =
        target.view.getRootType().getNumElements() * byteWidth(source->floats.type);
    AccumulatorProof proof(scheme, rows.getColumns());
    for (Target &user : targets)
      proof.addMatmulsOf(user.op);
    FrozenCache cache(
        isSlow(target) && !target.params.scaleCodes && !trellis ? outputParameters.getValue() : "");
    uint64_t key = cache.isOn() ? hashOf(target, *source, frozen.facts.bytes) : 0;
    CachedWeight cached = sizedAs(scheme, rows);
    bool isKnown = cache.load(key, cached);
    FailureOr<WeightInput> input = isKnown ? WeightInput() : findInput(targets, rows);
    if (failed(input))
      return failure();
    StoredSchemes schemes{scheme, {}};
    if (target.params.scaleCodes)
      schemes.scales = target.params.scaleCodes.getScheme().getValue();
    if (schemes.scales && (target.method.codes || (target.method.isAuto() && input->judged)))
      return emitError(op.getLoc())
             << "layer '" << target.name
             << "': expected scales of floats with a method that chooses codes by the input, got "
             << target.params.scaleCodes.getScheme();
    const MomentFactor *factor = trellis && input->model ? &input->model->getFactor() : nullptr;
    FrozenParams params;
    AutoTaken taken;
    auto freezeInto = [&](llvm::function_ref<void(const FrozenRows &)> consume) -> LogicalResult {
      auto take = [&](const FrozenRows &frozenRows) {
        proof.addRows(frozenRows);
        frozen.facts.error += frozenRows.error;
        consume(frozenRows);
        if (cache.isOn() && !isKnown && frozenRows.count == rows.getRows())
          cache.store(key, {frozenRows.codes.vec(), params, frozenRows.error});
      };
      if (isKnown) {
        params = cached.params;
        take({0, rows.getRows(), cached.codes,
              params.zeroPoints.empty() ? nullptr : params.zeroPoints.data(), cached.error});
        emitRemark(op.getLoc()) << "layer '" << target.name << "': codes of a run that was cut off";
        return success();
      }
      std::optional<QuantizeError> wrong =
          trellis ? freezeTrellis(op.getContext(), trellis, scheme, factor, rows,
                                  op.getType().getShape().drop_back().back(), source->floats,
                                  params, take)
                  : freezeWeight(op.getContext(), schemes, target.method, *input, rows,
                                 source->floats, params, taken, take);
      if (!wrong)
        return success();
      return emitError(op.getLoc())
             << "layer '" << target.name << "': " << wrong->message() << " at index "
             << formatIndex(rows.offsetOf(wrong->row, wrong->column),
                            target.view.getRootType().getShape());
    };
    LogicalResult stored = target.constant
                               ? storeConstants(target, frozen, params, freezeInto)
                               : storeParameters(target, frozen, params, files, rows, freezeInto);
    if (failed(stored))
      return failure();
    proof.apply();
    sayTaken(target, taken, input->isHeldOut);
    ++this->frozen;
    bytesBefore += frozen.facts.bytes;
    int bits = trellis ? trellis : bitWidth(scheme.storage);
    bytesAfter += rows.getRows() * bytesPerRow(bits, rows.getColumns()) + params.scales.size() +
                  params.zeroPoints.size() + params.scaleScales.size();
    if (!target.constant)
      setWeightFacts(getOperation().lookupSymbol(frozen.base + ".codes"), frozen.facts);
    for (Target &user : targets)
      replace(user, frozen);
    return success();
  }

  /// Seconds a layer, worth keeping until all is done.
  bool isSlow(Target &target) const {
    return !target.constant && !isDowncast(target.op.getScheme().getStorage()) &&
           (target.method.codes || (target.method.isAuto() && moments.isOpen()));
  }

  static CachedWeight sizedAs(const Scheme &scheme, const WeightRows &rows) {
    CachedWeight weight;
    int64_t columns = rows.getColumns();
    int64_t scales = scaleCount(scheme, rows.getRows(), columns);
    weight.codes.resize(rows.getRows() * bytesPerRow(bitWidth(scheme.storage), columns));
    weight.params.scales.resize(scales * byteWidth(scheme.scales));
    if (storesZeroPoints(scheme))
      weight.params.zeroPoints.resize(scales * zeroPointWidth(scheme.storage) / 8);
    return weight;
  }

  /// Of all that decides about the codes: floats, view, scalings, scheme, method, statistics.
  uint64_t hashOf(Target &target, const WeightSource &source, int64_t bytes) {
    std::string text;
    llvm::raw_string_ostream out(text);
    Attribute own = target.op->getAttr(methodAttrName);
    out << target.op.getScheme() << own << method << moments.getHash() << " "
        << hashBytes({source.floats.data, static_cast<size_t>(bytes)});
    for (const ViewDim &dim : target.view.dims)
      for (const Atom &atom : dim)
        out << " " << atom.size << "x" << atom.stride;
    for (const RowScaling &scaling : target.scaled.scalings)
      out << " " << scaling.dim << " " << hashBytes(std::as_bytes(std::span(scaling.factors)));
    return hashBytes(std::as_bytes(std::span(text)));
  }

  /// What the method needs to know of the weight's input. Rows that no matmul reads, of an
  /// embedding, have none: their codes are the nearest, by the scales of `mse`.
  FailureOr<WeightInput> findInput(MutableArrayRef<Target> targets, const WeightRows &rows) {
    WeightMethod &method = targets.front().method;
    bool isJudged = method.isAuto() && moments.isOpen();
    MomentsNeeded needed = isJudged       ? MomentsNeeded::Products
                           : method.codes ? momentsNeeded(*method.codes)
                                          : MomentsNeeded::None;
    if (needed == MomentsNeeded::None || isDowncast(targets.front().op.getScheme().getStorage()))
      return WeightInput();
    llvm::SetVector<StringRef> sites;
    for (Target &target : targets)
      collectSites(target.op.getResult(), sites);
    // In one order, whatever that of the uses.
    SmallVector<StringRef> names = sites.takeVector();
    llvm::sort(names);
    Target &target = targets.front();
    if (names.empty()) {
      emitRemark(target.op.getLoc())
          << "layer '" << target.name << "': no matmul reads its codes, so method=mse";
      method = *parseWeightMethod("mse");
      return WeightInput();
    }
    return moments.find({target.op.getLoc(), target.name, rows.getColumns(), names,
                         target.scaled.scalings, static_cast<unsigned>(target.view.dims.size())},
                        needed, isJudged);
  }

  /// What `auto` took.
  void sayTaken(Target &target, const AutoTaken &taken, bool isHeldOut) {
    if (!target.method.isAuto())
      return;
    if (!taken.tried.empty()) {
      InFlightDiagnostic remark = emitRemark(target.op.getLoc())
                                  << "layer '" << target.name << "': auto took "
                                  << taken.tried[taken.best].first << "; error of the output"
                                  << (isHeldOut ? ", held out: " : ": ");
      llvm::interleaveComma(taken.tried, remark, [&](const auto &tried) {
        remark << tried.first << " " << llvm::formatv("{0:e2}", tried.second).str();
      });
      return;
    }
    if (llvm::all_of(taken.counts, [](int64_t count) { return count == 0; }))
      return;
    InFlightDiagnostic remark = emitRemark(target.op.getLoc())
                                << "layer '" << target.name << "': auto took ";
    llvm::ListSeparator separator;
    for (auto [method, count] : llvm::zip(automaticMethods(), taken.counts))
      if (count)
        remark << StringRef(separator) << qlinalg::name(method) << " " << count << " times";
  }

  /// The constant, the way it is looked at, the scheme and the method.
  Attribute keyOf(Target &target) {
    Builder builder(&getContext());
    SmallVector<int64_t> atoms;
    for (const ViewDim &dim : target.view.dims) {
      for (const Atom &atom : dim)
        atoms.append({atom.size, atom.stride});
      atoms.push_back(-1);
    }
    Attribute root = target.constant ? Attribute(target.constant)
                                     : Attribute(builder.getStringAttr(target.name));
    Attribute own = target.op->getAttr(methodAttrName);
    Attribute scales = target.params.scaleCodes ? Attribute(target.params.scaleCodes.getScheme())
                                                : Attribute(builder.getUnitAttr());
    return builder.getArrayAttr({root, builder.getDenseI64ArrayAttr(atoms), target.op.getScheme(),
                                 scales, builder.getArrayAttr(target.scaled.identity),
                                 own ? own : builder.getUnitAttr(),
                                 builder.getI64IntegerAttr(getTrellisBits(target.op))});
  }

  /// A second scheme of the same weight is `NAME#2`.
  std::string uniqueBase(StringRef name) {
    unsigned uses = bases[name]++;
    return uses ? (name + "#" + Twine(uses + 1)).str() : name.str();
  }

  /// Freezes rows after rows and hands them to the function that it is given.
  using FreezeInto = function_ref<LogicalResult(function_ref<void(const FrozenRows &)>)>;

  /// The type of what is stored of `op`'s codes, unpacked.
  static RankedTensorType storedTypeOf(QuantizeOp op) {
    int64_t trellis = getTrellisBits(op);
    return trellis ? op.getType().clone(IntegerType::get(op.getContext(), trellis)) : op.getType();
  }

  /// The packed rows of `op`'s codes.
  RankedTensorType codesTypeOf(QuantizeOp op) {
    return LayoutAttr::getRows(&getContext()).getPackedType(storedTypeOf(op));
  }

  /// Codes and parameters as resources of the module.
  LogicalResult storeConstants(Target &target, Frozen &frozen, const FrozenParams &params,
                               FreezeInto freezeInto) {
    QuantizeOp op = target.op;
    RankedTensorType type = codesTypeOf(op);
    LogicalResult result = success();
    frozen.codes = createResource(type, frozen.base + ".codes", [&](std::byte *data) {
      result =
          freezeInto([&](const FrozenRows &rows) { data = llvm::copy(rows.getStored(), data); });
    });
    if (failed(result))
      return failure();
    if (op.getScales())
      frozen.scales =
          createParams(storedScalesType(target), frozen.base + ".scales", params.scales);
    if (target.params.ofScales)
      frozen.scaleScales = createParams(typeOf(target.params.ofScales.getScales()),
                                        frozen.base + ".scale_scales", params.scaleScales);
    if (op.getZeroPoints())
      frozen.zeroPoints =
          createParams(typeOf(op.getZeroPoints()), frozen.base + ".zero_points", params.zeroPoints);
    return success();
  }

  static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

  /// That of the scales as they are kept: packed rows where they are codes.
  RankedTensorType storedScalesType(const Target &target) {
    QuantizeOp codes = target.params.scaleCodes, op = target.op;
    return codes ? codesTypeOf(codes) : typeOf(op.getScales());
  }

  static TypedAttr createParams(RankedTensorType type, const std::string &name,
                                ArrayRef<std::byte> bytes) {
    // One number is no resource: upstream's lowering of globals takes those of rank 0 apart element
    // by element.
    if (type.getRank() == 0)
      return DenseElementsAttr::getFromRawBuffer(
          type, ArrayRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
    return createResource(type, name,
                          [&](std::byte *data) { std::copy(bytes.begin(), bytes.end(), data); });
  }

  /// Codes and parameters as tensors of the parameter file; the weight's pages go as soon as they
  /// are read.
  LogicalResult storeParameters(Target &target, Frozen &frozen, const FrozenParams &params,
                                ParameterFiles &files, const WeightRows &rows,
                                FreezeInto freezeInto) {
    QuantizeOp op = target.op;
    Storage storage = op.getScheme().getStorage();
    std::string name = frozen.base + ".codes";
    RankedTensorType type = codesTypeOf(op);
    bool isBits = isUnsigned(storage) || bitWidth(storage) < 8 || getTrellisBits(op);
    if (failed(files.begin(name, type, isBits)))
      return failure();
    int64_t rowBytes =
        rows.getColumns() * byteWidth(*floatTypeOf(target.view.getRootType().getElementType()));
    LogicalResult written = success();
    LogicalResult result = freezeInto([&](const FrozenRows &part) {
      if (succeeded(written))
        written = files.append(part.getStored());
      if (rows.isDense())
        files.release(target.name, part.first * rowBytes, part.count * rowBytes);
    });
    if (failed(result) || failed(written) || failed(files.end()))
      return failure();
    if (!rows.isDense())
      files.release(target.name, 0, rows.getRows() * rowBytes);
    frozen.codes = StringAttr::get(name, type);
    auto add = [&](RankedTensorType paramsType, StringRef suffix, bool asUnsigned,
                   ArrayRef<std::byte> bytes, TypedAttr &attr) -> LogicalResult {
      attr = StringAttr::get(frozen.base + suffix, paramsType);
      return failure(failed(files.begin(frozen.base + suffix.str(), paramsType, asUnsigned)) ||
                     failed(files.append(bytes)) || failed(files.end()));
    };
    QuantizeOp scaleCodes = target.params.scaleCodes;
    bool asUnsigned = scaleCodes && (isUnsigned(scaleCodes.getScheme().getStorage()) ||
                                     bitWidth(scaleCodes.getScheme().getStorage()) < 8);
    if ((op.getScales() && failed(add(storedScalesType(target), ".scales", asUnsigned,
                                      params.scales, frozen.scales))) ||
        (op.getZeroPoints() &&
         failed(add(typeOf(op.getZeroPoints()), ".zero_points", isUnsigned(storage),
                    params.zeroPoints, frozen.zeroPoints))) ||
        (scaleCodes && failed(add(typeOf(scaleCodes.getScales()), ".scale_scales", false,
                                  params.scaleScales, frozen.scaleScales))))
      return failure();
    return files.describe(frozen.base, op.getScheme(), rows.getColumns(),
                          scaleCodes ? scaleCodes.getScheme() : SchemeAttr(), getTrellisBits(op));
  }

  /// A constant, or a load of a parameter.
  Value materialize(OpBuilder &builder, Location loc, TypedAttr attr) {
    if (auto name = dyn_cast<StringAttr>(attr))
      return ml_program::GlobalLoadConstOp::create(
          builder, loc, name.getType(), SymbolRefAttr::get(&getContext(), name.getValue()));
    return arith::ConstantOp::create(builder, loc, attr);
  }

  /// Codes that lie in packed rows, as `type`.
  Value unpackRows(OpBuilder &builder, Location loc, RankedTensorType type, Value codes) {
    if (codes.getType() == type)
      return codes;
    return UnpackOp::create(builder, loc, type, codes, LayoutAttr::getRows(&getContext()));
  }

  void replace(Target &target, const Frozen &frozen) {
    QuantizeOp op = target.op, scaleCodes = target.params.scaleCodes;
    OpBuilder builder(op);
    ChooseParamsOp params = target.params.chosen;
    SetVector<Operation *> dead;
    if (scaleCodes) {
      builder.setInsertionPoint(scaleCodes);
      Location loc = scaleCodes.getLoc();
      target.params.ofScales.getScales().replaceAllUsesWith(
          materialize(builder, loc, frozen.scaleScales));
      scaleCodes.getResult().replaceAllUsesWith(
          unpackRows(builder, loc, scaleCodes.getType(), materialize(builder, loc, frozen.scales)));
      dead.insert(params);
      dead.insert(target.params.ofScales);
      dead.insert(scaleCodes);
    }
    if (params) {
      builder.setInsertionPoint(params);
      if (!scaleCodes)
        params.getScales().replaceAllUsesWith(materialize(builder, params.getLoc(), frozen.scales));
      if (frozen.zeroPoints)
        params.getZeroPoints().replaceAllUsesWith(
            materialize(builder, params.getLoc(), frozen.zeroPoints));
      builder.setInsertionPoint(op);
    }
    Value codes = materialize(builder, op.getLoc(), frozen.codes);
    if (auto constant = codes.getDefiningOp<arith::ConstantOp>())
      setWeightFacts(constant, frozen.facts);
    RankedTensorType stored = storedTypeOf(op);
    codes = unpackRows(builder, op.getLoc(), stored, codes);
    if (stored != op.getType())
      codes = DecodeTrellisOp::create(builder, op.getLoc(), op.getType(), codes);
    op.getResult().replaceAllUsesWith(codes);
    if (params)
      dead.insert(params);
    dead.insert(op);
    eraseDead(dead);
  }

  /// Erases what is dead of `worklist` and what only that needed, up to the float weight.
  static void eraseDead(SetVector<Operation *> &worklist) {
    while (!worklist.empty()) {
      Operation *next = worklist.pop_back_val();
      if (!isOpTriviallyDead(next))
        continue;
      SmallVector<Value> operands(next->getOperands());
      next->erase();
      for (Value operand : operands)
        if (Operation *definition = operand.getDefiningOp())
          worklist.insert(definition);
    }
  }

  llvm::StringMap<unsigned> bases;
  InputMoments moments;
};

} // namespace
} // namespace qlinalg
