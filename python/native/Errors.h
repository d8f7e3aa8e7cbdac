//===- Errors.h - Errors of the libraries as Python exceptions --*- C++ -*-===//
//
// python/qlinalg/errors.py has the classes; a line `FILE:LINE:COLUMN: error: …` gives the location.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PYTHON_NATIVE_ERRORS_H
#define QLINALG_PYTHON_NATIVE_ERRORS_H

#include "QLinalg/Parameters/Result.h"

#include "llvm/Support/Error.h"

#include <nanobind/nanobind.h>

#include <string>

namespace qlinalg::python {

/// What is wrong, for the class of the exception.
enum class Fault {
  /// qlinalg.Error, which is a ValueError.
  Input,
  /// qlinalg.DtypeError, which is a TypeError too.
  Dtype,
  /// FileNotFoundError.
  Missing,
};

/// On its way to Python; may be thrown without the GIL.
struct Failed {
  Fault fault;
  std::string text;
};

/// Throws `error`, which is one; `fault` where it does not say itself.
[[noreturn]] void raise(llvm::Error error, Fault fault = Fault::Input);

template <typename T> T valueOf(llvm::Expected<T> expected, Fault fault = Fault::Input) {
  if (!expected)
    raise(expected.takeError(), fault);
  return std::move(*expected);
}

template <typename T> T valueOf(Result<T> result) {
  if (!result)
    throw Failed{Fault::Input, result.error()};
  return std::move(*result);
}
inline void check(Result<void> result) {
  if (!result)
    throw Failed{Fault::Input, result.error()};
}

/// FileNotFoundError unless there is something at `path`.
void checkExists(const std::string &path);

void registerErrors();

} // namespace qlinalg::python

#endif // QLINALG_PYTHON_NATIVE_ERRORS_H
