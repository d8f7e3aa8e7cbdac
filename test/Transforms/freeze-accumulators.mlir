// RUN: quant-opt %s --qlinalg-quantize='weights=int8 activations=dynamic' --qlinalg-freeze -split-input-file | FileCheck %s --check-prefix=CHANNEL
// RUN: quant-opt %s --qlinalg-quantize='weights=int4 group=2 activations=dynamic' --qlinalg-freeze -split-input-file | FileCheck %s --check-prefix=GROUP
// RUN: quant-opt %s --qlinalg-quantize='weights=int4 group=4 activations=dynamic-group' --qlinalg-freeze -split-input-file | FileCheck %s --check-prefix=BOTH
// RUN: quant-opt %s --qlinalg-quantize='weights=uint4 granularity=channel activations=dynamic' --qlinalg-freeze -split-input-file | FileCheck %s --check-prefix=AFFINE
// RUN: quant-opt %s --qlinalg-quantize='weights=int8' --qlinalg-freeze -split-input-file | FileCheck %s --check-prefix=FLOAT

// The greatest sum of |code - zero| of a row, or of a run of it that shares its scales, times the greatest activation, 128.

// Rows [7 -7 1 0] and [2 3 -4 7], whose greatest is 7.
//  int8, scale 7 / 127: codes [127 -127 18 0] and [36 54 -73 127]: 272 and 290; 290 * 128 = 37120 > 2^15 - 1
//  int4, scale 7 / 7 = 1, runs of two (the group of [2 3] has scale 3 / 7: codes 5 (4.67) 7, that of [-4 7] 1, that of [1 0] 1 / 7: 7 0):
//    14, 7, 12, 11; 14 * 128 = 1792
//  int4, one run: 15 and 16; 16 * 128 = 2048
//  uint4, row 1: scale 14 / 15, zero 7.5 -> 8: codes less zero: 7.5 -> 8, but 15 at most: 7; -8; 1; 0: 16; row 2: scale 11 / 15, zero 5.45 -> 5:
//    2.7 -> 3, 4.1 -> 4, -5.45 -> -5, 9.5 -> 10: 22; 22 * 128 = 2816
// CHANNEL-LABEL: func.func @small
// CHANNEL: accumulator = #qlinalg.accumulator<32, bound = 37120>
// GROUP-LABEL: func.func @small
// GROUP: accumulator = #qlinalg.accumulator<16, bound = 1792>
// BOTH-LABEL: func.func @small
// BOTH: accumulator = #qlinalg.accumulator<16, bound = 2048>
// AFFINE-LABEL: func.func @small
// AFFINE: accumulator = #qlinalg.accumulator<16, bound = 2816>
// FLOAT-LABEL: func.func @small
// FLOAT-NOT: accumulator
// FLOAT: return
func.func @small(%x: tensor<3x4xf32>, %i: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[7.0, -7.0, 1.0, 0.0], [2.0, 3.0, -4.0, 7.0]]> : tensor<2x4xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<3x4xf32>, tensor<2x4xf32>) outs(%i : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// The bounds of 16 bits: 255 codes of 1 would be 255 * 128 = 32640; int8 has 127s: two are 2 * 127 * 128 = 32512, three 48768.
// CHANNEL-LABEL: func.func @edge_of_16_bits
// CHANNEL: accumulator = #qlinalg.accumulator<16, bound = 32512>
// CHANNEL: accumulator = #qlinalg.accumulator<32, bound = 48768>
func.func @edge_of_16_bits(%x: tensor<2xf32>, %y: tensor<3xf32>, %i: tensor<1xf32>) -> (tensor<1xf32>, tensor<1xf32>) {
  %w = arith.constant dense<-1.0> : tensor<1x2xf32>
  %v = arith.constant dense<1.0> : tensor<1x3xf32>
  %0 = linalg.matvec ins(%w, %x : tensor<1x2xf32>, tensor<2xf32>) outs(%i : tensor<1xf32>) -> tensor<1xf32>
  %1 = linalg.matvec ins(%v, %y : tensor<1x3xf32>, tensor<3xf32>) outs(%i : tensor<1xf32>) -> tensor<1xf32>
  return %0, %1 : tensor<1xf32>, tensor<1xf32>
}

// -----

// 2^31 - 1 = 2147483647 holds 132104 products of 127 * 128 = 16256, not 132105.
// CHANNEL-LABEL: func.func @edge_of_32_bits
// CHANNEL: accumulator = #qlinalg.accumulator<32, bound = 2147482624>
// CHANNEL: accumulator = #qlinalg.accumulator<64, bound = 2147498880>
func.func @edge_of_32_bits(%x: tensor<132104xf32>, %y: tensor<132105xf32>, %i: tensor<1xf32>) -> (tensor<1xf32>, tensor<1xf32>) {
  %w = arith.constant dense<1.0> : tensor<1x132104xf32>
  %v = arith.constant dense<1.0> : tensor<1x132105xf32>
  %0 = linalg.matvec ins(%w, %x : tensor<1x132104xf32>, tensor<132104xf32>) outs(%i : tensor<1xf32>) -> tensor<1xf32>
  %1 = linalg.matvec ins(%v, %y : tensor<1x132105xf32>, tensor<132105xf32>) outs(%i : tensor<1xf32>) -> tensor<1xf32>
  return %0, %1 : tensor<1xf32>, tensor<1xf32>
}

// -----

// K is the first dimension of the codes, not the rows that the bound is of: nothing is proved.
// CHANNEL-LABEL: func.func @skip_columns
// CHANNEL: qlinalg.matmul
// CHANNEL-NOT: accumulator
// CHANNEL: return
func.func @skip_columns(%x: tensor<3x4xi8>, %t: tensor<3xf32>, %i: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.0> : tensor<4x2xf32>
  %s = qlinalg.choose_params %w <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<4x2xf32> -> tensor<f32>
  %q = qlinalg.quantize %w scales %s <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<4x2xf32> scales tensor<f32> -> tensor<4x2xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<3x4xi8> scales %t : tensor<3xf32> scheme <int8, token>) rhs(%q : tensor<4x2xi8> scales %s : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<3x2xf32>) {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (k, n)>,
    affine_map<(m, n, k) -> ()>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
