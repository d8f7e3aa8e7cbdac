//===- Smooth.cpp - Scales from activations into weights, in floats -------===//
//
// x W^T  ->  (x * (1 / s)) (W * s)^T, the products folded into constants and parameters where that
// can be.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "LayerSettings.h"
#include "ScaleMigration.h"
#include "ScaledRows.h"
#include "StaticActivations.h"

#include "QLinalg/Constants.h"
#include "QLinalg/Numerics/Float.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace qlinalg {
#define GEN_PASS_DEF_SMOOTH
#include "QLinalg/Passes.h.inc"

namespace {

/// Elements of a root times what stands for their index along `along`.
struct Product {
  ViewDim along;
  std::vector<float> factors;

  void apply(MutableArrayRef<float> values) const {
    for (auto [offset, value] : llvm::enumerate(values)) {
      int64_t index = 0;
      for (const Atom &atom : along)
        index = index * atom.size + static_cast<int64_t>(offset) / atom.stride % atom.size;
      value *= factors[index];
    }
  }
};

void applyTo(std::byte *bytes, FloatType type, int64_t count, ArrayRef<Product> products) {
  std::vector<float> values(count);
  loadFloats(type, bytes, count, values.data());
  for (const Product &product : products)
    product.apply(values);
  storeFloats(type, values.data(), count, bytes);
}

struct SmoothPass : impl::SmoothBase<SmoothPass> {
  using SmoothBase::SmoothBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    parameterProducts.clear();
    FailureOr<Recipe> layers = readOptions();
    if (failed(layers))
      return signalPassFailure();
    std::vector<MatmulSite> sites = findSites(module, [](Operation *, StringRef) {});
    llvm::erase_if(sites, [](const MatmulSite &site) {
      return !std::holds_alternative<WeightContraction>(site.what);
    });
    StaticActivations activations(module);
    if (failed(checkPatterns(module, *layers, recipe, sites)) ||
        failed(activations.open(statistics, parameters)) ||
        failed(choose(sites, *layers, activations)))
      return signalPassFailure();
    for (const StaticActivations::Group &group : activations.getGroups())
      smoothGroup(group);
    if (failed(writeParameters()))
      return signalPassFailure();
  }

private:
  FailureOr<Recipe> readOptions() {
    return readSettings(getOperation(),
                        {{"weights", weights},
                         {"granularity", granularity},
                         {"group", group},
                         {"symmetric", symmetric},
                         {"scales", scales},
                         {"activations", this->activations},
                         {"activation-storage", activationStorage},
                         {"activation-symmetric", activationSymmetric},
                         {"method", method},
                         {"smooth", method == "awq" ? StringRef("none") : StringRef(smooth)}},
                        recipe);
  }

  LogicalResult choose(ArrayRef<MatmulSite> sites, const Recipe &layers,
                       StaticActivations &activations) {
    llvm::StringSet<> observers;
    IRRewriter rewriter(&getContext());
    std::vector<std::pair<const MatmulSite *, Settings>> chosen;
    ScaleMigration migration(getOperation());
    for (const MatmulSite &site : sites) {
      std::string why;
      Settings settings = layers.settingsFor(site.layer, why);
      const auto &contraction = std::get<WeightContraction>(site.what);
      if (settings.weights)
        why = whyNot(contraction, settings, migration);
      if (!why.empty()) {
        emitRemark(site.getOp()->getLoc()) << "'" << site.name << "' not smoothed: " << why;
        continue;
      }
      chosen.emplace_back(&site, settings);
      // What they saw is of the model before.
      observers.insert((site.name + inputSuffix).str());
    }
    dropObservers(rewriter, getOperation(), observers);
    for (auto [site, settings] : chosen)
      if (failed(activations.add(std::get<WeightContraction>(site->what), site->name, settings)))
        return failure();
    return activations.chooseScales();
  }

  /// Why a matmul is left as it is; "" where it is not.
  static std::string whyNot(const WeightContraction &contraction, const Settings &settings,
                            const ScaleMigration &migration) {
    if (settings.smoothing.kind == Smoothing::None && !settings.isAwq())
      return "smooth=none";
    if (settings.activations == Activations::None && !settings.isAwq())
      return "its activations stay floats";
    if (!isInOneDimension(contraction))
      return "its activation is summed over several dimensions";
    if (!migration.findRoot(getWeight(contraction), contraction.reducedAtoms))
      return "something else reads its weight";
    return "";
  }

  static OpOperand &getWeight(const WeightContraction &contraction) {
    return *linalg::LinalgOp(contraction.op).getDpsInputOperand(contraction.weightIsLhs ? 0 : 1);
  }
  static OpOperand &getActivation(const WeightContraction &contraction) {
    return *linalg::LinalgOp(contraction.op).getDpsInputOperand(contraction.weightIsLhs ? 1 : 0);
  }

  /// K is one dimension of the activation, in the weight's stored order.
  static bool isInOneDimension(const WeightContraction &contraction) {
    if (contraction.reduced.size() != 1)
      return false;
    const ViewDim &dim = contraction.reduced.front().second;
    return llvm::is_sorted(dim, [](const Atom &a, const Atom &b) { return a.stride > b.stride; });
  }

  static unsigned getDimOfK(const WeightContraction &contraction) {
    AffineMap map = contraction.activationMap;
    AffineExpr loop = getAffineDimExpr(contraction.reduced.front().first, map.getContext());
    return *map.getResultPosition(loop);
  }

  void smoothGroup(const StaticActivations::Group &group) {
    if (!group.smoothing.alpha)
      return;
    ScaleMigration migration(getOperation());
    for (const WeightContraction &contraction : group.contractions) {
      std::optional<ConstantChange> change =
          migration.findRoot(getWeight(contraction), contraction.reducedAtoms);
      multiply(*change, group.smoothing.scales);
      ++smoothed;
    }
    std::vector<float> reciprocals(group.smoothing.scales);
    for (float &scale : reciprocals)
      scale = 1 / scale;
    const WeightContraction &first = group.contractions.front();
    Value x = getActivation(first).get();
    unsigned dim = getDimOfK(first);
    auto isMember = [&](OpOperand &use) {
      return llvm::any_of(group.contractions, [&](const WeightContraction &contraction) {
        return &getActivation(contraction) == &use;
      });
    };
    std::optional<SmallVector<ConstantChange>> changes;
    if (llvm::all_of(x.getUses(), isMember))
      changes = migration.find(x, dim);
    if (!changes) {
      multiplyAtRunTime(group, x, dim, reciprocals);
      return;
    }
    ++migrated;
    emitRemark(linalg::LinalgOp(first.op)->getLoc())
        << "site '" << group.sites.front() << "': 1 / s went into " << describe(*changes);
    for (const ConstantChange &change : *changes)
      multiply(change, reciprocals);
  }

  static std::string describe(ArrayRef<ConstantChange> changes) {
    std::string text;
    llvm::raw_string_ostream out(text);
    llvm::interleaveComma(changes, out, [&](const ConstantChange &change) {
      std::string name = getWeightName(change.root);
      out << (name.empty() ? "a constant" : "'" + name + "'");
    });
    return text.empty() ? "zeros" : text;
  }

  /// x times 1 / s before the matmuls.
  void multiplyAtRunTime(const StaticActivations::Group &group, Value x, unsigned dim,
                         ArrayRef<float> reciprocals) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfterValue(x);
    auto type = RankedTensorType::get({int64_t(reciprocals.size())}, builder.getF32Type());
    auto factors = createResource(type, group.sites.front() + ".reciprocals", [&](std::byte *data) {
      std::copy_n(reinterpret_cast<const std::byte *>(reciprocals.data()),
                  reciprocals.size() * sizeof(float), data);
    });
    Value product = scaleRows(builder, x.getLoc(), x, dim, factors);
    Type element = cast<RankedTensorType>(x.getType()).getElementType();
    if (!element.isF32())
      product = castElements(builder, product, x.getType());
    for (const WeightContraction &contraction : group.contractions)
      getActivation(contraction).set(product);
    emitRemark(linalg::LinalgOp(group.contractions.front().op)->getLoc())
        << "site '" << group.sites.front() << "': 1 / s is multiplied with at run time";
  }

  /// Of f32, to the floats of `type`.
  static Value castElements(OpBuilder &builder, Value value, Type type) {
    if (getElementTypeOrSelf(type).isF64())
      return arith::ExtFOp::create(builder, value.getLoc(), type, value);
    return arith::TruncFOp::create(builder, value.getLoc(), type, value);
  }

  /// A constant is replaced where it is read, a parameter changed when all is known.
  void multiply(const ConstantChange &change, ArrayRef<float> factors) {
    Product product{change.along, {factors.begin(), factors.end()}};
    if (auto load = change.root.getDefiningOp<ml_program::GlobalLoadConstOp>()) {
      parameterProducts[load.getGlobal().getLeafReference()].push_back(std::move(product));
      return;
    }
    auto constant = change.root.getDefiningOp<arith::ConstantOp>();
    auto type = cast<RankedTensorType>(change.root.getType());
    std::optional<ConstantBytes> bytes = getConstantBytes(cast<ElementsAttr>(constant.getValue()));
    FloatType floats = *floatTypeOf(type.getElementType());
    std::vector<std::byte> changed(bytes->data(), bytes->data() + bytes->size());
    applyTo(changed.data(), floats, type.getNumElements(), product);
    OpBuilder builder(constant);
    // Named as before by its location, or by its key, to which a number is added.
    TypedAttr attr;
    if (isa<DenseResourceElementsAttr>(constant.getValue()))
      attr = createResource(type, getWeightName(change.root),
                            [&](std::byte *data) { llvm::copy(changed, data); });
    else
      attr = DenseElementsAttr::getFromRawBuffer(
          type, ArrayRef(reinterpret_cast<const char *>(changed.data()), changed.size()));
    change.reader->set(arith::ConstantOp::create(builder, constant.getLoc(), attr));
    if (constant->use_empty())
      constant->erase();
  }

  LogicalResult writeParameters() {
    if (outputParameters.empty() && parameterProducts.empty())
      return success();
    ParameterFiles files(getOperation());
    if (failed(files.open(parameters, outputParameters)))
      return failure();
    for (const auto &[name, products] : parameterProducts) {
      auto global = getOperation().lookupSymbol<ml_program::GlobalOp>(name);
      auto type = cast<RankedTensorType>(global.getType());
      FloatType floats = *floatTypeOf(type.getElementType());
      if (failed(files.rewrite(name.getValue(), type, [&](MutableArrayRef<std::byte> bytes) {
            applyTo(bytes.data(), floats, type.getNumElements(), products);
          })))
        return failure();
    }
    return files.finish();
  }

  llvm::MapVector<StringAttr, SmallVector<Product>> parameterProducts;
};

} // namespace
} // namespace qlinalg
