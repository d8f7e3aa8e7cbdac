//===- Arrays.h - Arrays between .npy files and a program -------*- C++ -*-===//

#ifndef QLINALG_TOOLS_QUANT_RUN_ARRAYS_H
#define QLINALG_TOOLS_QUANT_RUN_ARRAYS_H

#include "QLinalg/Driver/Signature.h"
#include "QLinalg/Numerics/Error.h"
#include "QLinalg/Parameters/Npy.h"
#include "QLinalg/Runtime/Invoke.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace qlinalg {

llvm::Expected<std::vector<NpyArray>> readArrays(llvm::ArrayRef<std::string> paths);

/// NumPy has no bf16 and no 8-bit floats: their raw bits become what the program expects.
void adoptRawBits(NpyArray &array, ElementType expected);

/// The arrays as inputs of the function. They must outlive the views.
std::vector<ArrayView> asInputs(llvm::MutableArrayRef<NpyArray> arrays, const Signature &signature);

/// How far a result is from what was expected of it; another shape is an error.
llvm::Expected<ErrorMeasures> compare(size_t index, const OwnedArray &result, NpyArray &expected);

/// Writes the first results, each to its path; on failure nothing is left at any of them
/// that was not there before.
llvm::Error writeArrays(llvm::ArrayRef<OwnedArray> results, llvm::ArrayRef<std::string> paths);

} // namespace qlinalg

#endif // QLINALG_TOOLS_QUANT_RUN_ARRAYS_H
