//===- SmoothSearch.cpp - Which scales to move into weights ---------------===//

#include "SmoothSearch.h"

#include "mlir/IR/Threading.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qlinalg {

WeightView getRowsOf(const WeightContraction &contraction) {
  WeightView view{contraction.weight.root, {}};
  for (const Atom &atom : contraction.keptAtoms)
    view.dims.push_back({atom});
  view.dims.emplace_back(contraction.reducedAtoms);
  return view;
}

LogicalResult LoadedWeights::add(const WeightContraction &contraction, StringRef site,
                                 ParameterFiles &files) {
  WeightView view = getRowsOf(contraction);
  FailureOr<WeightSource> source =
      openWeight(linalg::LinalgOp(contraction.op)->getLoc(), view.root, site, files);
  if (failed(source))
    return failure();
  WeightRows rows(view);
  int64_t columns = rows.getColumns();
  std::vector<float> &matrix = values.emplace_back(rows.getRows() * columns);
  forEachBlock(view.root.getContext(), 0, rows.getRows(), columns,
               [&](int64_t first, int64_t count) {
                 rows.read(source->floats, first, count, matrix.data() + first * columns);
               });
  // The pages of a parameter are not needed until its codes are chosen.
  if (!source->constant)
    files.release(getWeightName(view.root), 0,
                  view.getRootType().getNumElements() * byteWidth(source->floats.type));
  views.push_back({matrix.data(), rows.getRows(), columns});
  return success();
}

SmallVector<Scheme> getActivationSchemes(const Settings &settings, const Scheme &weights) {
  if (settings.activations != Activations::Static)
    return {settings.dynamicScheme(weights)};
  SmallVector<Scheme> schemes;
  for (bool symmetric : {true, false}) {
    if (settings.activationSymmetric.value_or(symmetric) != symmetric)
      continue;
    Scheme &scheme = schemes.emplace_back();
    scheme.storage = settings.activationStorage;
    scheme.granularity = Granularity::Tensor;
    scheme.symmetric = symmetric;
  }
  return schemes;
}

ChosenSmoothing chooseSmoothing(MLIRContext *context, const SmoothingProblem &problem,
                                const Smoothing &smoothing, ArrayRef<Scheme> schemes) {
  std::vector<std::optional<double>> alphas = {std::nullopt};
  if (smoothing.kind == Smoothing::Alpha)
    alphas = {smoothing.alpha};
  else if (smoothing.kind == Smoothing::Auto)
    alphas.assign(automaticAlphas().begin(), automaticAlphas().end());
  // By schemes, so that what errors of the weight cost is counted once for each alpha.
  std::vector<ChosenSmoothing> best(alphas.size());
  parallelFor(context, 0, alphas.size(), [&](size_t i) {
    std::vector<float> scales = scalesOf(problem, alphas[i]);
    double ofWeights = expectedWeightError(problem, scales);
    for (const Scheme &scheme : schemes) {
      SmoothingProblem own = problem;
      own.activationScheme = scheme;
      MatmulError error{ofWeights, expectedActivationError(own, scales)};
      if (best[i].scales.empty() || error.total() < best[i].error.total())
        best[i] = {alphas[i], scales, scheme, error};
    }
  });
  return *llvm::min_element(best, [](const ChosenSmoothing &a, const ChosenSmoothing &b) {
    return a.error.total() < b.error.total();
  });
}

std::string describe(std::optional<double> alpha) {
  if (!alpha)
    return "no alpha";
  std::string text;
  llvm::raw_string_ostream(text) << "alpha " << llvm::format("%g", *alpha);
  return text;
}

} // namespace qlinalg
