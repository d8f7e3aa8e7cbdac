//===- ReferenceWeights.cpp - What weights were before --------------------===//
//
// The module before quantization is read into a context of its own, prepared as --qlinalg-ptq
// does, so that its weights have the names that they were quantized under, and compared with what
// the codes stand for, rows after rows.
//
//===----------------------------------------------------------------------===//

#include "ReferenceWeights.h"

#include "FrozenWeight.h"
#include "ParameterFiles.h"
#include "Sites.h"
#include "WeightHolder.h"

#include "QLinalg/Constants.h"
#include "QLinalg/Numerics/Packing.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace qlinalg {

namespace {
/// Errors of one context as those of another.
class ForwardDiagnostics : public ScopedDiagnosticHandler {
public:
  ForwardDiagnostics(MLIRContext *from, MLIRContext *to)
      : ScopedDiagnosticHandler(from, [to](Diagnostic &diagnostic) {
          Location loc = UnknownLoc::get(to);
          if (auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
            loc = FileLineColLoc::get(to, place.getFilename().getValue(), place.getLine(),
                                      place.getColumn());
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
            emitError(loc) << diagnostic.str();
          return success();
        }) {}
};

/// The bytes of constants of a module, and of parameters in a file.
class HolderBytes {
public:
  explicit HolderBytes(ModuleOp module) : files(module) {}

  LogicalResult open(StringRef parameters) { return files.open(parameters, ""); }

  FailureOr<const std::byte *> get(Operation *holder) {
    Attribute value;
    RankedTensorType type;
    if (auto constant = dyn_cast<arith::ConstantOp>(holder)) {
      value = constant.getValue();
    } else {
      auto global = cast<ml_program::GlobalOp>(holder);
      value = *global.getValue();
      type = cast<RankedTensorType>(global.getType());
    }
    auto elements = dyn_cast<ElementsAttr>(value);
    if (!elements)
      return files.find(cast<ml_program::GlobalOp>(holder).getSymName(), type);
    std::optional<ConstantBytes> bytes = getConstantBytes(elements);
    if (!bytes)
      return holder->emitError("expected a constant whose bytes are in the module, got an elided "
                               "or cut-off resource");
    kept.push_back(std::make_unique<ConstantBytes>(std::move(*bytes)));
    return kept.back()->data();
  }

  void release(Operation *holder, RankedTensorType type) {
    kept.clear();
    auto global = dyn_cast<ml_program::GlobalOp>(holder);
    if (global && !isa<ElementsAttr>(*global.getValue()))
      files.release(global.getSymName(), 0, WeightHolder{holder, type, type}.bytes());
  }

private:
  ParameterFiles files;
  std::vector<std::unique_ptr<ConstantBytes>> kept;
};
} // namespace

/// The weight of a site as rows of K.
static std::optional<WeightView> rowsOf(const MatmulSite &site) {
  if (auto *gather = std::get_if<WeightGather>(&site.what))
    return gather->table;
  auto *contraction = std::get_if<WeightContraction>(&site.what);
  if (!contraction)
    return std::nullopt;
  WeightView view{contraction->weight.root, {}};
  for (const Atom &atom : contraction->keptAtoms)
    view.dims.push_back({atom});
  view.dims.emplace_back(contraction->reducedAtoms.begin(), contraction->reducedAtoms.end());
  return view;
}

namespace {
class Measure {
public:
  Measure(ModuleOp module, ModuleOp reference) : module(module), codes(module), floats(reference) {
    for (const MatmulSite &site : findSites(reference, [](Operation *, StringRef) {}))
      if (std::optional<WeightView> rows = rowsOf(site))
        weights[site.layer].push_back(*rows);
  }

  LogicalResult open(StringRef parameters, StringRef referenceParameters) {
    return failure(failed(codes.open(parameters)) || failed(floats.open(referenceParameters)));
  }

  LogicalResult measure(Layer &layer) {
    FailureOr<const WeightView *> weight = find(layer);
    if (failed(weight))
      return failure();
    RankedTensorType type = (*weight)->getRootType();
    FloatType element = *floatTypeOf(type.getElementType());
    layer.bytesBefore = type.getNumElements() * byteWidth(element);
    std::optional<WeightHolder> root = findHolder((*weight)->root);
    FailureOr<const std::byte *> source = floats.get(root->op);
    if (failed(source))
      return failure();
    QuantizedView view{nullptr, nullptr, nullptr};
    std::byte *scaleScales = nullptr;
    for (auto [holder, bytes] : {std::pair(layer.data, &view.codes),
                                 {layer.scales, &view.scales},
                                 {layer.zeroPoints, &view.zeroPoints},
                                 {layer.scaleScales, &scaleScales}}) {
      if (!holder)
        continue;
      FailureOr<const std::byte *> found = codes.get(holder);
      if (failed(found))
        return failure();
      // Nothing is written through it.
      *bytes = const_cast<std::byte *>(*found);
    }
    std::vector<float> decoded;
    if (layer.scalesScheme) {
      int64_t groups = groupsPerRow(layer.scheme.getValue(), layer.columns);
      decoded.resize(layer.rows * groups);
      dequantize(layer.scalesScheme.getValue(), layer.rows, groups, view.scales, scaleScales,
                 nullptr, decoded.data());
      view.scales = reinterpret_cast<std::byte *>(decoded.data());
    }
    layer.error = measureWeight(module.getContext(), layer.scheme.getValue(), WeightRows(**weight),
                                {*source, element}, view);
    floats.release(root->op, type);
    return success();
  }

private:
  /// The weight that became the layer: `NAME` for `NAME#2`, of as many rows of K.
  FailureOr<const WeightView *> find(const Layer &layer) {
    auto found = weights.find(layer.name);
    if (found == weights.end())
      found = weights.find(StringRef(layer.name).rsplit('#').first);
    InFlightDiagnostic error = emitError(layer.uses.front()->getLoc());
    error << "layer '" << layer.name << "': expected ";
    if (found == weights.end())
      return error << "a weight of that name in the reference, got none";
    std::string shapes;
    for (const WeightView &view : found->second) {
      WeightRows rows(view);
      if (rows.getRows() == layer.rows && rows.getColumns() == layer.columns) {
        error.abandon();
        return &view;
      }
      shapes += (shapes.empty() ? "" : " and ") + std::to_string(rows.getRows()) + " x " +
                std::to_string(rows.getColumns());
    }
    return error << "a weight of " << layer.rows << " rows and " << layer.columns
                 << " columns (K) in the reference, got " << shapes;
  }

  ModuleOp module;
  HolderBytes codes, floats;
  llvm::StringMap<SmallVector<WeightView, 1>> weights;
};
} // namespace

/// Whether the codes are a matrix with K last, whose parameters are those of its scheme.
static bool isReadable(const Layer &layer) {
  auto elements = [](Operation *holder) -> int64_t {
    if (!holder)
      return 0;
    auto global = dyn_cast<ml_program::GlobalOp>(holder);
    Type type = global ? global.getType() : holder->getResult(0).getType();
    return cast<RankedTensorType>(type).getNumElements();
  };
  int64_t scales = scaleCount(layer.scheme.getValue(), layer.rows, layer.columns), stored = scales,
          ofScales = 0;
  if (layer.scalesScheme) {
    const Scheme &scheme = layer.scalesScheme.getValue();
    int64_t groups = groupsPerRow(layer.scheme.getValue(), layer.columns);
    stored = layer.rows * bytesPerRow(bitWidth(scheme.storage), groups);
    ofScales = scaleCount(scheme, layer.rows, groups);
  }
  return layer.isFrozen && layer.isInRows && elements(layer.scales) == stored &&
         elements(layer.scaleScales) == ofScales &&
         elements(layer.zeroPoints) == (layer.scheme.hasZeroPoints() ? scales : 0);
}

LogicalResult measureAgainst(const ModuleFiles &reference, ModuleOp module, StringRef parameters,
                             ModelReport &report) {
  MLIRContext context(module.getContext()->getDialectRegistry(), MLIRContext::Threading::DISABLED);
  ForwardDiagnostics forward(&context, module.getContext());
  OwningOpRef<ModuleOp> floats = parseSourceFile<ModuleOp>(reference.module, &context);
  if (!floats)
    return emitError(module.getLoc()) << "cannot read the reference '" << reference.module << "'";
  PassManager manager(&context);
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  if (failed(manager.run(*floats)))
    return failure();
  Measure measure(module, *floats);
  if (failed(measure.open(parameters, reference.parameters)))
    return failure();
  for (Layer &layer : report.layers) {
    if (!layer.scheme)
      continue;
    if (!isReadable(layer)) {
      emitRemark(layer.uses.front()->getLoc())
          << "layer '" << layer.name
          << "' is not measured: its codes are not rows of K with the parameters of their scheme";
      continue;
    }
    if (failed(measure.measure(layer)))
      return failure();
  }
  return success();
}

} // namespace qlinalg
