//===- AwqActivations.cpp - Scales of AWQ, at run time --------------------===//

#include "StaticActivations.h"

#include "InputMoments.h"

#include "QLinalg/Constants.h"
#include "QLinalg/Numerics/Awq.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace qlinalg {

/// Evenly spaced alphas, as the paper tries.
static constexpr int alphas = 20;

/// What stands in a group as `alpha`, and s.
LogicalResult StaticActivations::chooseAwq(Group &group) {
  if (failed(loadWeights(group)))
    return failure();
  Location loc = linalg::LinalgOp(group.contractions.front().op)->getLoc();
  Scheme scheme = group.settings.schemeFor(*group.settings.weights);
  AwqChoice choice;
  if (std::optional<QuantizeError> wrong =
          chooseAwqScales(scheme, group.first->channels, group.weights.get(), alphas, choice,
                          threadsOf(module.getContext())))
    return emitError(loc) << "site '" << group.sites.front() << "': " << wrong->message();
  group.smoothing.scales = choice.scales;
  if (choice.alpha > 0)
    group.smoothing.alpha = choice.alpha;
  auto [least, greatest] = std::minmax_element(choice.scales.begin(), choice.scales.end());
  for (auto [contraction, site] : llvm::zip(group.contractions, group.sites))
    emitRemark(linalg::LinalgOp(contraction.op)->getLoc())
        << llvm::formatv(
               "site '{0}': awq, {1}, s from {2:g6} to {3:g6}, error of the output {4:e2}", site,
               describe(group.smoothing.alpha), *least, *greatest, choice.error.share())
               .str();
  return success();
}

/// The activation is multiplied with 1 / s and stays float.
void StaticActivations::multiplyAwq(const Group &group) {
  if (!group.smoothing.alpha)
    return;
  ActivationCoding coding;
  std::vector<float> factors(group.smoothing.scales);
  auto make = [&](const Twine &name) {
    auto type =
        RankedTensorType::get({int64_t(factors.size())}, Float32Type::get(module.getContext()));
    return createResource(type, name.str(), [&](std::byte *data) {
      std::copy_n(reinterpret_cast<const std::byte *>(factors.data()),
                  factors.size() * sizeof(float), data);
    });
  };
  StringRef site = group.sites.front();
  coding.factors = make(site + ".factors");
  for (float &factor : factors)
    factor = 1 / factor;
  coding.reciprocals = make(site + ".reciprocals");
  for (const WeightContraction &contraction : group.contractions)
    codings[contraction.op] = coding;
}

} // namespace qlinalg
