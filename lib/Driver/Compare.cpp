//===- Compare.cpp - A quantized program beside its floats ----------------===//
//
// Three programs are compiled, all of which give the outputs of their sites as further results:
//
// * the floats, x -> y: the reference, or the module without what quantizes activations
// * quantized, x -> y': y' beside y is the error that has come together up to a site
// * quantized alone, x and y -> y'': every site's output is replaced by that of the floats for what
//   reads it, so y'' beside y is the error of one site by itself
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Driver/Compare.h"

#include "QLinalg/Driver/ArrayError.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Program.h"
#include "QLinalg/Runtime/TypeNames.h"
#include "QLinalg/Transforms/SiteResults.h"

#include "mlir/IR/TypeUtilities.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace qlinalg;

namespace {
/// A module of which one function is left, and its sites.
struct Isolated {
  OwningOpRef<ModuleOp> module;
  func::FuncOp entry;
  std::vector<SiteResult> sites;
  /// Results of the function itself, before those of its sites.
  size_t results = 0;
};

/// Counts of codes of one site's activations.
struct Saturation {
  int64_t limits = 0, codes = 0;
};

class Comparer {
public:
  Comparer(ModuleOp module, const std::string &entry, const FloatReference &reference)
      : module(module), entryName(entry), reference(reference) {}

  llvm::Error prepare(llvm::ArrayRef<std::vector<ArrayView>> batches);
  llvm::Error compile(const CompileOptions &options, const std::vector<std::string> &parameters);
  llvm::Error run(llvm::ArrayRef<ArrayView> inputs);
  Comparison finish();

private:
  llvm::Expected<Isolated> isolateClone(ModuleOp source);
  llvm::Expected<Isolated> makeFloats();
  llvm::Error matchSites();
  llvm::Error addError(std::vector<ErrorSums> &sums, size_t index, llvm::StringRef what,
                       const OwnedArray &floats, const OwnedArray &actual);
  void addSaturation(size_t index, const OwnedArray &codes);

  ModuleOp module;
  std::string entryName;
  FloatReference reference;
  Isolated quantized, floats;
  OwningOpRef<ModuleOp> alone;
  std::optional<Program> quantizedProgram, floatProgram, aloneProgram;
  /// Sites whose codes are results after those of all sites.
  std::vector<size_t> withCodes;
  std::vector<ErrorSums> results, errors, localErrors;
  std::vector<std::string> unquantized;
  std::vector<Saturation> saturations;
};
} // namespace

llvm::Expected<Isolated> Comparer::isolateClone(ModuleOp source) {
  Isolated result;
  result.module = source.clone();
  result.entry = result.module->lookupSymbol<func::FuncOp>(entryName);
  if (!result.entry || result.entry.isDeclaration())
    return makeError("expected a function @" + llvm::Twine(entryName) +
                     " with a body in the reference, got none");
  result.results = result.entry.getNumResults();
  DiagnosticCollector diagnostics(source.getContext());
  if (failed(isolate(result.entry)))
    return diagnostics.take("cannot prepare @" + llvm::Twine(entryName));
  return result;
}

llvm::Expected<Isolated> Comparer::makeFloats() {
  if (!reference.module) {
    auto result = isolateClone(module);
    if (!result)
      return result;
    DiagnosticCollector diagnostics(module.getContext());
    if (failed(leaveOutQuantization(*result->module)))
      return diagnostics.take("cannot compare @" + llvm::Twine(entryName) + " without --reference");
    result->sites = collectSites(result->entry, /*remarks=*/false);
    return result;
  }
  // As --qlinalg-ptq does before it gives names.
  OwningOpRef<ModuleOp> named = reference.module.clone();
  PassManager manager(module.getContext());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  DiagnosticCollector diagnostics(module.getContext());
  if (failed(manager.run(*named)))
    return diagnostics.take("cannot prepare the reference");
  nameFloatSites(*named);
  auto result = isolateClone(*named);
  if (result)
    result->sites = collectSites(result->entry, /*remarks=*/false);
  return result;
}

/// Puts the sites of the floats in the order of the quantized ones.
llvm::Error Comparer::matchSites() {
  llvm::StringMap<SiteResult> byName;
  for (const SiteResult &site : floats.sites)
    byName[site.name] = site;
  llvm::StringSet<> names;
  // Those too that are not compared.
  quantized.module->walk([&](Operation *op) {
    if (auto name = op->getAttrOfType<StringAttr>(siteNameAttrName))
      names.insert(name.getValue());
  });
  for (const SiteResult &site : floats.sites)
    if (!names.contains(site.name))
      unquantized.push_back(site.name);
  floats.sites.clear();
  for (const SiteResult &site : quantized.sites) {
    auto found = byName.find(site.name);
    if (found == byName.end())
      return makeError("expected a site '" + site.name + "' in @" + entryName +
                       " of the reference, got none");
    auto expected = cast<RankedTensorType>(site.output.getType());
    auto type = cast<RankedTensorType>(found->second.output.getType());
    if (expected.getElementType() != type.getElementType() ||
        failed(verifyCompatibleShape(expected, type))) {
      std::string message;
      llvm::raw_string_ostream(message) << "site '" << site.name << "': expected " << expected
                                        << " in the reference, got " << type;
      return makeError(message);
    }
    floats.sites.push_back(found->second);
  }
  return llvm::Error::success();
}

/// Sites whose matmul took in what follows it: the reference's contraction does not have that.
static void leaveOutFused(std::vector<SiteResult> &sites) {
  std::erase_if(sites, [](const SiteResult &site) {
    auto op = site.output.getDefiningOp<MatmulOp>();
    bool isFused = op && (op.getBias() || op.getMultiplier() || op.getEpilogue() != Epilogue::None);
    if (isFused)
      op.emitRemark() << "site '" << site.name
                      << "' is not compared: a bias or an activation is part of it";
    return isFused;
  });
}

static SmallVector<Value> outputsOf(const std::vector<SiteResult> &sites) {
  return llvm::map_to_vector(sites, [](const SiteResult &site) { return site.output; });
}

llvm::Error Comparer::prepare(llvm::ArrayRef<std::vector<ArrayView>> batches) {
  nameQuantizedSites(module);
  auto isolated = isolateClone(module);
  if (!isolated)
    return isolated.takeError();
  quantized = std::move(*isolated);
  {
    DiagnosticCollector remarks(module.getContext());
    quantized.sites = collectSites(quantized.entry, /*remarks=*/true);
    if (reference.module)
      leaveOutFused(quantized.sites);
  }
  if (quantized.sites.empty())
    return makeError("expected a quantized matmul in @" + llvm::Twine(entryName) + ", got none");
  auto made = makeFloats();
  if (!made)
    return made.takeError();
  floats = std::move(*made);
  auto signature = readSignature(floats.entry);
  if (!signature)
    return signature.takeError();
  for (const std::vector<ArrayView> &inputs : batches)
    if (llvm::Error error = checkInputs(*signature, inputs))
      return makeError("the reference: " + llvm::toString(std::move(error)));
  if (floats.results != quantized.results)
    return makeError("expected the reference's @" + llvm::Twine(entryName) + " to have " +
                     llvm::Twine(quantized.results) + " results, got " +
                     llvm::Twine(floats.results));
  if (llvm::Error error = matchSites())
    return error;
  SmallVector<Value> codes;
  for (auto [index, site] : llvm::enumerate(quantized.sites))
    if (site.codes) {
      withCodes.push_back(index);
      codes.push_back(site.codes);
    }
  addResults(floats.entry, outputsOf(floats.sites));
  addResults(quantized.entry, outputsOf(quantized.sites));

  alone = quantized.module->clone();
  auto entry = alone->lookupSymbol<func::FuncOp>(entryName);
  OperandRange returned = entry.getBody().back().getTerminator()->getOperands();
  replaceByArguments(entry, llvm::to_vector(returned.drop_front(quantized.results)));

  addResults(quantized.entry, codes);
  results.resize(quantized.results);
  errors.resize(quantized.sites.size());
  localErrors.resize(quantized.sites.size());
  saturations.resize(quantized.sites.size());
  return llvm::Error::success();
}

llvm::Error Comparer::compile(const CompileOptions &options,
                              const std::vector<std::string> &parameters) {
  CompileOptions silent = options;
  silent.report = false;
  const auto &floatParameters = reference.module ? reference.parameters : parameters;
  auto floatOption = reference.module ? "--reference-parameters" : "--parameters";
  for (auto [module, options, parameters, option, place] :
       {std::tuple(*quantized.module, &std::as_const(options), &parameters, "--parameters",
                   &quantizedProgram),
        std::tuple(*alone, &std::as_const(silent), &parameters, "--parameters", &aloneProgram),
        std::tuple(*floats.module, &std::as_const(silent), &floatParameters, floatOption,
                   &floatProgram)}) {
    auto program = Program::compile(module, *options, *parameters);
    if (!program)
      return program.takeError();
    if (std::string name = program->missingParameter(); !name.empty())
      return makeError(llvm::Twine("expected ") + option +
                       "=FILE with the tensors outside of the module, such as '" + name +
                       "', got none");
    *place = std::move(*program);
  }
  return llvm::Error::success();
}

llvm::Error Comparer::addError(std::vector<ErrorSums> &sums, size_t index, llvm::StringRef what,
                               const OwnedArray &floats, const OwnedArray &actual) {
  if (!std::ranges::equal(floats.shape, actual.shape) || floats.element != actual.element)
    return makeError(what + " " + llvm::Twine(index) + ": expected " +
                     describe(floats.element, floats.shape) + " as in the reference, got " +
                     describe(actual.element, actual.shape));
  return addArrays(sums[index], viewOf(floats), viewOf(actual));
}

void Comparer::addSaturation(size_t index, const OwnedArray &codes) {
  const SiteResult &site = quantized.sites[index];
  Storage storage = site.activations.getStorage();
  int64_t least = minCode(storage), greatest = maxCode(storage);
  std::span<const uint8_t> bytes(static_cast<const uint8_t *>(codes.data),
                                 *elementCount(codes.shape));
  auto count = [&](int64_t limit) {
    // A limit that stands for 0 is where most codes may lie, after a relu for example.
    return site.zeroPoint == limit ? 0 : std::ranges::count(bytes, static_cast<uint8_t>(limit));
  };
  saturations[index].limits += count(least) + count(greatest);
  saturations[index].codes += static_cast<int64_t>(bytes.size());
}

llvm::Error Comparer::run(llvm::ArrayRef<ArrayView> inputs) {
  auto wanted = floatProgram->call(entryName, inputs);
  if (!wanted)
    return makeError("the reference: " + llvm::toString(wanted.takeError()));
  auto given = quantizedProgram->call(entryName, inputs);
  if (!given)
    return given.takeError();
  for (size_t i = 0; i < quantized.results; ++i)
    if (llvm::Error error = addError(results, i, "result", (*wanted)[i], (*given)[i]))
      return error;
  size_t sites = quantized.sites.size();
  std::vector<ArrayView> all(inputs.begin(), inputs.end());
  for (size_t i = 0; i < sites; ++i) {
    size_t place = quantized.results + i;
    if (llvm::Error error = addError(errors, i, "site", (*wanted)[place], (*given)[place]))
      return error;
    all.push_back(viewOf((*wanted)[place]));
  }
  for (auto [i, index] : llvm::enumerate(withCodes))
    addSaturation(index, (*given)[quantized.results + sites + i]);
  given->clear();
  auto local = aloneProgram->call(entryName, all);
  if (!local)
    return local.takeError();
  for (size_t i = 0; i < sites; ++i) {
    size_t place = quantized.results + i;
    if (llvm::Error error = addError(localErrors, i, "site", (*wanted)[place], (*local)[place]))
      return error;
  }
  return llvm::Error::success();
}

Comparison Comparer::finish() {
  Comparison comparison;
  comparison.report = collectReport(module);
  llvm::StringMap<size_t> layers;
  for (auto [index, layer] : llvm::enumerate(comparison.report.layers))
    for (Operation *use : layer.uses)
      if (auto name = use->getAttrOfType<StringAttr>(siteNameAttrName))
        layers[name] = index;
  for (auto [i, site] : llvm::enumerate(quantized.sites)) {
    SiteComparison &entry = comparison.sites.emplace_back();
    entry.name = site.name;
    entry.location = formatLocation(site.output.getLoc());
    if (reference.module)
      entry.referenceLocation = formatLocation(floats.sites[i].output.getLoc());
    entry.scheme = site.scheme;
    entry.activations = site.activations;
    auto name = site.output.getDefiningOp()->getAttrOfType<StringAttr>(siteNameAttrName);
    if (auto found = layers.find(name); found != layers.end())
      entry.layer = found->second;
    entry.error = errors[i].measures();
    entry.localError = localErrors[i].measures();
    if (saturations[i].codes)
      entry.saturation = double(saturations[i].limits) / saturations[i].codes;
  }
  // NaN is worst; the first of equal ones comes first.
  auto rank = [](const SiteComparison &site) {
    return std::isnan(site.error.sqnr) ? std::pair(0, 0.0) : std::pair(1, site.error.sqnr);
  };
  std::vector<size_t> order(comparison.sites.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](size_t i) { return std::pair(rank(comparison.sites[i]), i); });
  std::vector<SiteComparison> sorted;
  for (size_t i : order)
    sorted.push_back(std::move(comparison.sites[i]));
  comparison.sites = std::move(sorted);
  for (const ErrorSums &sums : results)
    comparison.results.push_back(sums.measures());
  comparison.unquantized = std::move(unquantized);
  return comparison;
}

llvm::Expected<Comparison>
qlinalg::compareWithFloats(ModuleOp module, const std::string &entry, const CompileOptions &options,
                           const std::vector<std::string> &parameters,
                           const FloatReference &reference,
                           llvm::ArrayRef<std::vector<ArrayView>> batches) {
  Comparer comparer(module, entry, reference);
  if (llvm::Error error = comparer.prepare(batches))
    return error;
  if (llvm::Error error = comparer.compile(options, parameters))
    return error;
  for (const std::vector<ArrayView> &inputs : batches)
    if (llvm::Error error = comparer.run(inputs))
      return error;
  return comparer.finish();
}
