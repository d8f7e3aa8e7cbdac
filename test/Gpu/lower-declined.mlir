// RUN: quant-opt %s --qlinalg-lower-declined='report=true' --canonicalize 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// Codes of 8 bits with scales of rows and columns have a kernel.
// CHECK-LABEL: @bytes
// CHECK: qlinalg.matmul
// CHECK-NOT: linalg.generic
func.func @bytes(%x: tensor<4x32xi8>, %s: tensor<4xf32>, %w: tensor<8x32xi8>, %t: tensor<8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x32xi8> scales %s : tensor<4xf32> scheme <int8, token>)
      rhs(%w : tensor<8x32xi8> scales %t : tensor<8xf32> scheme <int8, channel>) outs(%i : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (n, k)>,
                        affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// REMARK: remark: a thread for each result: expected codes on a side, and scales
// CHECK-LABEL: @skip_floats
// CHECK-NOT: qlinalg.matmul
// CHECK: linalg.generic
func.func @skip_floats(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x32xf32>) rhs(%w : tensor<8x32xf32>) outs(%i : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Packed codes are read as they are, whatever their groups.
// CHECK-LABEL: @packed
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<8x16xi8>
// CHECK-NOT: qlinalg.unpack
// CHECK: qlinalg.matmul {{.*}} rhs(%[[W]] : tensor<8x16xi8> scales {{.*}} layout <rows>)
func.func @packed(%x: tensor<4x32xf32>, %w: tensor<8x16xi8>, %t: tensor<8x2xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c = qlinalg.unpack %w <rows> : tensor<8x16xi8> -> tensor<8x32xi4>
  %y = qlinalg.matmul lhs(%x : tensor<4x32xf32>) rhs(%c : tensor<8x32xi4> scales %t : tensor<8x2xf32> scheme <int4, group = 16>)
      outs(%i : tensor<4x8xf32>) {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (n, k floordiv 16)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// REMARK: remark: a thread for each result: expected scales without groups
// CHECK-LABEL: @skip_groups
// CHECK-NOT: qlinalg.matmul
func.func @skip_groups(%x: tensor<4x32xi8>, %s: tensor<4x2xf32>, %w: tensor<8x32xi8>, %t: tensor<8x2xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x32xi8> scales %s : tensor<4x2xf32> scheme <int8, token_group = 16>)
      rhs(%w : tensor<8x32xi8> scales %t : tensor<8x2xf32> scheme <int8, group = 16>) outs(%i : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, k floordiv 16)>, affine_map<(m, n, k) -> (n, k)>,
                        affine_map<(m, n, k) -> (n, k floordiv 16)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// REMARK: remark: a thread for each result: expected k to be last in memory on both sides
// CHECK-LABEL: @skip_columns
// CHECK-NOT: qlinalg.matmul
func.func @skip_columns(%x: tensor<4x32xi8>, %s: tensor<4xf32>, %w: tensor<32x8xi8>, %t: tensor<8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x32xi8> scales %s : tensor<4xf32> scheme <int8, token>)
      rhs(%w : tensor<32x8xi8> scales %t : tensor<8xf32> scheme <int8, channel>) outs(%i : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (k, n)>,
                        affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// A conversion of rows has a kernel, one of groups none.
// CHECK-LABEL: @rows
// CHECK: qlinalg.dynamic_quantize
func.func @rows(%x: tensor<4x64xf32>, %c: tensor<4x64xi8>, %s: tensor<4xf32>) -> (tensor<4x64xi8>, tensor<4xf32>) {
  %q, %t = qlinalg.dynamic_quantize %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
      outs(%c, %s : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  return %q, %t : tensor<4x64xi8>, tensor<4xf32>
}

// REMARK: remark: a thread for each result: expected a scale for each row
// CHECK-LABEL: @skip_row_groups
// CHECK-NOT: qlinalg.dynamic_quantize
func.func @skip_row_groups(%x: tensor<4x64xf32>, %c: tensor<4x64xi8>, %s: tensor<4x2xf32>) -> (tensor<4x64xi8>, tensor<4x2xf32>) {
  %q, %t = qlinalg.dynamic_quantize %x <int8, token_group = 32, symmetric> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
      outs(%c, %s : tensor<4x64xi8>, tensor<4x2xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>
  return %q, %t : tensor<4x64xi8>, tensor<4x2xf32>
}
