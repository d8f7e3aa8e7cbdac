// Each value that cannot be: what was expected, what was found, and an exit code that is not 0.

// RUN: not quant-opt %s --qlinalg-quantize=weights=int9 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// WEIGHTS: error: expected int8, int7, int6, int5, int4, int3, int2, uint8, uint7, uint6, uint5, uint4, uint3, uint2, int16, uint16, nf4, fp4, f8E4M3FN, bf16, f16 or none for weights, got 'int9'

// RUN: not quant-opt %s --qlinalg-quantize=embeddings=f32 2>&1 | FileCheck %s --check-prefix=EMBEDDINGS
// EMBEDDINGS: error: expected int8, int7, int6, int5, int4, int3, int2, uint8, uint7, uint6, uint5, uint4, uint3, uint2, int16, uint16, nf4, fp4, f8E4M3FN, bf16, f16 or none for embeddings, got 'f32'

// RUN: not quant-opt %s --qlinalg-quantize=granularity=row 2>&1 | FileCheck %s --check-prefix=GRANULARITY
// GRANULARITY: error: expected channel, group or tensor for granularity, got 'row'

// Of activations only.
// RUN: not quant-opt %s --qlinalg-quantize=granularity=token 2>&1 | FileCheck %s --check-prefix=TOKEN
// TOKEN: error: expected channel, group or tensor for granularity, got 'token'

// RUN: not quant-opt %s --qlinalg-quantize=group=0 2>&1 | FileCheck %s --check-prefix=GROUP-0
// GROUP-0: error: expected a number of elements of 1 or more for group, got '0'

// RUN: not quant-opt %s --qlinalg-quantize=group=-1 2>&1 | FileCheck %s --check-prefix=GROUP-MINUS
// GROUP-MINUS: error: expected a number of elements of 1 or more for group, got '-1'

// RUN: not quant-opt %s --qlinalg-quantize=group=x 2>&1 | FileCheck %s --check-prefix=GROUP-X
// GROUP-X: error: expected a number of elements of 1 or more for group, got 'x'

// RUN: not quant-opt %s --qlinalg-quantize=group=32.5 2>&1 | FileCheck %s --check-prefix=GROUP-FRACTION
// GROUP-FRACTION: error: expected a number of elements of 1 or more for group, got '32.5'

// 2^63
// RUN: not quant-opt %s --qlinalg-quantize=group=9223372036854775808 2>&1 | FileCheck %s --check-prefix=GROUP-HUGE
// GROUP-HUGE: error: expected a number of elements of 1 or more for group, got '9223372036854775808'

// RUN: not quant-opt %s --qlinalg-quantize='granularity=channel group=32' 2>&1 | FileCheck %s --check-prefix=CONTRADICTION
// CONTRADICTION: error: expected granularity=group with group=32, got granularity=channel

// RUN: not quant-opt %s --qlinalg-quantize='granularity=tensor group=32' 2>&1 | FileCheck %s --check-prefix=TENSOR-GROUP
// TENSOR-GROUP: error: expected granularity=group with group=32, got granularity=tensor

// RUN: not quant-opt %s --qlinalg-quantize=symmetric=maybe 2>&1 | FileCheck %s --check-prefix=SYMMETRIC
// SYMMETRIC: error: expected true or false for symmetric, got 'maybe'

// RUN: not quant-opt %s --qlinalg-quantize='weights=nf4 symmetric=false' 2>&1 | FileCheck %s --check-prefix=AFFINE-NF4
// AFFINE-NF4: error: expected an integer storage with symmetric=false, got nf4

// RUN: not quant-opt %s --qlinalg-quantize='weights=f8E4M3FN symmetric=false' 2>&1 | FileCheck %s --check-prefix=AFFINE-F8
// AFFINE-F8: error: expected an integer storage with symmetric=false, got f8E4M3FN

// RUN: not quant-opt %s --qlinalg-quantize=scales=f64 2>&1 | FileCheck %s --check-prefix=SCALES
// SCALES: error: expected f32, f16, bf16 or an integer of at most 8 bits for scales, got 'f64'

// RUN: not quant-opt %s --qlinalg-quantize=scale-scales=f64 2>&1 | FileCheck %s --check-prefix=SCALE-SCALES
// SCALE-SCALES: error: expected f32, f16 or bf16 for scale-scales, got 'f64'

// RUN: not quant-opt %s --qlinalg-quantize=scale-group=0 2>&1 | FileCheck %s --check-prefix=SCALE-GROUP
// SCALE-GROUP: error: expected a number of elements of 1 or more for scale-group, got '0'

// RUN: not quant-opt %s --qlinalg-quantize='scales=f16 scale-group=8' 2>&1 | FileCheck %s --check-prefix=SCALE-ALONE
// SCALE-ALONE: error: expected an integer for scales with scale-group, got f16

// RUN: not quant-opt %s --qlinalg-quantize='weights=int8 scales=int6' 2>&1 | FileCheck %s --check-prefix=SCALE-CHANNEL
// SCALE-CHANNEL: error: expected granularity=group with scales=int6, got granularity=channel

// RUN: not quant-opt %s --qlinalg-quantize=rounding=up 2>&1 | FileCheck %s --check-prefix=ROUNDING
// ROUNDING: error: expected even or away for rounding, got 'up'

// RUN: not quant-opt %s --qlinalg-quantize=division=shift 2>&1 | FileCheck %s --check-prefix=DIVISION
// DIVISION: error: expected divide or reciprocal for division, got 'shift'

// RUN: not quant-opt %s --qlinalg-quantize=activations=int8 2>&1 | FileCheck %s --check-prefix=ACTIVATIONS
// ACTIVATIONS: error: expected none, dynamic, dynamic-group or static for activations, got 'int8'

// RUN: not quant-opt %s --qlinalg-quantize=activation-storage=int4 2>&1 | FileCheck %s --check-prefix=ACTIVATION-STORAGE
// ACTIVATION-STORAGE: error: expected int8 or uint8 for activation-storage, got 'int4'

// RUN: not quant-opt %s --qlinalg-quantize=activation-symmetric=no 2>&1 | FileCheck %s --check-prefix=ACTIVATION-SYMMETRIC
// ACTIVATION-SYMMETRIC: error: expected true or false for activation-symmetric, got 'no'

// RUN: not quant-opt %s --qlinalg-quantize=activation-granularity=group 2>&1 | FileCheck %s --check-prefix=ACTIVATION-GRANULARITY
// ACTIVATION-GRANULARITY: error: expected tensor or channel for activation-granularity, got 'group'

// RUN: not quant-opt %s --qlinalg-quantize=activation-range=percentile:101 2>&1 | FileCheck %s --check-prefix=ACTIVATION-RANGE
// ACTIVATION-RANGE: error: expected auto, minmax, average, percentile:P, deviations:K, entropy or mse for activation-range, got 'percentile:101'

// Options of passes that come later are read before anything is said or written.
// RUN: rm -f %t.none
// RUN: not quant-opt %s --qlinalg-ptq='requantize=often output-parameters=%t.none' 2>&1 | FileCheck %s --check-prefix=REQUANTIZE --implicit-check-not=remark:
// REQUANTIZE: error: expected none, float, exact or twice for requantize, got 'often'
// RUN: not quant-opt %s --qlinalg-ptq='method=best output-parameters=%t.none' 2>&1 | FileCheck %s --check-prefix=METHOD --implicit-check-not=remark:
// RUN: not ls %t.none

// What only static activations have a use for.
// RUN: not quant-opt %s --qlinalg-quantize='activations=dynamic activation-range=mse' 2>&1 | FileCheck %s --check-prefix=DYNAMIC-RANGE
// DYNAMIC-RANGE: error: expected activations=static with activation-range=mse

// RUN: not quant-opt %s --qlinalg-quantize='activation-granularity=channel' 2>&1 | FileCheck %s --check-prefix=DYNAMIC-CHANNEL
// DYNAMIC-CHANNEL: error: expected activations=static with activation-granularity=channel

// RUN: not quant-opt %s --qlinalg-quantize='activations=static activation-granularity=channel activation-symmetric=false' 2>&1 | FileCheck %s --check-prefix=CHANNEL-AFFINE
// CHANNEL-AFFINE: error: expected activation-symmetric=true with activation-granularity=channel, got false

// RUN: not quant-opt %s --qlinalg-quantize='activations=static activation-granularity=channel activation-range=entropy' 2>&1 | FileCheck %s --check-prefix=CHANNEL-ENTROPY
// CHANNEL-ENTROPY: error: expected activation-range=minmax with activation-granularity=channel, got entropy

// RUN: not quant-opt %s --qlinalg-freeze=method=best 2>&1 | FileCheck %s --check-prefix=METHOD
// METHOD: error: expected nearest, mse, weighted, hqq, awq, gptq, rounding, minmax, average, percentile:P, deviations:K, entropy or auto for method, got 'best'

// RUN: not quant-opt %s --qlinalg-quantize=colour=red 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: colour

func.func @nothing() {
  return
}
