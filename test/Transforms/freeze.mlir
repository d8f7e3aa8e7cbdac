// RUN: quant-opt %s --qlinalg-freeze -split-input-file | FileCheck %s
// RUN: quant-opt %s --qlinalg-freeze=method=nearest -split-input-file | FileCheck %s
// Where every weight is a code times a scale, no other scale can be better: `mse` gives the same.
// RUN: quant-opt %s --qlinalg-freeze=method=mse -split-input-file | FileCheck %s --check-prefix=MSE

// Codes and parameters by hand. A resource begins with its alignment, 64.

#row = affine_map<(d0, d1) -> (d0)>

// A value computed at run time stays, and parameters that are given.
// CHECK-LABEL: func.func @stays
// CHECK-COUNT-2: qlinalg.quantize
// MSE-LABEL: func.func @stays
func.func @stays(%x: tensor<2x4xf32>, %s: tensor<2xf32>) -> (tensor<2x4xi8>, tensor<2x4xi8>) {
  %w = arith.constant dense<1.0> : tensor<2x4xf32>
  %t = qlinalg.choose_params %x <int8, token> by #row : tensor<2x4xf32> -> tensor<2xf32>
  %0 = qlinalg.quantize %x scales %t <int8, token> by #row : tensor<2x4xf32> scales tensor<2xf32> -> tensor<2x4xi8>
  %1 = qlinalg.quantize %w scales %s <int8, channel> by #row : tensor<2x4xf32> scales tensor<2xf32> -> tensor<2x4xi8>
  return %0, %1 : tensor<2x4xi8>, tensor<2x4xi8>
}

// -----

#row = affine_map<(d0, d1) -> (d0)>

// Scales 127 / 127 = 1 and 254 / 127 = 2; ties 0.5, 1.5, 2.5 go to even.
//   127 -64 1 0.5  ->   127 -64 1 0
//  -254   3 5   0  ->  -127   2 2 0
// Squares of 84776.25, errors of 0.5, 1 and 1: 10 log10(84776.25 / 2.25) = 45.76092.
// CHECK-LABEL: func.func @int8
// CHECK-NEXT: %[[S:.*]] = arith.constant dense_resource<a.scales> : tensor<2xf32>
// CHECK-NEXT: %[[Q:.*]] = arith.constant {qlinalg.weight = {bytes = 32 : i64, energy = 8.477620e+04 : f64, sqnr_db = 4.576090e+01 : f64}} dense_resource<a.codes> : tensor<2x4xi8>
// CHECK-NEXT: return %[[Q]], %[[S]]
// CHECK-DAG: a.codes: "0x100000007FC0010081020200"
// CHECK-DAG: a.scales: "0x100000000000803F00000040"
func.func @int8() -> (tensor<2x4xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[127.0, -64.0, 1.0, 0.5], [-254.0, 3.0, 5.0, 0.0]]> : tensor<2x4xf32> loc("a")
  %s = qlinalg.choose_params %w <int8, channel> by #row : tensor<2x4xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by #row : tensor<2x4xf32> scales tensor<2xf32> -> tensor<2x4xi8>
  return %q, %s : tensor<2x4xi8>, tensor<2xf32>
}

// -----

// Stored K by N: the rows of K are its columns. Every weight is a code times its scale, so the SQNR is infinite.
//   127 -254
//   -64    2
// CHECK-LABEL: func.func @transposed
// CHECK-NOT: linalg.transpose
// CHECK: {qlinalg.weight = {bytes = 16 : i64, energy = 8.474500e+04 : f64, sqnr_db = 0x7FF0000000000000 : f64}}
// CHECK-DAG: a.codes: "0x100000007FC08101"
// CHECK-DAG: a.scales: "0x100000000000803F00000040"
// MSE-LABEL: func.func @transposed
// MSE-DAG: a.codes: "0x100000007FC08101"
// MSE-DAG: a.scales: "0x100000000000803F00000040"
func.func @transposed() -> (tensor<2x2xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[127.0, -254.0], [-64.0, 2.0]]> : tensor<2x2xf32> loc("a")
  %e = tensor.empty() : tensor<2x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  %s = qlinalg.choose_params %t <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %t scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2xf32>
}

// -----

// Groups of two, the last one shorter: scales 7 / 7 and 14 / 7; the first code in the low bits, the row padded to bytes.
//   7 2.5 | -14  ->  7 2 | -7  ->  27 09
// CHECK-LABEL: func.func @int4
// CHECK: %[[BYTES:.*]] = arith.constant {{.*}}dense_resource<a.codes> : tensor<1x2xi8>
// CHECK: qlinalg.unpack %[[BYTES]] <rows> : tensor<1x2xi8> -> tensor<1x3xi4>
// CHECK-DAG: a.codes: "0x100000002709"
// CHECK-DAG: a.scales: "0x100000000000803F00000040"
func.func @int4() -> (tensor<1x3xi4>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[7.0, 2.5, -14.0]]> : tensor<1x3xf32> loc("a")
  %s = qlinalg.choose_params %w <int4, group = 2> by affine_map<(d0, d1) -> (d0, d1 floordiv 2)> : tensor<1x3xf32> -> tensor<1x2xf32>
  %q = qlinalg.quantize %w scales %s <int4, group = 2> by affine_map<(d0, d1) -> (d0, d1 floordiv 2)> : tensor<1x3xf32> scales tensor<1x2xf32> -> tensor<1x3xi4>
  return %q, %s : tensor<1x3xi4>, tensor<1x2xf32>
}

// -----

// Ternary: scale 3 / 1.  3 -3 1 -1  ->  1 -1 0 0  ->  01 | 11 | 00 | 00 from the low bits  =  0D
// CHECK-LABEL: func.func @int2
// CHECK: a.codes: "0x100000000D"
func.func @int2() -> (tensor<1x4xi2>, tensor<1xf32>) {
  %w = arith.constant dense<[[3.0, -3.0, 1.0, -1.0]]> : tensor<1x4xf32> loc("a")
  %s = qlinalg.choose_params %w <int2, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <int2, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> scales tensor<1xf32> -> tensor<1x4xi2>
  return %q, %s : tensor<1x4xi2>, tensor<1xf32>
}

// -----

// Scale (10 + 5) / 15 = 1, zero round(5) = 5.  -5 10 2.5 0  ->  0 15 2+5 5  ->  F0 57
// CHECK-LABEL: func.func @uint4
// CHECK-DAG: a.codes: "0x10000000F057"
// CHECK-DAG: a.scales: "0x100000000000803F"
// CHECK-DAG: a.zero_points: "0x1000000005"
func.func @uint4() -> (tensor<1x4xi4>, tensor<1xf32>, tensor<1xi8>) {
  %w = arith.constant dense<[[-5.0, 10.0, 2.5, 0.0]]> : tensor<1x4xf32> loc("a")
  %s, %z = qlinalg.choose_params %w <uint4, channel, affine> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> -> tensor<1xf32>, tensor<1xi8>
  %q = qlinalg.quantize %w scales %s zero_points %z <uint4, channel, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<1x4xf32> scales tensor<1xf32> zero_points tensor<1xi8> -> tensor<1x4xi4>
  return %q, %s, %z : tensor<1x4xi4>, tensor<1xf32>, tensor<1xi8>
}

// -----

// Scale 255 / 255, zero 100; all less 128: zero -28 = E4.  -100 155 0.5 1.5  ->  0 255 0+100 2+100  ->  -128 127 -28 -26
// CHECK-LABEL: func.func @int8_affine
// CHECK-DAG: a.codes: "0x10000000807FE4E6"
// CHECK-DAG: a.zero_points: "0x10000000E4"
func.func @int8_affine() -> (tensor<1x4xi8>, tensor<1xf32>, tensor<1xi8>) {
  %w = arith.constant dense<[[-100.0, 155.0, 0.5, 1.5]]> : tensor<1x4xf32> loc("a")
  %s, %z = qlinalg.choose_params %w <int8, channel, affine> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> -> tensor<1xf32>, tensor<1xi8>
  %q = qlinalg.quantize %w scales %s zero_points %z <int8, channel, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<1x4xf32> scales tensor<1xf32> zero_points tensor<1xi8> -> tensor<1x4xi8>
  return %q, %s, %z : tensor<1x4xi8>, tensor<1xf32>, tensor<1xi8>
}

// -----

// Scale 32767.5 / 65535 = 0.5, zero 300 = 012C.  -150 32617.5 0.25 0.75  ->  0 65535 0+300 2+300, low byte first
// CHECK-LABEL: func.func @uint16
// CHECK-DAG: a.codes: "0x100000000000FFFF2C012E01"
// CHECK-DAG: a.scales: "0x100000000000003F"
// CHECK-DAG: a.zero_points: "0x100000002C01"
func.func @uint16() -> (tensor<1x4xi16>, tensor<1xf32>, tensor<1xi16>) {
  %w = arith.constant dense<[[-150.0, 32617.5, 0.25, 0.75]]> : tensor<1x4xf32> loc("a")
  %s, %z = qlinalg.choose_params %w <uint16, channel, affine> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> -> tensor<1xf32>, tensor<1xi16>
  %q = qlinalg.quantize %w scales %s zero_points %z <uint16, channel, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<1x4xf32> scales tensor<1xf32> zero_points tensor<1xi16> -> tensor<1x4xi16>
  return %q, %s, %z : tensor<1x4xi16>, tensor<1xf32>, tensor<1xi16>
}

// -----

// The symmetric code plus 128; ties away from zero.  127 -64 1 0.5  ->  255 64 129 129
// CHECK-LABEL: func.func @uint8_symmetric_away
// CHECK: a.codes: "0x10000000FF408181"
func.func @uint8_symmetric_away() -> (tensor<1x4xi8>, tensor<1xf32>) {
  %w = arith.constant dense<[[127.0, -64.0, 1.0, 0.5]]> : tensor<1x4xf32> loc("a")
  %s = qlinalg.choose_params %w <uint8, channel, symmetric, rounding = away> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <uint8, channel, symmetric, rounding = away> by affine_map<(d0, d1) -> (d0)>
    : tensor<1x4xf32> scales tensor<1xf32> -> tensor<1x4xi8>
  return %q, %s : tensor<1x4xi8>, tensor<1xf32>
}

// -----

// Levels 15 and 0 are 1 and -1, 7 is 0; 0.5 is nearer to 0.4407 (12) than to 0.5626.  15 0 7 12  ->  0F C7
// CHECK-LABEL: func.func @nf4
// CHECK-DAG: a.codes: "0x100000000FC7"
// CHECK-DAG: a.scales: "0x100000000000803F"
func.func @nf4() -> (tensor<1x4xi4>, tensor<1x1xf32>) {
  %w = arith.constant dense<[[1.0, -1.0, 0.0, 0.5]]> : tensor<1x4xf32> loc("a")
  %s = qlinalg.choose_params %w <nf4, group = 64> by affine_map<(d0, d1) -> (d0, d1 floordiv 64)> : tensor<1x4xf32> -> tensor<1x1xf32>
  %q = qlinalg.quantize %w scales %s <nf4, group = 64> by affine_map<(d0, d1) -> (d0, d1 floordiv 64)> : tensor<1x4xf32> scales tensor<1x1xf32> -> tensor<1x4xi4>
  return %q, %s : tensor<1x4xi4>, tensor<1x1xf32>
}

// -----

// Scale 6 / 6. 0.25 lies between 0 (index 0) and 0.5 (index 1) and goes to the even index; -0 is never written.
//   6 -0.5 0.25 -0.1  ->  7 9 0 0  ->  97 00
// CHECK-LABEL: func.func @fp4
// CHECK: a.codes: "0x100000009700"
func.func @fp4() -> (tensor<1x4xi4>, tensor<1xf32>) {
  %w = arith.constant dense<[[6.0, -0.5, 0.25, -0.1]]> : tensor<1x4xf32> loc("a")
  %s = qlinalg.choose_params %w <fp4, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <fp4, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> scales tensor<1xf32> -> tensor<1x4xi4>
  return %q, %s : tensor<1x4xi4>, tensor<1xf32>
}

// -----

// Scale 448 / 448. 448 = 1.75 * 2^8 is 7E, -224 is F6, 1 is 38, 0.3 becomes 1.25 * 2^-2 = 2A.
// CHECK-LABEL: func.func @f8
// CHECK: dense_resource<a.codes> : tensor<1x4xf8E4M3FN>
// CHECK: a.codes: "0x100000007EF6382A"
func.func @f8() -> (tensor<1x4xf8E4M3FN>, tensor<1xf32>) {
  %w = arith.constant dense<[[448.0, -224.0, 1.0, 0.3]]> : tensor<1x4xf32> loc("a")
  %s = qlinalg.choose_params %w <f8E4M3FN, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <f8E4M3FN, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x4xf32> scales tensor<1xf32> -> tensor<1x4xf8E4M3FN>
  return %q, %s : tensor<1x4xf8E4M3FN>, tensor<1xf32>
}

// -----

// 1 + 2^-8 lies between two bf16 and goes to the even 1 = 3F80; 65504 is the greatest f16, 7BFF.
// CHECK-LABEL: func.func @downcasts
// CHECK-DAG: dense_resource<a.codes> : tensor<1x2xbf16>
// CHECK-DAG: dense_resource<b.codes> : tensor<1x2xf16>
// CHECK-DAG: a.codes: "0x10000000803F803F"
// CHECK-DAG: b.codes: "0x10000000FF7B003C"
func.func @downcasts() -> (tensor<1x2xbf16>, tensor<1x2xf16>) {
  %w = arith.constant dense<[[1.0, 1.00390625]]> : tensor<1x2xf32> loc("a")
  %v = arith.constant dense<[[65504.0, 1.0]]> : tensor<1x2xf32> loc("b")
  %p = qlinalg.quantize %w <bf16> by affine_map<(d0, d1) -> ()> : tensor<1x2xf32> -> tensor<1x2xbf16>
  %q = qlinalg.quantize %v <f16> by affine_map<(d0, d1) -> ()> : tensor<1x2xf32> -> tensor<1x2xf16>
  return %p, %q : tensor<1x2xbf16>, tensor<1x2xf16>
}

// -----

// 1 / 127 = 1.00787 * 2^-7 is 2008 as f16, (1 + 8 / 1024) * 2^-7, by which 1 is 127.008 and -1 -127.008.
// CHECK-LABEL: func.func @scales_f16
// CHECK-DAG: dense_resource<a.scales> : tensor<1xf16>
// CHECK-DAG: a.codes: "0x100000007F81"
// CHECK-DAG: a.scales: "0x100000000820"
func.func @scales_f16() -> (tensor<1x2xi8>, tensor<1xf16>) {
  %w = arith.constant dense<[[1.0, -1.0]]> : tensor<1x2xf32> loc("a")
  %s = qlinalg.choose_params %w <int8, channel, symmetric, scales = f16> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> -> tensor<1xf16>
  %q = qlinalg.quantize %w scales %s <int8, channel, symmetric, scales = f16> by affine_map<(d0, d1) -> (d0)>
    : tensor<1x2xf32> scales tensor<1xf16> -> tensor<1x2xi8>
  return %q, %s : tensor<1x2xi8>, tensor<1xf16>
}

// -----

// One scale for all, 254 / 127; a number by itself is no resource. All zeros have scale 1.
// CHECK-LABEL: func.func @tensor
// CHECK-DAG: arith.constant dense<2.000000e+00> : tensor<f32>
// CHECK-DAG: arith.constant dense<1.000000e+00> : tensor<f32>
// CHECK-DAG: a.codes: "0x1000000001FF7F00"
// CHECK-DAG: zeros.codes: "0x1000000000000000"
func.func @tensor() -> (tensor<2x2xi8>, tensor<f32>, tensor<2x2xi8>, tensor<f32>) {
  %w = arith.constant dense<[[2.0, -2.0], [254.0, 0.0]]> : tensor<2x2xf32> loc("a")
  %v = arith.constant dense<0.0> : tensor<2x2xf32> loc("zeros")
  %s = qlinalg.choose_params %w <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<2x2xf32> -> tensor<f32>
  %q = qlinalg.quantize %w scales %s <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  %t = qlinalg.choose_params %v <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<2x2xf32> -> tensor<f32>
  %r = qlinalg.quantize %v scales %t <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q, %s, %r, %t : tensor<2x2xi8>, tensor<f32>, tensor<2x2xi8>, tensor<f32>
}

// -----

// f16, bf16 and f64 weights, as resources and inline globals. 127.0: 57F0 as f16, 42FE as bf16.
ml_program.global private @inline(dense<[[127.0, 1.0]]> : tensor<1x2xf64>) : tensor<1x2xf64>

// CHECK-LABEL: func.func @types
// CHECK-NOT: global_load
// CHECK-DAG: half.codes: "0x100000007F81"
// CHECK-DAG: brain.codes: "0x100000007F81"
// CHECK-DAG: inline.codes: "0x100000007F01"
func.func @types() -> (tensor<1x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>) {
  %h = arith.constant dense_resource<half> : tensor<1x2xf16>
  %b = arith.constant dense_resource<brain> : tensor<1x2xbf16>
  %d = ml_program.global_load_const @inline : tensor<1x2xf64>
  %s = qlinalg.choose_params %h <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf16> -> tensor<1xf32>
  %0 = qlinalg.quantize %h scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf16> scales tensor<1xf32> -> tensor<1x2xi8>
  %t = qlinalg.choose_params %b <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xbf16> -> tensor<1xf32>
  %1 = qlinalg.quantize %b scales %t <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xbf16> scales tensor<1xf32> -> tensor<1x2xi8>
  %u = qlinalg.choose_params %d <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf64> -> tensor<1xf32>
  %2 = qlinalg.quantize %d scales %u <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf64> scales tensor<1xf32> -> tensor<1x2xi8>
  return %0, %1, %2 : tensor<1x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>
}
{-#
  dialect_resources: { builtin: { half: "0x02000000F057F0D7", brain: "0x02000000FE42FEC2" } }
#-}

// -----

// Two functions that read one constant share its codes; another scheme of it has codes of its own.
// CHECK-LABEL: func.func @prefill
// CHECK: dense_resource<w.scales> : tensor<1xf32>
// CHECK: dense_resource<w.codes> : tensor<1x2xi8>
// CHECK-LABEL: func.func @decode
// CHECK: dense_resource<w.scales> : tensor<1xf32>
// CHECK: dense_resource<w.codes> : tensor<1x2xi8>
// CHECK: dense_resource<"w#2.codes"> : tensor<1x1xi8>
// 127 / 7 = 18.14, of which 1 is nothing.
// CHECK: w.codes: "0x100000007F01"
// CHECK: "w#2.codes": "0x1000000007"
// CHECK-NOT: codes
func.func @prefill() -> (tensor<1x2xi8>, tensor<1xf32>) {
  %w = arith.constant dense_resource<w> : tensor<1x2xf32>
  %s = qlinalg.choose_params %w <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> scales tensor<1xf32> -> tensor<1x2xi8>
  return %q, %s : tensor<1x2xi8>, tensor<1xf32>
}
func.func @decode() -> (tensor<1x2xi8>, tensor<1xf32>, tensor<1x2xi4>) {
  %w = arith.constant dense_resource<w> : tensor<1x2xf32>
  %s = qlinalg.choose_params %w <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> scales tensor<1xf32> -> tensor<1x2xi8>
  %t = qlinalg.choose_params %w <int4, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> -> tensor<1xf32>
  %r = qlinalg.quantize %w scales %t <int4, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> scales tensor<1xf32> -> tensor<1x2xi4>
  return %q, %s, %r : tensor<1x2xi8>, tensor<1xf32>, tensor<1x2xi4>
}
{-#
  dialect_resources: { builtin: { w: "0x040000000000FE420000803F" } }
#-}

// -----

// K of two dimensions in another order than the constant's: [1 3 5, 2 4 127] side by side.
// CHECK-LABEL: func.func @transposed_k
// CHECK: dense_resource<weight.codes> : tensor<1x6xi8>
// CHECK: weight.codes: "0x1000000001030502047F"
func.func @transposed_k() -> tensor<1x6xi8> {
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 127.0]]]> : tensor<1x3x2xf32>
  %e = tensor.empty() : tensor<1x2x3xf32>
  %t = linalg.transpose ins(%w : tensor<1x3x2xf32>) outs(%e : tensor<1x2x3xf32>) permutation = [0, 2, 1]
  %c = tensor.collapse_shape %t [[0], [1, 2]] : tensor<1x2x3xf32> into tensor<1x6xf32>
  %s = qlinalg.choose_params %c <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x6xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %c scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x6xf32> scales tensor<1xf32> -> tensor<1x6xi8>
  return %q : tensor<1x6xi8>
}

// -----

// Zero points that come from elsewhere are not those that freezing would choose.
// CHECK-LABEL: func.func @skip_other_zero_points
// CHECK: qlinalg.choose_params
// CHECK: qlinalg.quantize
func.func @skip_other_zero_points(%z: tensor<1xi8>) -> tensor<1x2xi8> {
  %w = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %s, %y = qlinalg.choose_params %w <uint8, channel, affine> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> -> tensor<1xf32>, tensor<1xi8>
  %q = qlinalg.quantize %w scales %s zero_points %z <uint8, channel, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<1x2xf32> scales tensor<1xf32> zero_points tensor<1xi8> -> tensor<1x2xi8>
  return %q : tensor<1x2xi8>
}
