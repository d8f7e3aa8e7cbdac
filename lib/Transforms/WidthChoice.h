//===- WidthChoice.h - Bits of each layer, within a target ------*- C++ -*-===//
//
// Each weight is coded in several widths and groups, and what each costs its results is measured:
// tr(E H E^T) by the statistics as a share of their mean square; without statistics the same of
// the weight. Shares of layers add up (each layer's noise goes the same way as its signal), and
// BitAllocation.h chooses.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_WIDTHCHOICE_H
#define QLINALG_TRANSFORMS_WIDTHCHOICE_H

#include "InputMoments.h"
#include "ParameterFiles.h"
#include "Settings.h"
#include "WeightContraction.h"

#include "QLinalg/Numerics/BitAllocation.h"

#include "llvm/ADT/MapVector.h"

namespace qlinalg {

/// The target: bits a weight, or bytes of all weights that are chosen for, everything stored
/// counted.
struct WidthTarget {
  std::optional<double> bits;
  std::optional<int64_t> bytes;

  /// "" for neither. Gives what is wrong, if anything.
  std::optional<std::string> set(llvm::StringRef bitsText, llvm::StringRef bytesText);
  explicit operator bool() const { return bits || bytes; }
};

class WidthChoice {
public:
  explicit WidthChoice(mlir::ModuleOp module) : module(module), files(module) {}

  mlir::LogicalResult open(llvm::StringRef statistics, llvm::StringRef heldOut,
                           llvm::StringRef parameters);

  /// A contraction with a weight, whose settings are to be chosen. `site` is its name.
  void add(const WeightContraction &contraction, llvm::StringRef layer, llvm::StringRef site,
           Settings &settings);

  /// Chooses storage, group, scales, and the method where none is set, for all that were added, and
  /// says what in remarks. A target that cannot be met is an error that names the least that can.
  mlir::LogicalResult choose(const WidthTarget &target);

private:
  struct Layer {
    WeightContraction contraction;
    std::string name;
    std::vector<std::string> sites;
    std::vector<Settings *> settings;
    int64_t elements = 0;
    std::vector<StorageWay> ways;
  };

  mlir::LogicalResult measure(Layer &layer);
  void apply(Layer &layer, size_t way) const;

  mlir::ModuleOp module;
  ParameterFiles files;
  InputMoments moments;
  /// By the weight.
  llvm::MapVector<mlir::Value, Layer> layers;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WIDTHCHOICE_H
