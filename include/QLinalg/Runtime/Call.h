//===- Call.h - The functions behind a compiled library ---------*- C++ -*-===//
//
// Each exported function of a compiled library is a stub that hands its
// arguments and its signature to `qlinalg_rt_call`.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_RUNTIME_CALL_H
#define QLINALG_RUNTIME_CALL_H

#include "QLinalg/Runtime/Abi.h"

#include <dlpack/dlpack.h>

extern "C" {

/// A `Status`. On success `outputs` holds tensors that the caller frees with
/// their deleter; on failure all null.
int32_t qlinalg_rt_call(const qlinalg::FunctionSignature *signature, const DLTensor *const *inputs,
                        int32_t numInputs, DLManagedTensor **outputs, int32_t numOutputs);

/// Loads the parameters of a module from a safetensors file or an index of shards.
int32_t qlinalg_rt_load(qlinalg::ModuleDescriptor *module, const char *path);

/// Writes or continues a statistics file with what the sites of a module saw since the last time.
int32_t qlinalg_rt_write_statistics(qlinalg::ModuleDescriptor *module, const char *path);

/// Reports that no variant of the code runs on this processor.
int32_t qlinalg_rt_no_variant(void);

/// What the last failing call on this thread said; never null.
const char *qlinalg_rt_error(void);
}

#endif // QLINALG_RUNTIME_CALL_H
