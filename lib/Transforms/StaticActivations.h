//===- StaticActivations.h - Activations with constants ---------*- C++ -*-===//
//
// Scales and zero points of activations, from the statistics of a calibration. An error in an
// element of K costs what the weight's column makes of it, so the weight's column norms say what an
// error counts; matmuls of one activation share its codes, and their norms add up. Dynamic
// activations are here for what they need statistics for: scales moved into weights, and expected
// errors. So are floats whose weights are scaled by AWQ.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_STATICACTIVATIONS_H
#define QLINALG_TRANSFORMS_STATICACTIVATIONS_H

#include "ParameterFiles.h"
#include "QuantizeContraction.h"
#include "Settings.h"
#include "SiteTable.h"
#include "SmoothSearch.h"

#include <map>

namespace qlinalg {

class StaticActivations {
public:
  /// Contractions whose activations are the same codes.
  struct Group {
    Settings settings;
    std::vector<WeightContraction> contractions;
    std::vector<std::string> sites;
    /// Of the sites together; channels are K in the weight's stored order.
    Distribution seen;
    ChannelMoments channels;
    /// Of the first site, with products if there are any.
    const SiteStatistics *first = nullptr;
    LoadedWeights weights;
    ChosenSmoothing smoothing;
    /// Of one scale for all that was chosen by the histogram.
    std::optional<ChosenRange> range;
  };

  explicit StaticActivations(mlir::ModuleOp module) : module(module), files(module) {}

  /// Opens what is named; "" leaves it out.
  mlir::LogicalResult open(llvm::StringRef statistics, llvm::StringRef parameters);

  /// The activation of `contraction`, which stays where it is until `choose` is done. `site` is
  /// the contraction's.
  mlir::LogicalResult add(const WeightContraction &contraction, llvm::StringRef site,
                          const Settings &settings);

  /// Chooses parameters for all that were added, and says which in remarks.
  mlir::LogicalResult choose();

  /// Chooses only what scales go into weights, for activations that stay floats.
  mlir::LogicalResult chooseScales();

  /// What was chosen.
  ActivationCoding get(mlir::Operation *contraction) const { return codings.lookup(contraction); }

  /// All of them, with what was chosen.
  llvm::ArrayRef<Group> getGroups() const { return groups; }

  /// What a contraction becomes whose expected error is too large; nothing where it is not.
  std::optional<Fallback> getFallback(mlir::Operation *contraction) const {
    auto found = fallbacks.find(contraction);
    return found == fallbacks.end() ? std::nullopt : std::optional(found->second);
  }

private:
  mlir::FailureOr<const SiteStatistics *> find(const WeightContraction &contraction,
                                               const std::string &site, const Settings &settings);
  mlir::LogicalResult checkWeight(const WeightContraction &contraction,
                                  const SiteTable::Entry &site);
  mlir::FailureOr<std::vector<double>> sumImportance(const Group &group);
  mlir::FailureOr<const std::vector<double> *>
  getColumnSquares(const WeightContraction &contraction, llvm::StringRef site);
  mlir::LogicalResult chooseTensor(Group &group);
  mlir::LogicalResult useTensor(Group &group);
  mlir::LogicalResult chooseChannels(Group &group);

  // AwqActivations.cpp
  mlir::LogicalResult chooseAwq(Group &group);
  void multiplyAwq(const Group &group);

  // SmoothActivations.cpp
  mlir::LogicalResult searchSmoothing(Group &group);
  mlir::LogicalResult chooseSmoothed(Group &group);
  void saySmoothing(const Group &group) const;
  mlir::FailureOr<bool> isBetterUnsmoothed(Group &group);
  void moveScales(Group &group);
  mlir::LogicalResult loadWeights(Group &group);
  SmoothingProblem getProblem(const Group &group, std::span<const MatrixView> weights) const;
  MatmulError getError(const Group &group, size_t member) const;
  MatmulError getDynamicError(const Group &group, size_t member) const;
  void applyFallback(const Group &group, size_t member);

  mlir::ModuleOp module;
  ParameterFiles files;
  std::string path;
  std::optional<SiteTable> statistics;
  std::vector<Group> groups;
  /// The place of each group, by its activation and what else its members have in common.
  std::map<std::pair<const void *, std::string>, size_t> places;
  llvm::DenseMap<mlir::Operation *, ActivationCoding> codings;
  llvm::DenseMap<mlir::Operation *, Fallback> fallbacks;
  /// Of each weight that was looked at, by its value and the order of its atoms.
  std::map<std::pair<const void *, std::vector<int64_t>>, std::vector<double>> columnSquares;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_STATICACTIVATIONS_H
