//===- ModelReport.cpp - What quantization costs a model ------------------===//

#include "QLinalg/Transforms/ModelReport.h"

#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/TrellisOps.h"
#include "QLinalg/WeightFacts.h"
#include "Sites.h"
#include "WeightHolder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace qlinalg {

namespace {
/// One operand of an op, as codes or floats.
struct Side {
  Value data, scales, zeroPoints;
  SchemeAttr scheme, otherScheme;
  /// Of the matmul; empty for others.
  StringRef site;
  /// Where codes lie in panels: how many there are without the padding; else 0.
  int64_t inPanels = 0;
  /// Of scales that are codes in panels; else null.
  Value scaleScales = {};
  SchemeAttr scalesScheme = {};
};

/// What gives scales from codes, if anything does.
DequantizeOp findScaleCodes(Value scales) {
  while (Operation *op = scales ? scales.getDefiningOp() : nullptr) {
    if (auto dequantize = dyn_cast<DequantizeOp>(op))
      return dequantize;
    scales = elementsOf(op);
  }
  return {};
}

/// The result is nothing but scales.
bool givesScales(Value value) {
  return !value.use_empty() && llvm::all_of(value.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (auto matmul = dyn_cast<MatmulOp>(user))
      return value == matmul.getLhsScales() || value == matmul.getRhsScales();
    if (isa<QuantizeOp, DequantizeOp>(user))
      return use.getOperandNumber() == 1;
    return elementsOf(user) == value && givesScales(user->getResult(0));
  });
}

class Collector {
public:
  explicit Collector(ModuleOp module) : module(module) {}

  ModelReport collect() {
    for (const MatmulSite &site : findSites(module, [](Operation *, StringRef) {}))
      floatSites[site.getOp()] = site;
    module.walk([&](Operation *op) {
      if (auto matmul = dyn_cast<MatmulOp>(op))
        visit(matmul);
      else if (auto dequantize = dyn_cast<DequantizeOp>(op);
               dequantize && givesScales(op->getResult(0)))
        return;
      else if (dequantize)
        visit(op, {dequantize.getInput(),
                   dequantize.getScales(),
                   dequantize.getZeroPoints(),
                   dequantize.getScheme(),
                   {},
                   ""});
      else if (auto found = floatSites.find(op); found != floatSites.end())
        visit(found->second);
    });
    addRest();
    return std::move(report);
  }

private:
  void visit(MatmulOp op) {
    StringRef site = op.getSite().value_or("");
    // Those of integer sums; floats are found by their type.
    if (Value bias = op.getBias(); bias && getElementTypeOrSelf(bias.getType()).isInteger(32))
      if (std::optional<WeightHolder> holder = findHolder(bias))
        integerBiases.insert(holder->op);
    SchemeAttr lhs = op.getLhsSchemeAttr(), rhs = op.getRhsSchemeAttr();
    // The right one first: it is the weight where both are held.
    if (visit(op, {op.getRhs(), op.getRhsScales(), op.getRhsZeroPoints(), rhs, lhs, site,
                   op.getRhsLayoutAttr() ? countOf(op, op.getRhsMap()) : 0, op.getRhsScaleScales(),
                   op.getRhsScalesSchemeAttr()}))
      return;
    visit(op, {op.getLhs(), op.getLhsScales(), op.getLhsZeroPoints(), lhs, rhs, site,
               op.getLhsLayoutAttr() ? countOf(op, op.getLhsMap()) : 0, op.getLhsScaleScales(),
               op.getLhsScalesSchemeAttr()});
  }

  static int64_t countOf(MatmulOp op, AffineMap side) {
    SmallVector<int64_t> sizes = op.getStaticLoopSizes();
    int64_t count = 1;
    for (AffineExpr dim : side.getResults())
      count *= sizes[cast<AffineDimExpr>(dim).getPosition()];
    return count;
  }

  /// Whether the side is a weight.
  bool visit(Operation *op, const Side &side) {
    if (!side.scheme) {
      std::string why;
      FailureOr<WeightView> view = traceWeight(side.data, why);
      if (failed(view) || !isMatmulFloat(view->root))
        return false;
      std::string name = getWeightName(view->root);
      addFloats(op, *view, name.empty() ? side.site.str() : name);
      return true;
    }
    std::optional<WeightHolder> codes = findHolder(side.data);
    if (!codes)
      return visitUnfrozen(op, side);
    addCodes(op, *codes, side);
    return true;
  }

  void addCodes(Operation *op, const WeightHolder &codes, Side side) {
    if (DequantizeOp scaleCodes = findScaleCodes(side.scales)) {
      side.scales = scaleCodes.getInput();
      side.scaleScales = scaleCodes.getScales();
      side.scalesScheme = scaleCodes.getScheme();
    }
    std::optional<WeightHolder> scales, zeroPoints, scaleScales;
    if (side.scales)
      scales = findHolder(side.scales);
    if (side.scaleScales)
      scaleScales = findHolder(side.scaleScales);
    if (side.zeroPoints)
      zeroPoints = findHolder(side.zeroPoints);
    std::string name = codes.layer();
    if (name.empty())
      name = side.site.empty() ? codes.name() : side.site.str();
    Builder builder(module.getContext());
    auto keyOf = [&](const std::optional<WeightHolder> &holder) {
      return holder ? holder->key() : Attribute(builder.getUnitAttr());
    };
    Layer &layer = getLayer(
        builder.getArrayAttr({codes.key(), keyOf(scales), keyOf(zeroPoints), side.scheme}), name);
    addUse(layer, op, side.otherScheme);
    if (layer.data)
      return;
    layer.scheme = side.scheme;
    layer.data = codes.op;
    layer.scales = scales ? scales->op : nullptr;
    layer.zeroPoints = zeroPoints ? zeroPoints->op : nullptr;
    layer.scaleScales = scaleScales ? scaleScales->op : nullptr;
    layer.scalesScheme = side.scalesScheme;
    layer.columns = codes.logical.getRank() ? codes.logical.getShape().back() : 1;
    layer.rows = layer.columns ? codes.logical.getNumElements() / layer.columns : 0;
    layer.trellis = getTrellis(op, side.data);
    layer.isInRows = codes.isInRows && !side.inPanels && !layer.trellis;
    if (side.inPanels) {
      layer.rows = side.inPanels;
      layer.columns = 1;
    }
    layer.bytesAfter = codes.bytes() + (scales ? scales->bytes() : 0) +
                       (zeroPoints ? zeroPoints->bytes() : 0) +
                       (scaleScales ? scaleScales->bytes() : 0) + bytesOfMultipliers(op);
    if (std::optional<WeightFacts> facts = getWeightFacts(codes.op)) {
      layer.bytesBefore = facts->bytes;
      layer.error = facts->error;
    }
  }

  /// What stands for the scales where a matmul requantizes in integers.
  static int64_t bytesOfMultipliers(Operation *op) {
    auto matmul = dyn_cast<MatmulOp>(op);
    if (!matmul)
      return 0;
    int64_t bytes = 0;
    for (Value numbers : {matmul.getResultMultipliers(), matmul.getResultShifts()})
      if (numbers)
        if (std::optional<WeightHolder> holder = findHolder(numbers))
          bytes += holder->bytes();
    return bytes;
  }

  /// Bits of the codes of a trellis that `codes` of `op` stand for.
  static int64_t getTrellis(Operation *op, Value codes) {
    if (auto matmul = dyn_cast<MatmulOp>(op)) {
      bool isLhs = codes == matmul.getLhs();
      if (isTrellis(isLhs ? matmul.getLhsSchemeAttr() : matmul.getRhsSchemeAttr(),
                    isLhs ? matmul.getLhsLayoutAttr() : matmul.getRhsLayoutAttr()))
        return getTrellisBits(cast<ShapedType>(codes.getType()));
    }
    for (; codes && codes.getDefiningOp(); codes = elementsOf(codes.getDefiningOp()))
      if (auto decode = codes.getDefiningOp<DecodeTrellisOp>())
        return decode.getCodes().getType().getElementTypeBitWidth();
    return 0;
  }

  /// Codes that are computed from a weight when the program runs.
  bool visitUnfrozen(Operation *op, const Side &side) {
    Value codes = side.data;
    while (codes.getDefiningOp() && !codes.getDefiningOp<QuantizeOp>() &&
           (codes = elementsOf(codes.getDefiningOp())))
      ;
    auto quantize = codes ? codes.getDefiningOp<QuantizeOp>() : QuantizeOp();
    std::string why;
    FailureOr<WeightView> view =
        quantize ? traceWeight(quantize.getInput(), why) : FailureOr<WeightView>();
    if (failed(view))
      return false;
    std::string name = getWeightName(view->root);
    Builder builder(module.getContext());
    std::optional<WeightHolder> root = findHolder(view->root);
    Layer &layer = getLayer(builder.getArrayAttr({root->key(), side.scheme}),
                            name.empty() ? side.site.str() : name);
    addUse(layer, op, side.otherScheme);
    if (layer.scheme)
      return true;
    const Scheme &scheme = side.scheme.getValue();
    layer.scheme = side.scheme;
    layer.isFrozen = false;
    RankedTensorType type = quantize.getType();
    layer.columns = type.getRank() ? type.getShape().back() : 1;
    layer.rows = layer.columns ? type.getNumElements() / layer.columns : 0;
    layer.bytesBefore = root->bytes();
    int64_t scales = scaleCount(scheme, layer.rows, layer.columns);
    int64_t scaleBytes = scales * byteWidth(scheme.scales);
    if (DequantizeOp codes = findScaleCodes(side.scales)) {
      layer.scalesScheme = codes.getScheme();
      const Scheme &own = codes.getScheme().getValue();
      int64_t groups = groupsPerRow(scheme, layer.columns);
      scaleBytes = layer.rows * bytesPerRow(bitWidth(own.storage), groups) +
                   scaleCount(own, layer.rows, groups) * byteWidth(own.scales);
    }
    layer.bytesAfter = layer.rows * bytesPerRow(bitWidth(scheme.storage), layer.columns) +
                       scaleBytes + (storesZeroPoints(scheme) ? scales : 0);
    unfrozenRoots.insert(root->key());
    return true;
  }

  void visit(const MatmulSite &site) {
    if (auto *contraction = std::get_if<WeightContraction>(&site.what))
      addFloats(contraction->op, contraction->weight, site.layer);
    else if (auto *gather = std::get_if<WeightGather>(&site.what))
      addFloats(site.getOp(), gather->table, site.layer);
  }

  void addFloats(Operation *op, const WeightView &view, const std::string &name) {
    std::optional<WeightHolder> holder = findHolder(view.root);
    Layer &layer = getLayer(holder->key(), name);
    layer.uses.push_back(op);
    layer.data = holder->op;
    layer.rows = holder->type.getNumElements();
    layer.bytesBefore = layer.bytesAfter = holder->bytes();
  }

  Layer &getLayer(Attribute key, const std::string &name) {
    auto [place, isNew] = layers.try_emplace(key, report.layers.size());
    if (isNew)
      report.layers.emplace_back().name = name;
    return report.layers[place->second];
  }

  static void addUse(Layer &layer, Operation *op, SchemeAttr activations) {
    layer.uses.push_back(op);
    if (activations)
      layer.activations = activations;
  }

  /// What is a parameter and no layer: numbers that are not all the same.
  void addRest() {
    llvm::DenseSet<Attribute> counted = unfrozenRoots;
    for (const Layer &layer : report.layers)
      for (Operation *holder : {layer.data, layer.scales, layer.zeroPoints, layer.scaleScales})
        if (holder)
          counted.insert(keyOfHolder(holder));
    module.walk([&](Operation *op) {
      RankedTensorType type;
      if (auto global = dyn_cast<ml_program::GlobalOp>(op)) {
        type = dyn_cast<RankedTensorType>(global.getType());
      } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
        auto elements = dyn_cast<ElementsAttr>(constant.getValue());
        if (elements && !elements.isSplat() &&
            (isa<mlir::FloatType>(elements.getElementType()) || integerBiases.contains(op)))
          type = dyn_cast<RankedTensorType>(constant.getType());
      }
      if (type && type.hasStaticShape() && counted.insert(keyOfHolder(op)).second)
        report.otherBytes += WeightHolder{op, type, type}.bytes();
    });
  }

  static Attribute keyOfHolder(Operation *op) { return WeightHolder{op, {}, {}}.key(); }

  ModuleOp module;
  ModelReport report;
  llvm::DenseMap<Attribute, size_t> layers;
  llvm::DenseMap<Operation *, MatmulSite> floatSites;
  llvm::DenseSet<Attribute> unfrozenRoots;
  /// Their constants.
  llvm::DenseSet<Operation *> integerBiases;
};
} // namespace

ModelReport collectReport(ModuleOp module) { return Collector(module).collect(); }

} // namespace qlinalg
