//===- SmoothSearch.h - Which scales to move into weights -------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_SMOOTHSEARCH_H
#define QLINALG_TRANSFORMS_SMOOTHSEARCH_H

#include "Settings.h"
#include "WeightContraction.h"
#include "WeightSource.h"

#include "QLinalg/Numerics/SmoothQuant.h"

namespace qlinalg {

/// The weight of a contraction as rows of K.
WeightView getRowsOf(const WeightContraction &contraction);

/// Weights as rows of K in f32.
class LoadedWeights {
public:
  /// `site` is for messages.
  mlir::LogicalResult add(const WeightContraction &contraction, llvm::StringRef site,
                          ParameterFiles &files);
  std::span<const MatrixView> get() const { return views; }

private:
  std::vector<std::vector<float>> values;
  std::vector<MatrixView> views;
};

/// What is chosen for all matmuls of one activation.
struct ChosenSmoothing {
  /// Nothing: no smoothing.
  std::optional<double> alpha;
  std::vector<float> scales;
  Scheme activation;
  MatmulError error;
};

/// The schemes of the activation that `settings` leave open, `Tensor`, `Token` or `TokenGroup`.
llvm::SmallVector<Scheme> getActivationSchemes(const Settings &settings, const Scheme &weights);

/// The least expected error of the alphas that `settings` allow and of `schemes`, the first of
/// several alike; on the context's threads. `problem.activationScheme` is not looked at.
ChosenSmoothing chooseSmoothing(mlir::MLIRContext *context, const SmoothingProblem &problem,
                                const Smoothing &smoothing, llvm::ArrayRef<Scheme> schemes);

/// "no alpha", "alpha 0.85".
std::string describe(std::optional<double> alpha);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_SMOOTHSEARCH_H
