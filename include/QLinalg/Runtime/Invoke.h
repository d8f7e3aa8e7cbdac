//===- Invoke.h - Call a compiled function with arrays ----------*- C++ -*-===//
//
// Arrays are dense and row-major. Nothing here throws, prints or exits.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_RUNTIME_INVOKE_H
#define QLINALG_RUNTIME_INVOKE_H

#include "QLinalg/Runtime/Blocks.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qlinalg {

/// The codes that a compiled library returns; the generated header repeats them.
enum class Status : int32_t {
  Ok = 0,
  /// A null pointer, or another number of arguments or results.
  Count = 1,
  /// Not in the memory of the processor; or a processor that the code is not for.
  Device = 2,
  ElementType = 3,
  /// Rank or sizes.
  Shape = 4,
  /// Strides that are not those of a dense row-major array.
  Strides = 5,
  /// The parameters are not loaded, or do not fit.
  Parameters = 6,
  /// The program itself found its arguments wrong (cf.assert).
  Assertion = 7,
  /// The file of statistics cannot be written, or is that of another program.
  Statistics = 8,
};

/// Why a call did not happen or did not finish.
struct CallError {
  Status status;
  std::string message;
};

struct ArrayView {
  const void *data;
  ElementType element;
  std::span<const int64_t> shape;
};

/// A result. `data` lies in `allocation`, or `allocation` owns it.
struct OwnedArray {
  OwnedBlock allocation;
  void *data = nullptr;
  ElementType element{};
  BlockVector<int64_t> shape;
};

/// `tensor<?x16xf32>`, or `f32` for a scalar.
std::string describe(const TypeDescriptor &type);

/// Whether `inputs` fit the signature.
[[nodiscard]] std::optional<CallError> checkInputs(const FunctionSignature &signature,
                                                   std::span<const ArrayView> inputs);

/// Calls without checking `inputs`. Misaligned ones are copied. `results` has room for each result.
/// What the sites of the module saw is one batch (Calibration.h), and dropped after an error.
[[nodiscard]] std::optional<CallError> invoke(const FunctionSignature &signature,
                                              std::span<const ArrayView> inputs,
                                              std::span<OwnedArray> results);

/// Runs `function(arguments)`. Gives the message of the assertion that failed
/// (`qlinalg_rt_assert_fail`), or null. Calls may nest.
[[nodiscard]] const char *protectedCall(void (*function)(void **), void **arguments);

} // namespace qlinalg

#endif // QLINALG_RUNTIME_INVOKE_H
