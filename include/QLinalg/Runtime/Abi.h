//===- Abi.h - What compiled code and the run time share --------*- C++ -*-===//
//
// The driver emits constants of these structures into each compiled module
// (lib/Driver/EmitInterface.cpp), and the pipelines emit calls of the functions.
// Everything has C layout and C linkage.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_RUNTIME_ABI_H
#define QLINALG_RUNTIME_ABI_H

#include "QLinalg/Parameters/ElementType.h"

#include <cstdint>

namespace qlinalg {

/// Type of an argument or a result; `element` is a qlinalg::ElementType. A size below 0 is known at
/// run time only: all sizes -1 - s of one signature, for one s, are equal.
struct TypeDescriptor {
  int64_t element;
  int64_t rank;
  const int64_t *shape;
  /// Not 0 for a number that is passed by value; its rank is 0.
  int64_t isScalar;
};

/// A tensor that stands outside the module, and the place of its address.
struct ParameterEntry {
  const char *name;
  /// safetensors' name of the element type
  const char *dtype;
  int64_t rank;
  const int64_t *shape;
  void **slot;
};

/// A site of the module (qlinalg.observe). Those of one observer see the same values.
struct SiteEntry {
  const char *name;
  int64_t channels;
  /// Not 0 where the products of all channels are wanted.
  int64_t withProducts;
  int64_t observer;
  /// Stands for the weight that the values meet (`Site` in Statistics.h), 0 where there is none.
  int64_t weight;
};

/// One compiled module. `state` is for the run time: 0 before loading.
struct ModuleDescriptor {
  const ParameterEntry *parameters;
  int64_t numParameters;
  /// Run once after the slots are set; may be null.
  void (*initialize)(void);
  void *state;
  const SiteEntry *sites;
  int64_t numSites;
};

/// One public function. `call` takes the address of the result structure (or
/// of the one scalar result; absent when nothing is returned), then the address
/// of each argument: of a memref descriptor or of a scalar.
struct FunctionSignature {
  const char *name;
  ModuleDescriptor *module;
  void (*call)(void **arguments);
  int64_t numInputs;
  const TypeDescriptor *inputs;
  int64_t numResults;
  const TypeDescriptor *results;
};

} // namespace qlinalg

extern "C" {

/// A failed cf.assert, on the thread that made the call. Ends the call in
/// progress with an error; what the call had acquired is released. Outside of a
/// call, or in a parallel region of one, it prints the message and ends the process.
[[noreturn]] void qlinalg_rt_assert_fail(const char *message);

/// Memory for this call, or for a result of it, aligned to at least 64 bytes and not initialized;
/// ends the call with an error if there is none. Any thread may release it.
void *qlinalg_rt_acquire(int64_t alignment, int64_t bytes);
void qlinalg_rt_release(void *memory);

/// 64-byte aligned memory that the module keeps; ends the call with an error if there is none.
void *qlinalg_rt_allocate(int64_t bytes);

/// `packPanels` of Numerics/Packing.h.
void qlinalg_rt_pack_panels(const void *source, void *panels, int64_t elementBytes, int64_t rows,
                            int64_t columns, int64_t panelRows);

/// `packBlocks` of Numerics/Packing.h.
void qlinalg_rt_pack_blocks(const void *source, void *blocks, int64_t bits, int64_t rows,
                            int64_t columns, int64_t panelRows, int64_t step, int64_t block,
                            int64_t excess);

/// `packTrellis` of Numerics/Trellis.h.
void qlinalg_rt_pack_trellis(const void *source, void *panels, int64_t bits, int64_t rows,
                             int64_t columns);

/// `sumCodes` of Numerics/SumCodes.h, the scheme given by its enumerators; `zeroPoints` is null
/// where it stores none.
void qlinalg_rt_sum_codes(const void *codes, const void *zeroPoints, void *sums, int64_t storage,
                          int64_t granularity, int64_t group, int64_t rows, int64_t columns);

/// The first of `count` variants that this processor can run, or -1. A variant is given by the
/// instruction sets that it needs, LLVM's names with commas between. `selected` is 0 at first and
/// keeps the answer.
int32_t qlinalg_rt_select(const char *const *variants, int64_t count, int32_t *selected);

/// Adds the values of an unranked memref to the batch of the call in progress on this thread, for
/// the observer of that number; its last `channelDims` dimensions are the channels. Rows are
/// divided among the threads. Outside of a call nothing happens.
void qlinalg_rt_record_f64(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor);
void qlinalg_rt_record_f32(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor);
void qlinalg_rt_record_f16(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor);
void qlinalg_rt_record_bf16(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor);

/// Copies between memrefs of any layout; the name is upstream's
/// (finalize-memref-to-llvm emits it for memref.copy).
void memrefCopy(int64_t elementBytes, void *source, void *destination);
}

#endif // QLINALG_RUNTIME_ABI_H
