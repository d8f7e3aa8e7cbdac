//===- StaticActivations.h - Activations with constants ---------*- C++ -*-===//
//
// Scales and zero points of activations, from the statistics of a calibration. An error in an
// element of K costs what the weight's column makes of it, so the weight's column norms say what an
// error counts; matmuls of one activation share its codes, and their norms add up.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_STATICACTIVATIONS_H
#define QLINALG_TRANSFORMS_STATICACTIVATIONS_H

#include "ParameterFiles.h"
#include "QuantizeContraction.h"
#include "Settings.h"
#include "SiteTable.h"

#include <map>

namespace qlinalg {

class StaticActivations {
public:
  explicit StaticActivations(mlir::ModuleOp module) : module(module), files(module) {}

  /// Opens what is named; "" leaves it out.
  mlir::LogicalResult open(llvm::StringRef statistics, llvm::StringRef parameters);

  /// The activation of `contraction`, which stays where it is until `choose` is done. `site` is
  /// the contraction's.
  mlir::LogicalResult add(const WeightContraction &contraction, llvm::StringRef site,
                          const Settings &settings);

  /// Chooses parameters for all that were added, and says which in remarks.
  mlir::LogicalResult choose();

  /// What was chosen.
  ActivationCoding get(mlir::Operation *contraction) const { return codings.lookup(contraction); }

private:
  /// Contractions whose activations are the same codes.
  struct Group {
    Settings settings;
    std::vector<WeightContraction> contractions;
    std::vector<std::string> sites;
    /// Of the sites together; channels are K in the weight's stored order.
    Distribution seen;
    ChannelMoments channels;
  };

  mlir::FailureOr<const SiteStatistics *> find(mlir::Location loc, const std::string &site,
                                               int64_t channels);
  mlir::LogicalResult reportMissing(mlir::Location loc, llvm::StringRef site);
  mlir::FailureOr<std::vector<double>> sumImportance(const Group &group);
  mlir::FailureOr<const std::vector<double> *>
  getColumnSquares(const WeightContraction &contraction, llvm::StringRef site);
  mlir::LogicalResult chooseTensor(Group &group);
  mlir::LogicalResult chooseChannels(Group &group);

  mlir::ModuleOp module;
  ParameterFiles files;
  std::string path;
  std::optional<SiteTable> statistics;
  std::vector<Group> groups;
  /// The place of each group, by its activation and what else its members have in common.
  std::map<std::pair<const void *, std::string>, size_t> places;
  llvm::DenseMap<mlir::Operation *, ActivationCoding> codings;
  /// Of each weight that was looked at, by its value and the order of its atoms.
  std::map<std::pair<const void *, std::vector<int64_t>>, std::vector<double>> columnSquares;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_STATICACTIVATIONS_H
