//===- ShapeConstraints.h - Which sizes must be equal -----------*- C++ -*-===//

#ifndef QLINALG_LIB_DRIVER_SHAPECONSTRAINTS_H
#define QLINALG_LIB_DRIVER_SHAPECONSTRAINTS_H

#include "QLinalg/Driver/Signature.h"

namespace qlinalg {

/// Code for linalg takes it for granted that sizes which meet in one loop are
/// equal; an array of another size would be read beyond its end. Looks at
/// the operations that the function always runs and fills in the unknown sizes
/// of the inputs: with a number where only that one is possible, and otherwise
/// with -1, -2, … , where sizes that must be equal have the same.
void findShapeConstraints(mlir::func::FuncOp function, Signature &signature);

} // namespace qlinalg

#endif // QLINALG_LIB_DRIVER_SHAPECONSTRAINTS_H
