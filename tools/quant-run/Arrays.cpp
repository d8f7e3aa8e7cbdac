//===- Arrays.cpp - Arrays between .npy files and a program ---------------===//

#include "Arrays.h"
#include "QLinalg/Driver/ArrayError.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/OutputFiles.h"
#include "QLinalg/Runtime/TypeNames.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <algorithm>

using namespace qlinalg;

llvm::Expected<std::vector<NpyArray>> qlinalg::readArrays(llvm::ArrayRef<std::string> paths) {
  std::vector<NpyArray> arrays;
  for (const std::string &path : paths) {
    auto array = readNpy(path);
    if (!array)
      return makeError(array.error());
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

void qlinalg::adoptRawBits(NpyArray &array, ElementType expected) {
  bool isBF16 = array.type == ElementType::U16 && expected == ElementType::BF16;
  bool isF8 = array.type == ElementType::U8 &&
              (expected == ElementType::F8E4M3FN || expected == ElementType::F8E5M2 ||
               expected == ElementType::F8E8M0FNU);
  if (isBF16 || isF8)
    array.type = expected;
}

std::vector<ArrayView> qlinalg::asInputs(llvm::MutableArrayRef<NpyArray> arrays,
                                         const Signature &signature) {
  std::vector<ArrayView> views;
  for (auto [i, array] : llvm::enumerate(arrays)) {
    if (i < signature.inputs.size())
      adoptRawBits(array, signature.inputs[i].element);
    views.push_back({array.data.data(), array.type, array.shape});
  }
  return views;
}

llvm::Expected<ErrorMeasures> qlinalg::compare(size_t index, const OwnedArray &result,
                                               NpyArray &expected) {
  adoptRawBits(expected, result.element);
  if (!std::ranges::equal(expected.shape, result.shape))
    return makeError("result " + llvm::Twine(index) + ": expected " +
                     describe(expected.type, expected.shape) + ", got " +
                     describe(result.element, result.shape));
  ErrorSums sums;
  if (llvm::Error error =
          addArrays(sums, {expected.data.data(), expected.type, expected.shape}, viewOf(result)))
    return error;
  return sums.measures();
}

llvm::Error qlinalg::writeArrays(llvm::ArrayRef<OwnedArray> results,
                                 llvm::ArrayRef<std::string> paths) {
  std::vector<std::string> temporaries;
  llvm::scope_exit removeTemporaries([&] {
    for (const std::string &temporary : temporaries)
      llvm::sys::fs::remove(temporary);
  });
  for (auto [result, path] : llvm::zip(results, paths)) {
    if (llvm::Error error = checkWritable(path))
      return error;
    std::span<const std::byte> bytes(static_cast<const std::byte *>(result.data),
                                     *byteCount(result.element, result.shape));
    temporaries.push_back(temporaryName(path));
    if (auto written = writeNpy(temporaries.back(), result.element, result.shape, bytes);
        !written) {
      // The user knows nothing of the temporary name.
      std::string message = written.error();
      if (size_t at = message.find(temporaries.back()); at != std::string::npos)
        message.replace(at, temporaries.back().size(), path);
      return makeError(message);
    }
  }
  for (auto [temporary, path] : llvm::zip(temporaries, paths))
    if (std::error_code error = llvm::sys::fs::rename(temporary, path))
      return makeError("cannot write '" + path + "': " + error.message());
  return llvm::Error::success();
}
