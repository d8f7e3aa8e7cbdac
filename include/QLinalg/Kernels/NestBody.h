//===- NestBody.h - One step of a linalg op, or a vector of steps -*- C++ -*-=//

#ifndef QLINALG_KERNELS_NESTBODY_H
#define QLINALG_KERNELS_NESTBODY_H

#include "QLinalg/Kernels/Nest.h"

#include "mlir/IR/IRMapping.h"

namespace qlinalg::kernels {

/// Whether everything in the body either stays the same along `dim` or has a form on vectors.
bool canRunInVectors(const Nest &nest, unsigned dim);

/// Lanes below `left` of `lanes`.
mlir::Value createMask(mlir::ImplicitLocOpBuilder &b, int64_t lanes, mlir::Value left);

/// The body of a nest. What stays the same along the vectors is computed once, as a scalar.
class NestBody {
public:
  explicit NestBody(const Nest &nest);

  /// Computes what stays the same along the vectors, before the loop over them. All coordinates but
  /// that of the vectors are set.
  void hoist(mlir::ImplicitLocOpBuilder &b, const Coordinates &coordinates);

  /// The results at `coordinates`, with `inits` for what they were; vectors where the nest runs in
  /// vectors. `left`: how many elements there are from here on, where they do not fill a vector.
  llvm::SmallVector<mlir::Value> emit(mlir::ImplicitLocOpBuilder &b, const Coordinates &coordinates,
                                      mlir::ValueRange inits, mlir::Value left = nullptr);

  /// The element, or the vector, of result number `init` as it is now.
  mlir::Value loadInit(mlir::ImplicitLocOpBuilder &b, unsigned init, const Coordinates &coordinates,
                       mlir::Value left = nullptr);
  void storeInit(mlir::ImplicitLocOpBuilder &b, unsigned init, const Coordinates &coordinates,
                 mlir::Value value, mlir::Value left = nullptr);

private:
  mlir::Value load(mlir::ImplicitLocOpBuilder &b, mlir::OpOperand &operand,
                   const Coordinates &coordinates, mlir::Value left);
  mlir::Value loadLanes(mlir::ImplicitLocOpBuilder &b, mlir::OpOperand &operand,
                        Coordinates coordinates, mlir::Value left);
  void emitScalar(mlir::ImplicitLocOpBuilder &b, mlir::Operation &op,
                  const Coordinates &coordinates, mlir::IRMapping &scalars);
  void emitVector(mlir::ImplicitLocOpBuilder &b, mlir::Operation &op,
                  const Coordinates &coordinates, mlir::IRMapping &scalars,
                  mlir::IRMapping &vectors, mlir::Value mask);
  mlir::Value getVector(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::IRMapping &scalars,
                        mlir::IRMapping &vectors);

  const Nest &nest;
  /// Values of the body that differ along the vectors.
  llvm::DenseSet<mlir::Value> varying;
  mlir::IRMapping hoisted;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_NESTBODY_H
