// RUN: quant-opt %s --qlinalg-lower-conversions | FileCheck %s

// The contraction stays; what makes its operands becomes linalg.
// CHECK-LABEL: func.func @dynamic_activation
// CHECK-NOT: qlinalg.choose_params
// CHECK-NOT: qlinalg.quantize
// CHECK: linalg.
// CHECK: qlinalg.matmul
func.func @dynamic_activation(%x: tensor<4x64xf32>, %w: tensor<16x64xi8>, %ws: tensor<16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %s = qlinalg.choose_params %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xf32> -> tensor<4xf32>
  %q = qlinalg.quantize %x scales %s <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
     : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  %0 = qlinalg.matmul lhs(%q : tensor<4x64xi8> scales %s : tensor<4xf32> scheme <int8, token, symmetric>)
      rhs(%w : tensor<16x64xi8> scales %ws : tensor<16xf32> scheme <int8, channel, symmetric>)
      outs(%init : tensor<4x16xf32>) {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>,
        affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}
