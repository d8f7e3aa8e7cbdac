//===- ArrayError.h - How far arrays of any type are apart ------*- C++ -*-===//

#ifndef QLINALG_DRIVER_ARRAYERROR_H
#define QLINALG_DRIVER_ARRAYERROR_H

#include "QLinalg/Numerics/Error.h"
#include "QLinalg/Runtime/Invoke.h"

#include "llvm/Support/Error.h"

namespace qlinalg {

/// Adds two arrays of one shape, whose elements are numbers of any types.
llvm::Error addArrays(ErrorSums &sums, const ArrayView &reference, const ArrayView &actual);

ArrayView viewOf(const OwnedArray &array);

} // namespace qlinalg

#endif // QLINALG_DRIVER_ARRAYERROR_H
