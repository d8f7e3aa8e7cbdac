//===- WeightView.h - A weight seen through layout ops ----------*- C++ -*-===//
//
// Between a constant and the contraction that reads it frontends put transposes, reshapes,
// broadcasts and casts. A view says which element of the constant each index of the value reads: a
// list of atoms (size, stride) for each dimension, as an iterator over the constant's memory would
// have them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_WEIGHTVIEW_H
#define QLINALG_TRANSFORMS_WEIGHTVIEW_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace qlinalg {

/// `size` steps of `stride` elements of the root; stride 0 where the root is repeated. `rootDim` is
/// the dimension of the root that the atom lies in, -1 for repetitions. Sizes of repetitions may be
/// dynamic.
struct Atom {
  int64_t size;
  int64_t stride;
  int rootDim;

  bool isBroadcast() const { return stride == 0; }
};

/// Of one dimension, major first. Size 1 is no atom, or one for a dimension of size 1 of the root.
using ViewDim = llvm::SmallVector<Atom, 2>;

struct WeightView {
  /// The result of an `arith.constant` or an `ml_program.global_load_const`.
  mlir::Value root;
  llvm::SmallVector<ViewDim> dims;

  mlir::RankedTensorType getRootType() const {
    return mlir::cast<mlir::RankedTensorType>(root.getType());
  }
};

/// The view that `value` is of a constant or a parameter. Where there is none though it is computed
/// from one, `why` says why.
mlir::FailureOr<WeightView> traceWeight(mlir::Value value, std::string &why);

/// The name in a location, looked for in what it is made of; "" when it has none.
llvm::StringRef getLocationName(mlir::Location loc);

/// The name that recipes and reports use for `root`: the parameter's, the resource's key, or its
/// location's name;
/// "" when it has none.
std::string getWeightName(mlir::Value root);

/// Atoms sorted as they stand in the root; neighbours that lie in one dimension of the root made
/// one.
llvm::SmallVector<Atom> inStoredOrder(llvm::ArrayRef<Atom> atoms);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_WEIGHTVIEW_H
