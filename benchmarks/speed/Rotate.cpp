//===- Rotate.cpp - Call one function of many libraries in turn -----------===//
//
// Python's own time for a call is that of a small matmul: the loop over copies of
// a library is here.
//
//===----------------------------------------------------------------------===//

#include <cstdint>
#include <dlpack/dlpack.h>

/// As headers of quant-compile declare it.
using Function = int32_t (*)(const DLTensor *const *, int32_t, DLManagedTensor **, int32_t);

/// Calls each function once with `input`, gives its result back, and stops at the first that fails.
extern "C" int32_t speed_rotate(const Function *functions, int32_t count, const DLTensor *input) {
  for (int32_t i = 0; i < count; ++i) {
    DLManagedTensor *result = nullptr;
    if (int32_t code = functions[i](&input, 1, &result, 1))
      return code;
    result->deleter(result);
  }
  return 0;
}
