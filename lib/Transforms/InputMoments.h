//===- InputMoments.h - What was seen of a weight's inputs ------*- C++ -*-===//
//
// Second moments of the inputs of all matmuls that read one weight, added up: its codes are one
// choice for all of them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_INPUTMOMENTS_H
#define QLINALG_TRANSFORMS_INPUTMOMENTS_H

#include "SiteTable.h"
#include "WeightRows.h"

#include "QLinalg/Numerics/CodeMethod.h"

#include "mlir/IR/BuiltinOps.h"

namespace qlinalg {

/// A weight of which codes are to be chosen.
struct WeightReaders {
  mlir::Location loc;
  llvm::StringRef layer;
  int64_t columns;
  /// The matmuls that read it, without ".input".
  llvm::ArrayRef<llvm::StringRef> sites;
  /// Of the rows of K. Those along K came from the activation, which is that much smaller where the
  /// weight is read than where it was observed.
  llvm::ArrayRef<RowScaling> scalings;
  unsigned rank;
};

/// What is known of a weight's input.
struct WeightInput {
  std::optional<InputModel> model;
  /// What output errors are measured by; those that the model was made of where nothing was held
  /// out.
  std::optional<MeanMoments> judged;
  bool isHeldOut = false;
};

class InputMoments {
public:
  /// Files of calibrations; "" for none. What errors of a choice are measured by is `heldOut`.
  mlir::LogicalResult open(mlir::ModuleOp module, llvm::StringRef statistics,
                           llvm::StringRef heldOut);

  bool isOpen() const { return fitted.has_value(); }

  /// Of the bytes of both files, which the first call reads.
  uint64_t getHash();

  /// An error names the layer, the site and what to do. `isJudged`: `judged` is wanted.
  mlir::FailureOr<WeightInput> find(const WeightReaders &weight, MomentsNeeded needed,
                                    bool isJudged) const;

private:
  mlir::FailureOr<ChannelMoments> sum(const WeightReaders &weight, const SiteTable &table,
                                      llvm::StringRef path, MomentsNeeded needed) const;

  std::string path, heldOutPath;
  std::optional<SiteTable> fitted, heldOut;
  std::optional<uint64_t> hash;
};

/// The same on every machine.
uint64_t hashBytes(std::span<const std::byte> bytes);

/// On the threads of `context`.
ForEach threadsOf(mlir::MLIRContext *context);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_INPUTMOMENTS_H
