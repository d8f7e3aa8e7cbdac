//===- SiteResults.cpp - What happens at sites, as results ----------------===//

#include "QLinalg/Transforms/SiteResults.h"

#include "ReadThrough.h"
#include "Sites.h"
#include "WeightHolder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace qlinalg {

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static void setName(Operation *op, const Twine &name) {
  op->setAttr(siteNameAttrName, StringAttr::get(op->getContext(), name));
}

static bool isGathered(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<linalg::GenericOp>(op))
      return findHolder(value).has_value();
    value = elementsOf(op);
    if (!value)
      break;
  }
  return false;
}

/// The layer as it was called before a second scheme of it became `LAYER#2`.
static std::string gatheredLayer(const WeightHolder &codes) {
  std::string name = codes.layer();
  if (name.empty())
    name = codes.name();
  auto [layer, use] = StringRef(name).rsplit('#');
  return !use.empty() && llvm::all_of(use, llvm::isDigit) ? layer.str() : name;
}

namespace {
/// `LAYER.gather`, `LAYER.gather#2`, …
class GatherNames {
public:
  std::string next(const std::string &layer) {
    unsigned use = ++uses[layer];
    return layer + ".gather" + (use > 1 ? "#" + std::to_string(use) : "");
  }

private:
  llvm::StringMap<unsigned> uses;
};
} // namespace

void nameQuantizedSites(ModuleOp module) {
  GatherNames gathers;
  for (auto function : module.getOps<func::FuncOp>()) {
    unsigned ordinal = 0;
    function.walk([&](Operation *op) {
      if (auto matmul = dyn_cast<MatmulOp>(op)) {
        if (matmul.getLhsSchemeAttr() || matmul.getRhsSchemeAttr())
          setName(op, matmul.getSite() ? Twine(*matmul.getSite())
                                       : function.getName() + "." + Twine(ordinal));
        ++ordinal;
      } else if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
        if (isGathered(dequantize.getInput()))
          setName(op, gathers.next(gatheredLayer(*findHolder(dequantize.getInput()))));
      }
    });
  }
}

void nameFloatSites(ModuleOp module) {
  GatherNames gathers;
  for (const MatmulSite &site : findSites(module, [](Operation *, StringRef) {}))
    setName(site.getOp(), site.name.empty() ? gathers.next(site.layer) : site.name);
}

//===----------------------------------------------------------------------===//
// Sites of a function
//===----------------------------------------------------------------------===//

/// What codes hold 0 as, where it is one number.
static std::optional<int64_t> zeroPointOf(SchemeAttr scheme, Value zeroPoints) {
  if (!scheme.hasZeroPoints())
    return impliedZeroPoint(scheme.getValue());
  DenseElementsAttr constant;
  if (!zeroPoints || !matchPattern(zeroPoints, m_Constant(&constant)) || !constant.isSplat())
    return std::nullopt;
  APInt value = constant.getSplatValue<APInt>();
  return isUnsigned(scheme.getStorage()) ? value.getZExtValue() : value.getSExtValue();
}

/// Codes that are held, or made of a constant.
static bool isWeight(Value codes) {
  if (findHolder(codes))
    return true;
  auto quantize = codes.getDefiningOp<QuantizeOp>();
  std::string why;
  return quantize && succeeded(traceWeight(quantize.getInput(), why));
}

static SiteResult siteOf(Operation *op, StringRef name) {
  SiteResult site{name.str(), op->getResult(0), {}, {}, {}, {}};
  if (auto dequantize = dyn_cast<DequantizeOp>(op))
    site.scheme = dequantize.getScheme();
  auto matmul = dyn_cast<MatmulOp>(op);
  if (!matmul)
    return site;
  struct Side {
    Value codes, zeroPoints;
    SchemeAttr scheme;
  } lhs{matmul.getLhs(), matmul.getLhsZeroPoints(), matmul.getLhsSchemeAttr()},
      rhs{matmul.getRhs(), matmul.getRhsZeroPoints(), matmul.getRhsSchemeAttr()};
  bool weightIsLhs = !rhs.scheme || (lhs.scheme && !isWeight(rhs.codes));
  const Side &weight = weightIsLhs ? lhs : rhs, &other = weightIsLhs ? rhs : lhs;
  site.scheme = weight.scheme;
  if (!other.scheme)
    return site;
  site.activations = other.scheme;
  if (other.scheme.isInteger() && getElementTypeOrSelf(other.codes.getType()).isInteger(8)) {
    site.codes = other.codes;
    site.zeroPoint = zeroPointOf(other.scheme, other.zeroPoints);
  }
  return site;
}

LogicalResult isolate(func::FuncOp entry) {
  auto returns = entry.getOps<func::ReturnOp>();
  if (!llvm::hasSingleElement(returns))
    return entry.emitError() << "expected a function with one return, got "
                             << std::distance(returns.begin(), returns.end());
  auto module = entry->getParentOfType<ModuleOp>();
  for (auto other : module.getOps<func::FuncOp>())
    if (other != entry)
      other.setPrivate();
  PassManager manager(module.getContext());
  // Only what is called, as it is.
  manager.addPass(createInlinerPass({}, [](OpPassManager &) {}));
  manager.addPass(createSymbolDCEPass());
  if (failed(manager.run(module)))
    return failure();
  if (!SymbolTable::symbolKnownUseEmpty(entry, module))
    return entry.emitError() << "expected a function that nothing calls, got calls of @"
                             << entry.getName();
  return success();
}

std::vector<SiteResult> collectSites(func::FuncOp entry, bool remarks) {
  std::vector<SiteResult> sites;
  DominanceInfo dominance(entry);
  Operation *end = entry.getBody().back().getTerminator();
  llvm::StringMap<unsigned> times;
  auto module = entry->getParentOfType<ModuleOp>();
  module.walk([&](Operation *op) {
    auto name = op->getAttrOfType<StringAttr>(siteNameAttrName);
    if (!name)
      return;
    std::string why;
    if (!entry->isProperAncestor(op))
      why = "it is in a function that is not inlined";
    else if (!isa<func::ReturnOp>(end) || !dominance.properlyDominates(op, end))
      why = "it is inside of " + op->getParentOp()->getName().getStringRef().str();
    else if (!isa<mlir::FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
      why = "its result is not floats";
    if (!why.empty()) {
      if (remarks)
        emitRemark(op->getLoc()) << "site '" << name.getValue() << "' is not compared: " << why;
      return;
    }
    SiteResult &site = sites.emplace_back(siteOf(op, name));
    if (unsigned time = ++times[site.name]; time > 1)
      site.name += "@" + std::to_string(time);
  });
  return sites;
}

//===----------------------------------------------------------------------===//
// Results and arguments
//===----------------------------------------------------------------------===//

static Operation *getReturn(func::FuncOp function) {
  return function.getBody().back().getTerminator();
}

void addResults(func::FuncOp function, ArrayRef<Value> values) {
  Operation *end = getReturn(function);
  end->insertOperands(end->getNumOperands(), values);
  for (Value value : values)
    (void)function.insertResult(function.getNumResults(), value.getType(), {});
}

void replaceByArguments(func::FuncOp function, ArrayRef<Value> values) {
  Operation *end = getReturn(function);
  for (Value value : values) {
    (void)function.insertArgument(function.getNumArguments(), value.getType(), {}, value.getLoc());
    value.replaceAllUsesExcept(function.getArguments().back(), end);
  }
}

//===----------------------------------------------------------------------===//
// Floats in the place of codes
//===----------------------------------------------------------------------===//

/// What `codes` are made of when the program runs, in their shape; null where they are held.
static Value floatsOf(OpBuilder &builder, Value codes) {
  Operation *op = codes.getDefiningOp();
  if (auto quantize = dyn_cast_or_null<QuantizeOp>(op))
    return quantize.getInput();
  if (auto quantize = dyn_cast_or_null<DynamicQuantizeOp>(op))
    return codes == op->getResult(0) ? quantize.getInput() : Value();
  if (!isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op))
    return {};
  Value floats = floatsOf(builder, op->getOperand(0));
  if (!floats)
    return {};
  builder.setInsertionPointAfter(op);
  Operation *reshaped = builder.clone(*op);
  reshaped->setOperand(0, floats);
  reshaped->getResult(0).setType(
      cast<RankedTensorType>(codes.getType()).clone(getElementTypeOrSelf(floats.getType())));
  return reshaped->getResult(0);
}

static void makeFloat(MatmulOp op, bool lhs, Value floats) {
  // Each range is asked for anew: it remembers how many operands there were.
  auto scales = [&] { return lhs ? op.getLhsScalesMutable() : op.getRhsScalesMutable(); };
  auto zeroPoints = [&] {
    return lhs ? op.getLhsZeroPointsMutable() : op.getRhsZeroPointsMutable();
  };
  unsigned first = op.getODSOperandIndexAndLength(lhs ? 0 : 3).first + 1;
  SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
  maps.erase(maps.begin() + first, maps.begin() + first + scales().size() + zeroPoints().size());
  zeroPoints().clear();
  scales().clear();
  op->setOperand(first - 1, floats);
  op.setIndexingMapsAttr(ArrayAttr::get(op.getContext(), maps));
  if (lhs)
    op.removeLhsSchemeAttr();
  else
    op.removeRhsSchemeAttr();
  op.removeAccumulatorAttr();
}

/// The codes are of the numbers that the weight was frozen for: they were not scaled on the way.
static bool areOfOwnScales(Value codes, Value scales) {
  Operation *op = codes.getDefiningOp();
  if (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op))
    return areOfOwnScales(op->getOperand(0), scales);
  auto quantize = dyn_cast_or_null<QuantizeOp>(op);
  return !quantize || quantize.getScheme().getValue().granularity != Granularity::Channel ||
         areEqual(quantize.getScales(), scales);
}

/// Why there is no float program in the module itself; empty where there is one.
static std::string findWhatFloatsLack(MatmulOp op) {
  if (op.getResultScheme() || getElementTypeOrSelf(op.getInit().getType()).isInteger())
    return "its results are integers";
  for (auto [codes, scales, scheme] :
       {std::tuple(op.getLhs(), op.getLhsScales(), op.getLhsScheme()),
        std::tuple(op.getRhs(), op.getRhsScales(), op.getRhsScheme())})
    if (scheme && !areOfOwnScales(codes, scales))
      return "scales of its activation went into its weight";
  return "";
}

LogicalResult leaveOutQuantization(ModuleOp module) {
  WalkResult lacking = module.walk([](MatmulOp op) -> WalkResult {
    std::string why = findWhatFloatsLack(op);
    if (why.empty())
      return WalkResult::advance();
    return op.emitError() << "expected a reference, as this module does not say what the floats "
                             "were: "
                          << why;
  });
  if (lacking.wasInterrupted())
    return failure();
  OpBuilder builder(module.getContext());
  module.walk([&](Operation *op) {
    if (auto matmul = dyn_cast<MatmulOp>(op)) {
      for (bool lhs : {true, false})
        if (lhs ? matmul.getLhsSchemeAttr() : matmul.getRhsSchemeAttr())
          if (Value floats = floatsOf(builder, lhs ? matmul.getLhs() : matmul.getRhs()))
            makeFloat(matmul, lhs, floats);
    } else if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
      Value floats = floatsOf(builder, dequantize.getInput());
      if (floats && floats.getType() == dequantize.getType())
        dequantize.getResult().replaceAllUsesWith(floats);
    } else if (auto fake = dyn_cast<FakeQuantizeOp>(op)) {
      fake.getResult().replaceAllUsesWith(fake.getInput());
    }
  });
  return success();
}

} // namespace qlinalg
